"""Records and transactions per company, from the totals that are kept with the records.

Whole months come from the company-month totals, which stay fast over any number of records; the days of a month that a
period cuts come from the company-day totals.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import Model, QuerySet, Sum

from usage.models import Company, CompanyDay, CompanyMonth
from usage.periods import ReportPeriod, first_of_month, last_of_month
from usage.reports.scope import ReportScope

ONE_DAY = timedelta(days=1)


class Totals(NamedTuple):
    records: int = 0
    transactions: int = 0

    def plus(self, other: "Totals") -> "Totals":
        return Totals(self.records + other.records, self.transactions + other.transactions)


def totals_by_company(scope: ReportScope) -> dict[int, Totals]:
    """Only companies that have records in the period; keys are primary keys."""
    totals: dict[int, Totals] = defaultdict(Totals)
    for rows in _parts(scope):
        sums = rows.values_list("company_id").annotate(Sum("records"), Sum("transactions")).order_by()
        for company, records, transactions in sums:
            totals[company] = totals[company].plus(Totals(records, transactions))
    return {company: found for company, found in totals.items() if found.records}


def records_by_company(scope: ReportScope) -> dict[int, int]:
    return {company: totals.records for company, totals in totals_by_company(scope).items()}


def total_records(scope: ReportScope) -> int:
    return sum_totals(scope).records


def sum_totals(scope: ReportScope) -> Totals:
    """Over the whole scope, without a row per company."""
    found = Totals()
    for rows in _parts(scope):
        sums = rows.aggregate(records=Sum("records", default=0), transactions=Sum("transactions", default=0))
        found = found.plus(Totals(sums["records"], sums["transactions"]))
    return found


def _parts(scope: ReportScope) -> Iterator[QuerySet[Model]]:
    """Rows of totals that cover the period once, without overlap."""
    months, edges = split_months(scope.period)
    if months is not None:
        inner = replace(scope, period=months)
        yield CompanyMonth.objects.filter(inner.days("month"), scope.of_companies())
    for edge in edges:
        # Company by company: a company's days lie together, those of one day are scattered over the whole table.
        days = CompanyDay.objects.filter(company__in=Company.objects.order_by().values("pk"), records__gt=0)
        yield days.filter(replace(scope, period=edge).days("day"), scope.of_companies())


def split_months(period: ReportPeriod) -> tuple[ReportPeriod | None, list[ReportPeriod]]:
    """The whole months of a period (open ends stay open) and the stretches of days before and after them."""
    if period.is_empty:
        return None, []
    first, last = period.first_day, period.last_day
    starts = None if first is None else _month_start_from(first)
    ends = None if last is None else _month_end_until(last)
    if starts is not None and ends is not None and starts > ends:
        return None, [period]
    edges = []
    if first is not None and starts is not None and first < starts:
        edges.append(ReportPeriod(first, starts - ONE_DAY))
    if last is not None and ends is not None and ends < last:
        edges.append(ReportPeriod(ends + ONE_DAY, last))
    return ReportPeriod(starts, ends), edges


def _month_start_from(day: date) -> date:
    return day if day.day == 1 else last_of_month(day) + ONE_DAY


def _month_end_until(day: date) -> date:
    return day if day == last_of_month(day) else first_of_month(day) - ONE_DAY
