"""How complete the data of a scope is: which companies, and up to which day."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Min

from intacct_usage.lib.plurals import counted
from usage.models import Company, CompanyDay
from usage.models.company import is_stale
from usage.records.windows import last_complete_day
from usage.reports.scope import ReportScope

NAMES_SHOWN = 20
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Coverage:
    """`complete` of `total` queried companies have every day up to `day`; `incomplete` names the others, in order.

    `data_as_of` is when the newest of their fetches ended (aware); None if none ever did.
    """

    complete: int
    total: int
    day: date | None
    incomplete: tuple[str, ...]
    data_as_of: datetime | None

    @property
    def statement(self) -> str:
        if not self.total:
            return "no companies to query"
        companies = counted(self.total, "company", "companies")
        if self.day is None:
            return f"0 of {companies} complete: nothing has been fetched yet"
        return f"{self.complete:,} of {companies} complete to {self.day.isoformat()}"

    def is_stale(self, now: datetime) -> bool:
        """Even the newest fetch is more than 36 hours old."""
        return is_stale(self.data_as_of, now)

    @property
    def incomplete_names(self) -> str:
        """The first of the incomplete companies, comma separated, and how many more there are."""
        names = ", ".join(self.incomplete[:NAMES_SHOWN])
        more = len(self.incomplete) - NAMES_SHOWN
        return f"{names} and {more:,} more" if more > 0 else names


def coverage(scope: ReportScope) -> Coverage:
    """Skipped and removed companies do not count. The day is the one that most companies are complete to.

    A company is complete to a day when its last successful fetch came after that day had ended everywhere, no day up
    to it is marked as not over, and no day of the period failed or was lost.
    """
    rows = scope.companies().queryable().order_by().values_list("pk", "intacct_id", "health", "last_success_at")
    companies = sorted(rows, key=lambda row: (row[1].casefold(), row[1]))
    days = {pk: _complete_day(health, succeeded) for pk, _name, health, succeeded in companies}
    _apply_days(scope, days)
    reached = Counter(day for day in days.values() if day is not None)
    day = max(reached, key=lambda found: (reached[found], found), default=None)
    incomplete = tuple(name for pk, name, *_ in companies if not _reaches(days[pk], day))
    succeeded = [moment for *_, moment in companies if moment is not None]
    return Coverage(len(companies) - len(incomplete), len(companies), day, incomplete, max(succeeded, default=None))


def _complete_day(health: str, succeeded_at: datetime | None) -> date | None:
    if succeeded_at is None or health == Company.Health.FAILING:
        return None
    return last_complete_day(succeeded_at)


def _reaches(complete_to: date | None, day: date | None) -> bool:
    return complete_to is not None and day is not None and complete_to >= day


def _apply_days(scope: ReportScope, days: dict[int, date | None]) -> None:
    """Take back what days not over, failed or lost contradict, and what lies after the period."""
    states = CompanyDay.State
    unsettled = CompanyDay.objects.unsettled().filter(scope.of_companies())
    unfinished = unsettled.filter(state=states.PROVISIONAL)
    for company, first in unfinished.order_by().values_list("company_id").annotate(Min("day")):
        if known := days.get(company):
            days[company] = min(known, first - ONE_DAY)
    holes = unsettled.filter(scope.days("day"), state__in=(states.FAILED, states.LOST))
    for company in holes.order_by().values_list("company_id", flat=True).distinct():
        if company in days:
            days[company] = None
    last_day = scope.period.last_day
    if last_day is not None:
        days.update({company: day and min(day, last_day) for company, day in days.items()})
