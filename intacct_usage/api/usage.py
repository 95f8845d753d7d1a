"""Usage by day and by month."""

from django.http import HttpRequest
from ninja import Query, Router

from intacct_usage.api.companies import find_company
from intacct_usage.api.paging import Page, company_day_after, cursor, cut
from intacct_usage.api.schemas import PROBLEMS, DayOut, MonthOut, PartnerUsage, Problem, UsageQuery
from intacct_usage.api.scopes import report_scope
from intacct_usage.api.usage_totals import MonthTotals, Slice, counted_days, days_of, months_of, sender_names
from usage.models import Company, CompanyDay
from usage.reports.scope import ReportScope
from usage.reports.totals import Totals

router = Router(tags=["usage"])


@router.get("/days", response={200: Page[DayOut], PROBLEMS: Problem}, operation_id="list_usage_by_day")
def usage_by_day(request: HttpRequest, query: Query[UsageQuery]) -> Page[DayOut]:
    """Every known day of every company of the scope, also empty and failed ones, by company and day."""
    rows = days_of(_slice(query))
    page, following = cut(rows, query.limit, lambda row: cursor(row.company_id, row.day.isoformat()))
    names = sender_names({int(sender) for row in page for sender in row.by_sender})
    return Page(items=[_day(row, names) for row in page], next=following)


@router.get("/months", response={200: Page[MonthOut], PROBLEMS: Problem}, operation_id="list_usage_by_month")
def usage_by_month(request: HttpRequest, query: Query[UsageQuery]) -> Page[MonthOut]:
    """Every month with usage of every company of the scope, by company and month."""
    wanted = _slice(query)
    rows = months_of(wanted)
    page, following = cut(rows, query.limit, lambda row: cursor(row.company, row.month.isoformat()))
    names = sender_names({sender for row in page for sender in row.partners})
    companies = dict(Company.objects.filter(pk__in={row.company for row in page}).values_list("pk", "intacct_id"))
    items = [_month(row, companies[row.company], names=names, scope=wanted.scope) for row in page]
    return Page(items=items, next=following)


def _slice(query: UsageQuery) -> Slice:
    """Raises BadParametersError, CursorError, and Http404 for an unknown company."""
    company = find_company(query.company) if query.company else None
    return Slice(report_scope(query), company, company_day_after(query), query.limit + 1)


def _day(row: CompanyDay, names: dict[int, str]) -> DayOut:
    partners = {int(sender): Totals(*counted) for sender, counted in row.by_sender.items()}
    return DayOut(
        company_id=row.company.intacct_id,
        day=row.day,
        state=row.state,
        records=row.records,
        transactions=row.transactions,
        partners=_partners(partners, names),
    )


def _month(row: MonthTotals, company_id: str, *, names: dict[int, str], scope: ReportScope) -> MonthOut:
    first_day, last_day = counted_days(row.month, scope)
    return MonthOut(
        company_id=company_id,
        month=f"{row.month:%Y-%m}",
        first_day=first_day,
        last_day=last_day,
        records=row.totals.records,
        transactions=row.totals.transactions,
        partners=_partners(row.partners, names),
    )


def _partners(partners: dict[int, Totals], names: dict[int, str]) -> list[PartnerUsage]:
    rows = sorted((names[sender], totals) for sender, totals in partners.items())
    return [PartnerUsage(partner=name, records=one.records, transactions=one.transactions) for name, one in rows]
