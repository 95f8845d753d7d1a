"""Totals by company and day or month, page by page, in the order of companies and days; each page costs the same.

Months that the period cuts are summed from days, whole months from the totals kept by month, as in the reports: sums
over all pages equal the Summary report of the same scope.
"""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date

from django.db.models import Model, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from usage.models import Company, CompanyDay, CompanyMonth, Sender
from usage.periods import last_of_month
from usage.reports.scope import ReportScope
from usage.reports.totals import Totals, split_months

Key = tuple[int, date]
"""Company and day; for months their first day."""


@dataclass(frozen=True)
class Slice:
    """Which rows are wanted: a scope, perhaps one company of it, after a key, so many."""

    scope: ReportScope
    company: Company | None
    after: Key | None
    most: int

    def rows(self, day_field: str) -> Q:
        condition = self.scope.days(day_field) & self.scope.of_companies()
        return condition & Q(company=self.company) if self.company else condition

    def following(self, day_field: str) -> Q:
        if self.after is None:
            return Q()
        company, day = self.after
        return Q(company_id__gte=company) & ~Q(company_id=company, **{f"{day_field}__lte": day})


@dataclass
class MonthTotals:
    company: int
    month: date
    totals: Totals
    partners: dict[int, Totals] = field(default_factory=lambda: defaultdict(Totals))


def days_of(wanted: Slice) -> list[CompanyDay]:
    """One query, with the companies."""
    rows = CompanyDay.objects.filter(wanted.rows("day"), wanted.following("day"))
    return list(rows.select_related("company").order_by("company_id", "day")[: wanted.most])


def months_of(wanted: Slice) -> list[MonthTotals]:
    """At most six queries."""
    whole, edges = split_months(wanted.scope.period)
    parts: list[tuple[Slice, bool]] = [
        (replace(wanted, scope=replace(wanted.scope, period=edge)), False) for edge in edges
    ]
    if whole is not None:
        parts.append((replace(wanted, scope=replace(wanted.scope, period=whole)), True))
    found = [(month, part) for part in parts for month in (_whole_months(part[0]) if part[1] else _cut_months(part[0]))]
    page = sorted(found, key=lambda one: (one[0].company, one[0].month))[: wanted.most]
    for part in parts:
        months = {(one.company, one.month): one for one, its_part in page if its_part is part}
        (_add_partners_of_months if part[1] else _add_partners_of_days)(part[0], months)
    return [month for month, _ in page]


def _whole_months(wanted: Slice) -> list[MonthTotals]:
    rows = CompanyMonth.objects.filter(wanted.rows("month"), wanted.following("month"), records__gt=0)
    return _summed(rows.order_by().values_list("company_id", "month"), "month", wanted.most)


def _cut_months(wanted: Slice) -> list[MonthTotals]:
    rows = CompanyDay.objects.filter(wanted.rows("day"), records__gt=0).annotate(in_month=TruncMonth("day"))
    rows = rows.filter(wanted.following("in_month"))
    return _summed(rows.order_by().values_list("company_id", "in_month"), "in_month", wanted.most)


def _summed(groups: "QuerySet[Model, tuple[int, date]]", month: str, most: int) -> list[MonthTotals]:
    sums = groups.annotate(Sum("records"), Sum("transactions")).order_by("company_id", month)[:most]
    return [MonthTotals(company, day, Totals(records, made)) for company, day, records, made in sums]


def _add_partners_of_months(wanted: Slice, months: dict[Key, MonthTotals]) -> None:
    if not months:
        return
    companies, days = {company for company, _ in months}, [month for _, month in months]
    rows = CompanyMonth.objects.filter(company_id__in=companies, month__range=(min(days), max(days)), records__gt=0)
    for company, month, sender, records, made in rows.values_list(
        "company_id", "month", "sender_id", "records", "transactions"
    ):
        if (company, month) in months:
            months[company, month].partners[sender] = Totals(records, made)


def _add_partners_of_days(wanted: Slice, months: dict[Key, MonthTotals]) -> None:
    if not months:
        return
    companies = {company for company, _ in months}
    rows = CompanyDay.objects.filter(wanted.scope.days("day"), company_id__in=companies, records__gt=0)
    for company, day, by_sender in rows.values_list("company_id", "day", "by_sender"):
        found = months.get((company, day.replace(day=1)))
        if found is None:
            continue
        for sender, counted in by_sender.items():
            found.partners[int(sender)] = found.partners[int(sender)].plus(Totals(*counted))


def sender_names(numbers: set[int]) -> dict[int, str]:
    return dict(Sender.objects.filter(pk__in=numbers).values_list("pk", "sender_id"))


def counted_days(month: date, scope: ReportScope) -> tuple[date, date]:
    """The first and last day of the month that the scope counts."""
    first, last = scope.period.first_day, scope.period.last_day
    month_end = last_of_month(month)
    return max(month, first) if first else month, min(month_end, last) if last else month_end
