"""Usage per filter, per company and per partner. Each table's rows and its remainder add up to the scope's totals."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Aggregate, Count, JSONField, Q, Sum
from django.db.models.sql.compiler import SQLCompiler

from usage.analysis.charts import Group
from usage.models import Company, CompanyDay, CompanyMonth, QueryFilter, Sender
from usage.models.company import OTHER
from usage.reports.scope import ReportScope
from usage.reports.totals import Totals, split_months


@dataclass(frozen=True)
class FilterRow:
    """`companies` counts those of the list that are not skipped, `failing` those of them whose last fetch failed."""

    name: str
    definition: str
    companies: int
    failing: int
    totals: Totals


@dataclass(frozen=True)
class Breakdown:
    rows: tuple[FilterRow, ...]
    companies: int
    failing: int
    totals: Totals


@dataclass(frozen=True)
class TopCompany:
    company: Company
    totals: Totals


@dataclass(frozen=True)
class TopPartner:
    """`companies` is how many companies the sender was active in."""

    sender: Sender
    companies: int
    totals: Totals


class Gathered(Aggregate):
    """All JSON values of a group as one list: to read one long text is far cheaper than many short ones."""

    name = "gathered"
    function = "JSONB_AGG"
    output_field = JSONField()

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra_context: Any
    ) -> tuple[str, tuple[str | int, ...]]:  # Any: as Django declares it
        sql, parameters = self.as_sql(
            compiler, connection, template="JSON_GROUP_ARRAY(JSON(%(expressions)s))", **extra_context
        )
        return sql, tuple(parameters)


def filter_breakdown(scope: ReportScope, by_company: Mapping[int, Totals]) -> Breakdown:
    """One row for each filter of the scope in the filters' order, “Other” last; the sum is over exactly these rows.

    `by_company` is `totals_by_company` of the same scope, which a page asks for once.
    """
    counts = _company_counts(scope)
    totals: dict[Group, Totals] = defaultdict(Totals)
    groups = dict(scope.companies().order_by().values_list("pk", "query_filter_id"))
    for company, found in by_company.items():
        group = groups.get(company)
        totals[group] = totals[group].plus(found)
    rows = tuple(
        FilterRow(name, definition, *counts.get(group, (0, 0)), totals[group])
        for group, name, definition in _filters(scope)
    )
    total = Totals(sum(row.totals.records for row in rows), sum(row.totals.transactions for row in rows))
    return Breakdown(rows, sum(row.companies for row in rows), sum(row.failing for row in rows), total)


def _company_counts(scope: ReportScope) -> dict[Group, tuple[int, int]]:
    """Queried and failing companies by filter."""
    counted = scope.companies().queryable().order_by().values_list("query_filter_id")
    failing = Count("pk", filter=Q(health=Company.Health.FAILING))
    return {group: (queried, failed) for group, queried, failed in counted.annotate(Count("pk"), failing=failing)}


def _filters(scope: ReportScope) -> list[tuple[Group, str, str]]:
    """Primary key, name and definition of the filters in scope."""
    if scope.query_filter is not None:
        return [(scope.query_filter.pk, scope.query_filter.name, scope.filter_definition)]
    other: list[tuple[Group, str, str]] = [(None, OTHER, "Companies that match no filter")]
    if scope.other_only:
        return other
    filters = QueryFilter.objects.all()
    return [*((one.pk, one.name, f"{one.get_kind_display()}: {one.value}") for one in filters), *other]


def top_companies(by_company: Mapping[int, Totals], limit: int) -> list[TopCompany]:
    """The companies with the most transactions; removed and skipped ones count, their history is in the reports too."""
    largest = sorted(by_company, key=lambda company: (-by_company[company].transactions, company))[:limit]
    companies = Company.objects.select_related("query_filter").in_bulk(largest)
    return [TopCompany(companies[pk], by_company[pk]) for pk in largest]


def top_partners(scope: ReportScope, limit: int) -> list[TopPartner]:
    """The partners (sender IDs) with the most transactions."""
    totals, active = _totals_by_sender(scope)
    largest = sorted(totals, key=lambda sender: (-totals[sender].transactions, sender))[:limit]
    senders = Sender.objects.in_bulk(largest)
    return [TopPartner(senders[pk], active[pk], totals[pk]) for pk in largest]


def _totals_by_sender(scope: ReportScope) -> tuple[dict[int, Totals], dict[int, int]]:
    """Totals of each sender, and in how many companies it was active."""
    records: Counter[int] = Counter()
    transactions: Counter[int] = Counter()
    companies: dict[int, set[int]] = defaultdict(set)
    for sender, company, counted, made in _by_sender(scope):
        records[sender] += counted
        transactions[sender] += made
        companies[sender].add(company)
    totals = {sender: Totals(counted, transactions[sender]) for sender, counted in records.items()}
    return totals, {sender: len(found) for sender, found in companies.items()}


def _by_sender(scope: ReportScope) -> Iterator[tuple[int, int, int, int]]:
    """Sender, company, records, transactions; whole months summed, days of cut months one by one."""
    whole, edges = split_months(scope.period)
    if whole is not None:
        months = CompanyMonth.objects.filter(replace(scope, period=whole).days("month"), scope.of_companies())
        sums = months.order_by().values_list("sender_id", "company_id")
        yield from sums.annotate(Sum("records"), Sum("transactions")).iterator()
    for edge in edges:
        days = CompanyDay.objects.filter(replace(scope, period=edge).days("day"), scope.of_companies(), records__gt=0)
        for company, gathered in days.order_by().values_list("company_id").annotate(Gathered("by_sender")).iterator():
            for sender, (counted, made) in _summed(gathered).items():
                yield int(sender), company, counted, made


def _summed(days: Iterable[Mapping[str, tuple[int, int]]]) -> dict[str, list[int]]:
    """Records and transactions by sender over the days of one company; the innermost loop of a large page."""
    totals: dict[str, list[int]] = {}
    for by_sender in days:
        for sender, (counted, made) in by_sender.items():
            if sender in totals:
                total = totals[sender]
                total[0] += counted
                total[1] += made
            else:
                totals[sender] = [counted, made]
    return totals
