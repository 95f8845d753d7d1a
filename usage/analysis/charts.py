"""Usage by month and filter, for the chart, its table and the breakdown. Sums equal the Summary report of the scope.

Whole months come from the company-month totals; months that the period cuts come from the company-day totals.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import reduce
from operator import or_

from django.db.models import DateField, Model, Q, QuerySet, Sum, Value

from usage.models import Company, CompanyDay, CompanyMonth, QueryFilter
from usage.models.company import OTHER
from usage.periods import ALL_DATA, ONE_DAY, ReportPeriod, first_of_month, last_of_month, months_earlier
from usage.reports.scope import ReportScope
from usage.reports.totals import Totals, split_months

MOST_SERIES = 8
REMAINING = "Remaining filters"
MOST_MONTHS = 240
KNOWN_STATES = (CompanyDay.State.FETCHED, CompanyDay.State.EMPTY, CompanyDay.State.PROVISIONAL)

Group = int | None
"""Primary key of a query filter; None is “Other”."""


class MonthState(StrEnum):
    """Why a month's figure is what it is: zero, a gap and an unfinished month must not look alike."""

    COMPLETE = "complete"
    UNFINISHED = "unfinished"
    CUT = "cut"
    NOT_FETCHED = "not fetched"

    @property
    def label(self) -> str:
        return {"unfinished": "to date", "cut": "part of the month", "not fetched": "not fetched"}.get(self.value, "")


@dataclass(frozen=True)
class UsageMonth:
    """One month of the chart; `by_series` has an entry for each series, in their order."""

    month: date
    state: MonthState
    totals: Totals
    by_series: tuple[Totals, ...]


@dataclass(frozen=True)
class Series:
    """`slot` is 1 to 8, the colour; it stays with the filter whatever else is shown. 0 is grey."""

    name: str
    slot: int
    groups: frozenset[Group]
    totals: Totals


@dataclass(frozen=True)
class MonthlyUsage:
    """Months in order, and the series that add up to each month's totals. Only far-off months leave holes."""

    months: tuple[UsageMonth, ...]
    series: tuple[Series, ...]
    totals: Totals

    @property
    def is_stacked(self) -> bool:
        return len(self.series) > 1


Counts = dict[date, dict[Group, Totals]]


def monthly_usage(scope: ReportScope, today: date) -> MonthlyUsage:
    """`today` decides which month is unfinished; a day in the installation's zone. At most seven queries."""
    counts = _counts(scope)
    names = list(QueryFilter.objects.order_by("pk").values_list("pk", "name"))
    return _usage(counts, _series(counts, names), scope.period, companies=scope.of_companies(), today=today)


def monthly_usage_of(company: Company, today: date) -> MonthlyUsage:
    """Everything stored of one company, as a single line. At most three queries."""
    counts: Counts = defaultdict(dict)
    _collect(counts, CompanyMonth.objects.filter(company=company))
    return _usage(counts, (), ALL_DATA, companies=Q(company=company), today=today)


def _usage(
    counts: Counts, series: tuple[Series, ...], period: ReportPeriod, *, companies: Q, today: date
) -> MonthlyUsage:
    """`companies` is the condition on the days that tell a month without usage from one that was not fetched."""
    months = _months(period, counts, today)
    missing = _not_fetched(companies, [month for month in months if month not in counts])
    known_from = _first_known_day(companies) if months else today
    rows = tuple(
        UsageMonth(
            month,
            MonthState.NOT_FETCHED if month in missing else _state(month, period, today, known_from),
            _sum(counts.get(month, {}).values()),
            tuple(_of_series(counts.get(month, {}), one) for one in series),
        )
        for month in months
    )
    return MonthlyUsage(rows, series, _sum(row.totals for row in rows))


def _counts(scope: ReportScope) -> Counts:
    whole, edges = split_months(scope.period)
    found: Counts = defaultdict(dict)
    if whole is not None:
        inner = replace(scope, period=whole)
        _collect(found, CompanyMonth.objects.filter(inner.days("month"), scope.of_companies()))
    for month, days in _cut_months(edges):
        rows = CompanyDay.objects.filter(replace(scope, period=days).days("day"), scope.of_companies(), records__gt=0)
        _collect(found, rows.annotate(month=Value(month, output_field=DateField())))
    return found


def _cut_months(edges: list[ReportPeriod]) -> Iterator[tuple[date, ReportPeriod]]:
    """Each month that an edge touches, with its days; cut here because SQLite truncates dates row by row in Python."""
    for edge in edges:
        first, last = edge.first_day, edge.last_day
        while first is not None and last is not None and first <= last:
            end = min(last_of_month(first), last)
            yield first_of_month(first), ReportPeriod(first, end)
            first = end + ONE_DAY


def _collect(found: Counts, rows: QuerySet[Model]) -> None:
    sums = rows.order_by().values_list("month", "company__query_filter").annotate(Sum("records"), Sum("transactions"))
    for month, group, records, transactions in sums:
        if records:
            found[month][group] = Totals(records, transactions)


def _series(counts: Counts, names: list[tuple[int, str]]) -> tuple[Series, ...]:
    """The largest filters, at most eight, then what remains of the filters, then “Other”."""
    totals: dict[Group, Totals] = defaultdict(Totals)
    for groups in counts.values():
        for group, found in groups.items():
            totals[group] = totals[group].plus(found)
    used = [(pk, name) for pk, name in names if pk in totals]
    largest = {pk for pk, _ in sorted(used, key=lambda one: -totals[one[0]].transactions)[:MOST_SERIES]}
    slots = _slots([pk for pk, _ in names], largest)
    series = [Series(name, slots[pk], frozenset({pk}), totals[pk]) for pk, name in used if pk in largest]
    rest = frozenset(pk for pk, _ in used if pk not in largest)
    if rest:
        series.append(Series(REMAINING, 0, rest, _sum(totals[pk] for pk in rest)))
    if None in totals:
        series.append(Series(OTHER, 0, frozenset({None}), totals[None]))
    return tuple(series)


def _slots(filters: list[int], shown: set[int]) -> dict[int, int]:
    """A colour for each shown filter: by its age among all filters, the next free one where two would meet."""
    taken: dict[int, int] = {}
    for position, pk in enumerate(filters):
        if pk in shown:
            wanted = (position + step for step in range(MOST_SERIES))
            taken[pk] = next(slot for slot in (one % MOST_SERIES + 1 for one in wanted) if slot not in taken.values())
    return taken


def _months(period: ReportPeriod, counts: Counts, today: date) -> list[date]:
    """Every month from the first with records to the last of the period, at most to the running one.

    Months later than that, and those before MOST_MONTHS, are there where they have records: they belong to the total,
    but one record with a wrong date must not fill the chart with empty months.
    """
    if period.is_empty or not counts:
        return []
    last = first_of_month(min(period.last_day or today, today))
    months = set(counts)
    month = max(min(counts), months_earlier(last, MOST_MONTHS))
    while month <= last:
        months.add(month)
        month = last_of_month(month) + ONE_DAY
    return sorted(months)


def _state(month: date, period: ReportPeriod, today: date, known_from: date) -> MonthState:
    reaches_today = period.last_day is None or period.last_day >= today
    if month >= first_of_month(today) and reaches_today:
        return MonthState.UNFINISHED
    is_whole = period.contains(month) and period.contains(last_of_month(month)) and known_from <= month
    return MonthState.COMPLETE if is_whole else MonthState.CUT


def _first_known_day(companies: Q) -> date:
    """Intacct keeps about sixty days, so that history begins in the middle of a month."""
    known = CompanyDay.objects.filter(companies, state__in=KNOWN_STATES).order_by("day")
    return known.values_list("day", flat=True).first() or date.max


def _not_fetched(companies: Q, empty_months: list[date]) -> set[date]:
    """Of the months without records, those in which no day of any company is known either."""
    if not empty_months:
        return set()
    in_months = reduce(or_, (Q(day__range=(month, last_of_month(month))) for month in empty_months))
    known = CompanyDay.objects.filter(in_months, companies, state__in=KNOWN_STATES)
    days = known.order_by().values_list("day", flat=True).distinct()
    return set(empty_months) - {first_of_month(day) for day in days}


def _of_series(month: dict[Group, Totals], series: Series) -> Totals:
    return _sum(month.get(group, Totals()) for group in series.groups)


def _sum(totals: Iterable[Totals]) -> Totals:
    return reduce(Totals.plus, totals, Totals())
