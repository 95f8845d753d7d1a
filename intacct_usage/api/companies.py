"""Companies of the list."""

from django.http import Http404, HttpRequest
from ninja import Query, Router

from intacct_usage.api.paging import Page, Text, cursor, cut, id_after
from intacct_usage.api.schemas import PROBLEMS, CompanyOut, CompanyQuery, Problem
from intacct_usage.api.scopes import filter_scope
from usage.models import Company
from usage.models.company import CompanyQuerySet

router = Router(tags=["companies"])


@router.get("", response={200: Page[CompanyOut], PROBLEMS: Problem}, operation_id="list_companies")
def list_companies(request: HttpRequest, query: Query[CompanyQuery]) -> Page[CompanyOut]:
    """The companies of the list, skipped ones too, removed ones not."""
    rows = _chosen(query).select_related("query_filter").order_by("pk")
    after = id_after(query)
    if after is not None:
        rows = rows.filter(pk__gt=after)
    page, following = cut(rows[: query.limit + 1], query.limit, lambda company: cursor(company.pk))
    return Page(items=[CompanyOut.of(company) for company in page], next=following)


@router.get("/{company_id}", response={200: CompanyOut, PROBLEMS: Problem}, operation_id="get_company")
def get_company(request: HttpRequest, company_id: Text) -> CompanyOut:
    """One company by its Intacct ID, in upper or lower case."""
    return CompanyOut.of(find_company(company_id))


def find_company(company_id: str) -> Company:
    """Also of a removed company, whose usage is kept. Raises Http404."""
    found = Company.objects.select_related("query_filter").filter(intacct_id__iexact=company_id).first()
    if found is None:
        raise Http404
    return found


def _chosen(query: CompanyQuery) -> CompanyQuerySet:
    rows = filter_scope(query.filter).companies().listed()
    if query.health:
        rows = rows.filter(health=query.health)
    if query.skipped is not None:
        rows = rows.filter(skipped_at__isnull=not query.skipped)
    return rows
