"""How far the worker is with what a person asked for, and the file it made."""

from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from intacct_usage.lib.access import Right, require
from usage.background_work import KEEP_HOURS, made_file
from usage.models import BackgroundJob

STOP_POLLING = 286
REPORTS = BackgroundJob.objects.filter(kind=BackgroundJob.Kind.REPORT)
COMPANY_JOBS = BackgroundJob.objects.exclude(kind=BackgroundJob.Kind.REPORT)


@require(Right.VIEW_REPORTS)
@require_safe
def workbook(request: HttpRequest, pk: int) -> HttpResponse:
    job = get_object_or_404(REPORTS.all(), pk=pk)
    return _show(request, job, {"has_file": made_file(job) is not None, "keep_hours": KEEP_HOURS})


@require(Right.VIEW_REPORTS)
@require_safe
def workbook_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    path = made_file(get_object_or_404(REPORTS.all(), pk=pk))
    if path is None:
        raise Http404(f"The file was removed; made reports wait for {KEEP_HOURS} hours.")
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name)


@require(Right.MANAGE_COMPANIES)
@require_safe
def company_job(request: HttpRequest, pk: int) -> HttpResponse:
    return _show(request, get_object_or_404(COMPANY_JOBS.all(), pk=pk), {})


def _show(request: HttpRequest, job: BackgroundJob, more: dict[str, Any]) -> HttpResponse:  # Any: template context
    """The whole page; asked for by a script, the part that changes, until the job has ended."""
    context = {"job": job, **more}
    if request.headers.get("HX-Request"):
        status = 200 if job.is_open else STOP_POLLING
        return render(request, "usage/background_job_state.html", context, status=status)
    return render(request, "usage/background_job.html", context)
