"""The page of one run: its progress, its companies, its mails; stop and retry."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from intacct_usage.lib import clock
from intacct_usage.lib.access import Right, require
from intacct_usage.lib.listing import list_page
from scheduling.forms.filters import CompanyFetchForm
from scheduling.models import Occurrence
from scheduling.run_details import RunDetails, details_of_occurrence, details_of_run
from scheduling.run_requests import AlreadyRunningError, retry_failed, stop_occurrence, stop_run
from scheduling.views.listing import rights_of
from usage.fetching.run_progress import run_progress
from usage.fetching.runs import RunRefusedError
from usage.models import FetchRun
from usage.reports import coverage
from usage.views.once import once

SORTS = {
    "company": "company__intacct_id",
    "status": "status",
    "rows": "inserted",
    "cleared": "cleared",
    "attempts": "attempts",
    "requests": "requests",
    "ended": "finished_at",
}


@require(Right.VIEW_REPORTS)
@require_safe
def fetch_run(request: HttpRequest, pk: int) -> HttpResponse:
    return _show(request, details_of_run(pk))


@require(Right.VIEW_REPORTS)
@require_safe
def fetch_run_live(request: HttpRequest, pk: int) -> HttpResponse:
    return _show_live(request, details_of_run(pk))


@require(Right.VIEW_REPORTS)
@require_safe
def report_run(request: HttpRequest, pk: int) -> HttpResponse:
    """Of an occurrence that fetched nothing; one with a fetch run has its page there."""
    details = details_of_occurrence(pk)
    if details is not None and details.run is not None:
        return redirect("scheduling:run", details.run.pk)
    return _show(request, details)


@require(Right.VIEW_REPORTS)
@require_safe
def report_run_live(request: HttpRequest, pk: int) -> HttpResponse:
    return _show_live(request, details_of_occurrence(pk))


@require(Right.VIEW_REPORTS)
@require_safe
def status(request: HttpRequest, pk: int) -> JsonResponse:
    return JsonResponse(dict(run_progress(get_object_or_404(FetchRun, pk=pk))))


@require(Right.OPERATE_RUNS)
@require_POST
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(FetchRun, pk=pk)
    _tell_of_stop(request, was_open=stop_run(run, by=request.user.get_username()))
    return redirect("scheduling:run", pk)


@require(Right.OPERATE_RUNS)
@require_POST
def stop_reports(request: HttpRequest, pk: int) -> HttpResponse:
    occurrence = get_object_or_404(Occurrence.objects.select_related("run"), pk=pk)
    _tell_of_stop(request, was_open=stop_occurrence(occurrence, by=request.user.get_username()))
    return redirect("scheduling:report_run", pk)


@require(Right.OPERATE_RUNS)
@require_POST
@once("scheduling:runs")
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Fetch what failed in this run once more, as a run of its own."""
    run = get_object_or_404(FetchRun, pk=pk)
    try:
        occurrence = retry_failed(run, by=request.user.get_username())
    except (RunRefusedError, AlreadyRunningError) as refusal:
        messages.error(request, refusal.message)
        return redirect("scheduling:run", pk)
    messages.success(request, f"{occurrence.run} fetches what failed in {str(run).lower()}.")
    return redirect("scheduling:run", occurrence.run_id)


def _tell_of_stop(request: HttpRequest, *, was_open: bool) -> None:
    if was_open:
        messages.success(request, "Stopping. Companies that were finished keep their new data.")
    else:
        messages.info(request, "This run has ended or is being stopped already.")


def _show(request: HttpRequest, details: RunDetails | None) -> HttpResponse:
    """The whole page; asked for by a script, only the table of companies, which refreshes by itself."""
    if details is None:
        raise Http404
    companies = _companies(request, details)
    if request.headers.get("HX-Request") == "true":
        return render(request, "scheduling/run_companies.html", {"details": details, **companies})
    return render(request, "scheduling/run.html", {**_state(request, details), **companies})


def _show_live(request: HttpRequest, details: RunDetails | None) -> HttpResponse:
    """What changes by itself. `state` is what the page's buttons were made for; they are sent if that changed."""
    if details is None:
        raise Http404
    context = _state(request, details)
    context["new_actions"] = request.GET.get("state") != context["state"]
    return render(request, "scheduling/run_live.html", context)


def _state(request: HttpRequest, details: RunDetails) -> dict[str, Any]:  # Any: template context
    emails, scope = details.emails(), details.scope()
    known = None if details.is_fetching else coverage(scope)  # a fetch is about to change it
    return {
        **rights_of(request),
        "details": details,
        "progress": details.progress(),
        "emails": emails,
        "log_lines": details.log_lines(),
        "retry": details.retry(),
        "known": known,
        "known_of": scope.filter_name,
        "known_is_stale": known is not None and known.is_stale(clock.now()),
        "state": "stopping" if details.is_stopping else details.status[0],
        "goes_on": details.is_open or any(email.is_open for email in emails),
    }


def _companies(request: HttpRequest, details: RunDetails) -> dict[str, Any]:  # Any: template context
    if details.run is None:
        return {}
    form = CompanyFetchForm(request.GET)
    listing = list_page(request, form.fetches(details.run.pk), sorts=SORTS, default_sort="company")
    return {"form": form, "listing": listing}
