"""Summary: one row per company with its totals, and a total row that equals the sum of the Detailed report.

Listed are every company of the filter that is listed and not skipped, also those with no records (a missing row would
look like a missing company), and skipped or removed companies as far as they have records in the period, because those
records are in the Detailed report too.
"""

from collections.abc import Collection, Iterator
from datetime import date
from typing import NamedTuple

from django.db.models import OuterRef, Q, Subquery

from usage.models import CompanyDay
from usage.reports.company_lines import CompanyLine, company_lines
from usage.reports.scope import ReportScope
from usage.reports.tables import COMPANY_COLUMNS, Column, ColumnKind, Row, Table
from usage.reports.totals import records_by_company, totals_by_company

COLUMNS = (
    *COMPANY_COLUMNS,
    Column("Total Transactions", ColumnKind.NUMBER, 18),
    Column("Record Count", ColumnKind.NUMBER, 14),
    Column("First Date", ColumnKind.DATE, 12),
    Column("Last Date", ColumnKind.DATE, 12),
)
QUERYABLE = Q(removed_at=None, skipped_at=None)


class DayTotals(NamedTuple):
    """Sums over days; the days are the first and the last with records, None if a fetch removed them meanwhile."""

    transactions: int
    records: int
    first_day: date | None
    last_day: date | None


def summary_table(scope: ReportScope) -> Table:
    totals: dict[int, DayTotals] = {}

    def rows() -> Iterator[Row]:
        totals.update(_day_totals(scope))
        for line in _lines(scope, set(totals)):
            yield _row(line, totals.get(line.pk))

    return Table(COLUMNS, rows(), lambda: _total_row(list(totals.values())))


def summary_count(scope: ReportScope, with_records: Collection[int] | None = None) -> int:
    """`with_records` are the companies that have records in the scope, for a caller that knows them."""
    return len(_lines(scope, set(records_by_company(scope) if with_records is None else with_records)))


def _lines(scope: ReportScope, with_records: set[int]) -> list[CompanyLine]:
    queryable = {line.pk for line in company_lines(scope, QUERYABLE)}
    return [line for line in company_lines(scope) if line.pk in queryable or line.pk in with_records]


def _day_totals(scope: ReportScope) -> dict[int, DayTotals]:
    totals = totals_by_company(scope)
    ends = _first_and_last_days(scope)
    return {
        company: DayTotals(found.transactions, found.records, *ends.get(company, (None, None)))
        for company, found in totals.items()
    }


def _first_and_last_days(scope: ReportScope) -> dict[int, tuple[date | None, date | None]]:
    """By company, from the two ends of its days in the index: reading all days would cost more than all the rest."""
    days = CompanyDay.objects.filter(scope.days("day"), company=OuterRef("pk"), records__gt=0).values("day")
    first, last = Subquery(days.order_by("day")[:1]), Subquery(days.order_by("-day")[:1])
    found = scope.companies().order_by().annotate(first=first, last=last).values_list("pk", "first", "last")
    return {company: (first_day, last_day) for company, first_day, last_day in found}


def _row(line: CompanyLine, totals: DayTotals | None) -> Row:
    if totals is None:
        return (*line.cells, 0, 0, None, None)
    return (
        *line.cells,
        totals.transactions,
        totals.records,
        _written(totals.first_day),
        _written(totals.last_day),
    )


def _total_row(totals: list[DayTotals]) -> Row:
    first_day = min((found.first_day for found in totals if found.first_day), default=None)
    last_day = max((found.last_day for found in totals if found.last_day), default=None)
    return (
        "Total",
        "",
        "",
        "",
        sum(found.transactions for found in totals),
        sum(found.records for found in totals),
        _written(first_day),
        _written(last_day),
    )


def _written(day: date | None) -> str | None:
    return day.isoformat() if day else None
