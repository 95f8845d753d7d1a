"""Fetch runs, what became of each company in them, and the mails that followed."""

from django.http import Http404, HttpRequest
from ninja import Query, Router

from intacct_usage.api.paging import Page, cursor, cut, id_after
from intacct_usage.api.schemas import (
    PROBLEMS,
    DeliveryOut,
    DeliveryQuery,
    Problem,
    RunCompanyOut,
    RunCompanyQuery,
    RunOut,
    RunQuery,
)
from notifications.models import OutgoingEmail
from usage.models import CompanyFetch, FetchRun

router = Router(tags=["runs"])
deliveries = Router(tags=["deliveries"])


@router.get("", response={200: Page[RunOut], PROBLEMS: Problem}, operation_id="list_runs")
def list_runs(request: HttpRequest, query: Query[RunQuery]) -> Page[RunOut]:
    """Fetch runs, the newest first. Counts of companies and records are set when a run ends."""
    rows = FetchRun.objects.select_related("occurrence").order_by("-pk")
    if query.status:
        rows = rows.filter(status=query.status)
    after = id_after(query)
    if after is not None:
        rows = rows.filter(pk__lt=after)
    page, following = cut(rows[: query.limit + 1], query.limit, lambda run: cursor(run.pk))
    return Page(items=[RunOut.of(run) for run in page], next=following)


@router.get("/{int:run_id}", response={200: RunOut, PROBLEMS: Problem}, operation_id="get_run")
def get_run(request: HttpRequest, run_id: int) -> RunOut:
    return RunOut.of(_run(run_id))


@router.get(
    "/{int:run_id}/companies", response={200: Page[RunCompanyOut], PROBLEMS: Problem}, operation_id="list_run_companies"
)
def list_run_companies(request: HttpRequest, run_id: int, query: Query[RunCompanyQuery]) -> Page[RunCompanyOut]:
    """What became of each company of a run."""
    rows = CompanyFetch.objects.filter(run=_run(run_id)).select_related("company").order_by("pk")
    if query.status:
        rows = rows.filter(status=query.status)
    after = id_after(query)
    if after is not None:
        rows = rows.filter(pk__gt=after)
    page, following = cut(rows[: query.limit + 1], query.limit, lambda fetch: cursor(fetch.pk))
    return Page(items=[RunCompanyOut.of(fetch) for fetch in page], next=following)


@deliveries.get("", response={200: Page[DeliveryOut], PROBLEMS: Problem}, operation_id="list_deliveries")
def list_deliveries(request: HttpRequest, query: Query[DeliveryQuery]) -> Page[DeliveryOut]:
    """Mails with reports, alerts and tests, the newest first; one for each email configuration."""
    rows = OutgoingEmail.objects.order_by("-pk")
    if query.state:
        rows = rows.filter(state=query.state)
    if query.run is not None:
        rows = rows.filter(run_id=query.run)
    after = id_after(query)
    if after is not None:
        rows = rows.filter(pk__lt=after)
    page, following = cut(rows[: query.limit + 1], query.limit, lambda email: cursor(email.pk))
    return Page(items=[DeliveryOut.of(email) for email in page], next=following)


def _run(run_id: int) -> FetchRun:
    run = FetchRun.objects.select_related("occurrence").filter(pk=run_id).first()
    if run is None:
        raise Http404
    return run
