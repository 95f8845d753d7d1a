"""What is known of one company: latest months, days, partners, functions and fetches. Constant numbers of queries."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import reduce

from django.db.models import Count, Sum

from usage.analysis.charts import MonthlyUsage
from usage.models import Company, CompanyDay, CompanyFetch, CompanyMonth, UsageRecord
from usage.periods import ONE_DAY, first_of_month, months_earlier
from usage.reports.totals import Totals

CHART_MONTHS = 24
WEEKS_SHOWN = 14
FUNCTION_DAYS = 30
FUNCTIONS_SHOWN = 15
FETCHES_SHOWN = 15
ONE_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class PartnerTotals:
    sender_id: str
    totals: Totals


@dataclass(frozen=True)
class FunctionTotals:
    function: str
    sender_id: str
    totals: Totals


@dataclass(frozen=True)
class DayCell:
    """One day of the coverage map. `state` is empty where nothing is known, None for days still to come."""

    day: date
    state: str | None
    records: int = 0
    transactions: int = 0


@dataclass(frozen=True)
class CoverageMap:
    """Weekdays by weeks, the oldest week first; `counts` are days by state since `first_day`."""

    weeks: tuple[date, ...]
    rows: tuple[tuple[str, tuple[DayCell, ...]], ...]
    counts: dict[str, int]
    first_day: date


WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def latest_months(usage: MonthlyUsage, today: date) -> MonthlyUsage:
    """For the chart: the last two years, and what is dated later."""
    first = months_earlier(first_of_month(today), CHART_MONTHS - 1)
    months = tuple(row for row in usage.months if row.month >= first)
    return replace(usage, months=months, totals=reduce(Totals.plus, (row.totals for row in months), Totals()))


def partners_of(company: Company) -> list[PartnerTotals]:
    """Totals by partner (sender ID) over everything stored, the largest first."""
    sums = CompanyMonth.objects.filter(company=company).values_list("sender__sender_id")
    found = sums.annotate(records=Sum("records"), made=Sum("transactions")).order_by("-made", "sender__sender_id")
    return [PartnerTotals(sender, Totals(records, made)) for sender, records, made in found]


def functions_of(company: Company, today: date) -> list[FunctionTotals]:
    """The functions called most in the last 30 days, today included, by partner."""
    recent = UsageRecord.objects.of_company(company).in_period(today - (FUNCTION_DAYS - 1) * ONE_DAY, None)
    sums = recent.values_list("signature__function", "signature__sender__sender_id")
    found = sums.annotate(records=Count("pk"), made=Sum("transactions")).order_by("-made", "signature__function")
    return [
        FunctionTotals(function, sender, Totals(records, made))
        for function, sender, records, made in found[:FUNCTIONS_SHOWN]
    ]


def fetches_of(company: Company) -> list[CompanyFetch]:
    """The latest fetches, the newest first, each with its run."""
    return list(company.fetches.select_related("run").order_by("-pk")[:FETCHES_SHOWN])


def coverage_map(company: Company, today: date) -> CoverageMap:
    """The last fourteen weeks, Monday to Sunday, up to the week of today."""
    this_monday = today - today.weekday() * ONE_DAY
    weeks = tuple(this_monday - back * ONE_WEEK for back in reversed(range(WEEKS_SHOWN)))
    days = CompanyDay.objects.filter(company=company, day__gte=weeks[0])
    known = {one.day: one for one in days.only("day", "state", "records", "transactions")}
    rows = tuple(
        (name, tuple(_cell(known.get(week + offset * ONE_DAY), week + offset * ONE_DAY, today) for week in weeks))
        for offset, name in enumerate(WEEKDAYS)
    )
    return CoverageMap(weeks, rows, _counts(rows), weeks[0])


def _cell(known: CompanyDay | None, day: date, today: date) -> DayCell:
    if known is not None:
        return DayCell(day, known.state, known.records, known.transactions)
    return DayCell(day, None if day > today else "")


def _counts(rows: tuple[tuple[str, tuple[DayCell, ...]], ...]) -> dict[str, int]:
    states = [cell.state for cell in _cells(rows) if cell.state is not None]
    return {state: states.count(state) for state in ("fetched", "empty", "provisional", "failed", "lost", "")}


def _cells(rows: tuple[tuple[str, tuple[DayCell, ...]], ...]) -> Iterator[DayCell]:
    for _name, cells in rows:
        yield from cells
