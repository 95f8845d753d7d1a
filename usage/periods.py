"""The stretch of days a report covers. Pure: `today` is a parameter, a day in the zone of whoever asks."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

ONE_DAY = timedelta(days=1)
EARLIEST_DAY, LATEST_DAY = date(2000, 1, 1), date(2099, 12, 31)
"""What a person may ask for as the first or last day of a period."""
# Not from the locale of the process: the words must be the same on every server.
MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class ReportPeriod:
    """From `first_day` to `last_day`, both included; None leaves that end open.

    A period whose first day is after its last is empty: no record lies in it.
    """

    first_day: date | None = None
    last_day: date | None = None

    @property
    def is_empty(self) -> bool:
        return self.first_day is not None and self.last_day is not None and self.first_day > self.last_day

    def has_begun(self, today: date) -> bool:
        """Whether there can be usage in it: some day of it has come. Of other periods silence says nothing."""
        return not self.is_empty and (self.first_day is None or self.first_day <= today)

    def contains(self, day: date) -> bool:
        after_start = self.first_day is None or self.first_day <= day
        return after_start and (self.last_day is None or day <= self.last_day)

    @property
    def label(self) -> str:
        """For subjects and headings: "2026-09 to 2026-11", "up to 31 Oct 2026", "all data"."""
        if self.is_empty:
            return "no days"
        return self._in_words([_short_date(day) for day in self._ends()])

    @property
    def file_name_part(self) -> str:
        """For file names, with ISO days and no spaces: "2026-09-to-2026-11", "up-to-2026-10-31", "all-data"."""
        if self.is_empty:
            return "no-days"
        return self._in_words([day.isoformat() for day in self._ends()]).replace(" ", "-")

    def _ends(self) -> list[date]:
        return [day for day in (self.first_day, self.last_day) if day is not None]

    def _in_words(self, ends: list[str]) -> str:
        """`ends` are the written ends that are not open."""
        if self.first_day and self.last_day:
            if self.first_day.day == 1 and self.last_day == last_of_month(self.last_day):
                ends = [f"{self.first_day:%Y-%m}", f"{self.last_day:%Y-%m}"]
            return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"
        if not ends:
            return "all data"
        return f"from {ends[0]}" if self.first_day else f"up to {ends[0]}"


ALL_DATA = ReportPeriod()


class PeriodPreset(StrEnum):
    """Ready-made periods, in whole months; the running month counts as one of the last three or twelve."""

    THIS_MONTH = "this-month"
    LAST_MONTH = "last-month"
    LAST_3_MONTHS = "last-3-months"
    LAST_12_MONTHS = "last-12-months"
    ALL = "all"

    @property
    def label(self) -> str:
        return "All data" if self is PeriodPreset.ALL else self.value.replace("-", " ").capitalize()


def preset_period(preset: PeriodPreset, today: date) -> ReportPeriod:
    """The period of a preset, whole months up to the end of the running one.

    The running month is not cut at `today`: Intacct may already count records on a day that has not begun here.
    """
    this_month = first_of_month(today)
    last_month_end = this_month - ONE_DAY
    match preset:
        case PeriodPreset.THIS_MONTH:
            return ReportPeriod(this_month, last_of_month(today))
        case PeriodPreset.LAST_MONTH:
            return ReportPeriod(first_of_month(last_month_end), last_month_end)
        case PeriodPreset.LAST_3_MONTHS:
            return ReportPeriod(months_earlier(this_month, 2), last_of_month(today))
        case PeriodPreset.LAST_12_MONTHS:
            return ReportPeriod(months_earlier(this_month, 11), last_of_month(today))
        case PeriodPreset.ALL:
            return ALL_DATA


def period_for(
    report_start: date | None, until: date | None = None, *, complete_months: bool, today: date
) -> ReportPeriod:
    """The period of a report with the options of a schedule or of a download.

    `complete_months` leaves out the month of `today` and what follows, so on the first of a month the month just
    ended is in. A report start inside the running month then gives an empty period.
    """
    if not complete_months:
        return ReportPeriod(report_start, until)
    last_complete_day = first_of_month(today) - ONE_DAY
    return ReportPeriod(report_start, min(until, last_complete_day) if until else last_complete_day)


def first_of_month(day: date) -> date:
    return day.replace(day=1)


def last_of_month(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def months_earlier(first_day: date, months: int) -> date:
    """The first day of the month so many months before, in the year 1 at the earliest."""
    year, month_index = divmod(first_day.year * 12 + first_day.month - 1 - months, 12)
    return date(max(year, 1), month_index + 1, 1)


def _short_date(day: date) -> str:
    return f"{day.day} {MONTH_NAMES[day.month - 1]} {day.year}"
