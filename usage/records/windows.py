"""Which days one fetch asks for, clears and confirms. Pure: no database, no clock.

Intacct states no zone for its days, so a day counts as over only when it is over everywhere on earth (UTC-12).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

INTACCT_RETENTION_DAYS = 60
"""How long Intacct keeps usage details; its other help page says 63, so nothing here relies on the last days."""

DAY_ENDS_EVERYWHERE_AFTER = timedelta(hours=12)
DAY_BEGINS_SOMEWHERE_BEFORE = timedelta(hours=14)


@dataclass(frozen=True, slots=True)
class FetchWindow:
    """The days of one company's fetch.

    `start`: first day asked for, None for everything Intacct keeps. `clear_from`: stored records from this day on are
    replaced by what comes back, None for all records. `oldest_kept_day`: the first day that Intacct still holds whole.
    """

    start: date | None
    clear_from: date | None
    oldest_kept_day: date

    @property
    def coverage_from(self) -> date:
        """The first day about which a complete answer is proof, also of there being no records."""
        return self.oldest_kept_day if self.start is None else max(self.start, self.oldest_kept_day)


def oldest_kept_day(now: datetime) -> date:
    return (now.astimezone(UTC) - timedelta(days=INTACCT_RETENTION_DAYS)).date() + timedelta(days=1)


def newest_possible_day(now: datetime) -> date:
    """Today where the day begins first (UTC+14); a record of a later day is a fault of its source."""
    return (now.astimezone(UTC) + DAY_BEGINS_SOMEWHERE_BEFORE).date()


def last_complete_day(now: datetime) -> date:
    """The newest day that is over in every zone."""
    return (now.astimezone(UTC) - DAY_ENDS_EVERYWHERE_AFTER).date() - timedelta(days=1)


def incremental_window(newest_record_day: date | None, *, lookback_days: int, now: datetime) -> FetchWindow:
    """From the day of the newest stored record on; without one, everything.

    Days that Intacct no longer holds whole are asked for but never cleared: the answer could only be poorer.
    """
    kept_from = oldest_kept_day(now)
    if newest_record_day is None:
        return FetchWindow(None, None, kept_from)
    start = newest_record_day - timedelta(days=lookback_days)
    return FetchWindow(start, max(start, kept_from), kept_from)


def full_window(now: datetime) -> FetchWindow:
    return FetchWindow(None, None, oldest_kept_day(now))


def days_between(first: date, last: date) -> list[date]:
    """Every day from first to last, both included; empty if last comes first."""
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
