"""The figures of a scope that mails and pages show beside a report."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from usage.models import Company, QueryFilter
from usage.models.company import OTHER
from usage.periods import ReportPeriod, first_of_month, last_of_month
from usage.reports.coverage import coverage
from usage.reports.scope import ReportScope
from usage.reports.totals import Totals, sum_totals, totals_by_company


@dataclass(frozen=True)
class FilterFigures:
    """`companies` counts those of the list that are not skipped."""

    name: str
    companies: int
    records: int
    transactions: int


@dataclass(frozen=True)
class CompanyCounts:
    """`total` = failing + no_data + never_fetched + skipped + the healthy rest; removed companies are not counted.

    `no_data` is meant for the period of the scope, and none are where that has no days or has not begun.
    """

    total: int
    failing: int
    no_data: int
    never_fetched: int
    skipped: int


@dataclass(frozen=True)
class SummaryFigures:
    """`filters` in the order of the filters, “Other” last; they add up to `totals` exactly.

    The three month figures are transactions and do not depend on the scope's period, only on its filter.
    """

    filter_name: str
    period: ReportPeriod
    totals: Totals
    filters: tuple[FilterFigures, ...]
    month_to_date: int
    last_month_to_same_day: int
    last_month: int
    companies: CompanyCounts
    data_as_of: datetime | None
    coverage_statement: str
    incomplete_companies: str


def summary_figures(scope: ReportScope, today: date) -> SummaryFigures:
    """`today` decides which month is the running one; it is a day in the installation's zone."""
    by_company = totals_by_company(scope)
    known = coverage(scope)
    last_month = first_of_month(first_of_month(today) - timedelta(days=1))
    return SummaryFigures(
        filter_name=scope.filter_name,
        period=scope.period,
        totals=_sum(by_company.values()),
        filters=_by_filter(scope, by_company),
        month_to_date=_transactions(scope, ReportPeriod(first_of_month(today), last_of_month(today))),
        last_month_to_same_day=_transactions(scope, _up_to_day(last_month, today.day)),
        last_month=_transactions(scope, ReportPeriod(last_month, last_of_month(last_month))),
        companies=_company_counts(scope, set(by_company), today),
        data_as_of=known.data_as_of,
        coverage_statement=known.statement,
        incomplete_companies=known.incomplete_names,
    )


def _sum(totals: Iterable[Totals]) -> Totals:
    found = Totals()
    for part in totals:
        found = found.plus(part)
    return found


def _by_filter(scope: ReportScope, by_company: dict[int, Totals]) -> tuple[FilterFigures, ...]:
    companies: Counter[int | None] = Counter()
    totals: dict[int | None, Totals] = defaultdict(Totals)
    for pk, group, removed_at, skipped_at in scope.companies().values_list(
        "pk", "query_filter_id", "removed_at", "skipped_at"
    ):
        companies[group] += removed_at is None and skipped_at is None
        totals[group] = totals[group].plus(by_company.get(pk, Totals()))
    return tuple(FilterFigures(name, companies[group], *totals[group]) for group, name in _filters(scope))


def _filters(scope: ReportScope) -> list[tuple[int | None, str]]:
    """Primary key and name of the filters in scope; None is “Other”."""
    if scope.query_filter is not None:
        return [(scope.query_filter.pk, scope.query_filter.name)]
    other: list[tuple[int | None, str]] = [(None, OTHER)]
    return other if scope.other_only else [*QueryFilter.objects.values_list("pk", "name"), *other]


def _transactions(scope: ReportScope, month: ReportPeriod) -> int:
    return sum_totals(replace(scope, period=month)).transactions


def _up_to_day(first_day: date, day_of_month: int) -> ReportPeriod:
    """The days of a month up to this one, or all of them if it has fewer."""
    return ReportPeriod(first_day, min(last_of_month(first_day), first_day + timedelta(days=day_of_month - 1)))


def _company_counts(scope: ReportScope, with_records: set[int], today: date) -> CompanyCounts:
    listed = scope.companies().listed()
    health = dict(listed.filter(skipped_at=None).values_list("pk", "health"))
    silent = [state for pk, state in health.items() if pk not in with_records and state != Company.Health.FAILING]
    never_fetched = silent.count(Company.Health.UNKNOWN)
    without_data = len(silent) - never_fetched if scope.period.has_begun(today) else 0
    skipped = listed.skipped().count()
    return CompanyCounts(
        total=len(health) + skipped,
        failing=list(health.values()).count(Company.Health.FAILING),
        no_data=without_data,
        never_fetched=never_fetched,
        skipped=skipped,
    )
