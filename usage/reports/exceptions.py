"""Exceptions: companies whose fetch fails, and apart from them those that answered but have no data in the period.

A failing company is listed whatever the period is: the failure is about now. A company that was never fetched is
neither failing nor without data and says so. Skipped and removed companies are absent. In a period without days, or one
that has not begun, no company is without data.
"""

from collections.abc import Collection, Iterator
from datetime import date

from django.db.models import OuterRef, Subquery

from intacct_usage.lib import clock
from usage.gateway.error_advice import ADVICE, Advice
from usage.gateway.error_families import CONNECTION_FAULTS, STOPS_RUN
from usage.models import Company, CompanyDay
from usage.reports.company_lines import CompanyLine, company_lines
from usage.reports.scope import ReportScope
from usage.reports.summary import QUERYABLE
from usage.reports.tables import COMPANY_COLUMNS, Cell, Column, ColumnKind, Row, Table
from usage.reports.totals import records_by_company

COLUMNS = (
    *COMPANY_COLUMNS,
    Column("Kind", ColumnKind.SHARED_TEXT, 32),
    Column("Error Number", ColumnKind.SHARED_TEXT, 16),
    Column("Description", ColumnKind.TEXT, 70),
    Column("Suggested Action", ColumnKind.SHARED_TEXT, 70),
    Column("First Seen", ColumnKind.MOMENT, 20),
    Column("Last Seen", ColumnKind.MOMENT, 20),
    Column("Last Success", ColumnKind.MOMENT, 20),
)
NO_DATA = "No data"
NEVER_FETCHED = "Not fetched yet"
ADVICE_BY_NAME = {family.value: advice for family, advice in ADVICE.items()}
UNKNOWN_ERROR = Advice(
    "Fetch failed",
    "The fetch failed for a reason that has no name here.",
    "Look for this company in the logs, then run it again.",
)
NO_DATA_ACTION = (
    "If usage is expected, check that the integrations of this company are running; else add it to the exceptions list."
)
NOT_THE_COMPANY = "This is not about the company: every other one would have met the same, so the run was ended."
NEVER_FETCHED_DESCRIPTION = "No fetch of this company has ended yet, so nothing is known of its usage."
NEVER_FETCHED_ACTION = "Start a run that includes this company."
STATE_FIELDS = (
    "health",
    "error_family",
    "error_number",
    "error_text",
    "failing_since",
    "last_attempt_at",
    "last_success_at",
)


def exceptions_table(scope: ReportScope) -> Table:
    return Table(COLUMNS, _rows(scope))


def exceptions_count(scope: ReportScope, with_records: Collection[int] | None = None) -> int:
    """`with_records` are the companies that have records in the scope, for a caller that knows them."""
    return len(_exceptional(scope, records_by_company(scope) if with_records is None else with_records))


def advice_for(family: str) -> Advice:
    """The words for a stored error family; general ones for a family this version does not know."""
    return ADVICE_BY_NAME.get(family, UNKNOWN_ERROR)


def _exceptional(scope: ReportScope, with_records: Collection[int]) -> list[CompanyLine]:
    health = dict(scope.companies().order_by().values_list("pk", "health"))
    lines = company_lines(scope, QUERYABLE)
    if not scope.period.has_begun(clock.today()):
        return [line for line in lines if health[line.pk] in (Company.Health.FAILING, Company.Health.UNKNOWN)]
    return [line for line in lines if health[line.pk] == Company.Health.FAILING or line.pk not in with_records]


def _rows(scope: ReportScope) -> Iterator[Row]:
    lines = _exceptional(scope, records_by_company(scope))
    states = {row[0]: row[1:] for row in scope.companies().values_list("pk", *STATE_FIELDS)}
    newest = _newest_days(scope)
    for line in lines:
        health, family, number, text, first_seen, last_seen, last_success = states[line.pk]
        if health == Company.Health.FAILING:
            words: tuple[Cell, ...] = _error_words(family, number, text)
        else:
            first_seen = None
            words = _silence_words(health, newest.get(line.pk))
        yield (*line.cells, *words, first_seen, last_seen, last_success)


def _newest_days(scope: ReportScope) -> dict[int, date | None]:
    """The day of each company's newest record, whenever that was."""
    days = CompanyDay.objects.filter(company=OuterRef("pk"), records__gt=0).order_by("-day").values("day")
    return dict(scope.companies().order_by().annotate(newest=Subquery(days[:1])).values_list("pk", "newest"))


def _error_words(family: str, number: str, text: str) -> tuple[str, str, str, str]:
    """Kind, error number, description, suggested action."""
    advice = advice_for(family)
    if family in CONNECTION_FAULTS and text:  # the text is our own sentence, not Intacct's
        description = text
    else:
        description = f"{advice.meaning} Intacct's words: “{text}”" if text else advice.meaning
    if family in STOPS_RUN:
        description = f"{description} {NOT_THE_COMPANY}"
    return advice.label, number, description, advice.suggested_action


def _silence_words(health: str, newest_day: date | None) -> tuple[str, str, str, str]:
    if health == Company.Health.UNKNOWN:
        return NEVER_FETCHED, "", NEVER_FETCHED_DESCRIPTION, NEVER_FETCHED_ACTION
    known = f"The newest record is of {newest_day.isoformat()}." if newest_day else "No record is known at all."
    return NO_DATA, "", f"The fetch succeeded, but there is no usage in the period. {known}", NO_DATA_ACTION
