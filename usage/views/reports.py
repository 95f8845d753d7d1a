"""The Reports page, the downloads and the chart's figures as CSV."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from intacct_usage.lib import clock
from intacct_usage.lib.access import Right, require
from intacct_usage.lib.refusals import NotUnderstoodError
from usage.analysis.breakdown import filter_breakdown, top_companies, top_partners
from usage.analysis.charts import monthly_usage
from usage.analysis.error_summary import error_summary
from usage.background_work import ask_for_report
from usage.fetching.needs import fetch_needs
from usage.forms.report_scope import NOT_VALID, ReportScopeForm
from usage.periods import PeriodPreset
from usage.reports import (
    ReportFormat,
    ReportKind,
    ReportScope,
    coverage,
    report_file_name,
    row_count,
    row_counts,
    stream_csv,
    write_report,
)
from usage.reports.totals import totals_by_company
from usage.views.chart_data import chart_context, chart_csv_response, chart_picture
from usage.views.once import limit_tries, once

TOP_ROWS = 10
LARGE_WORKBOOK_ROWS = 50_000
"""From so many rows on a workbook takes longer than people wait for a page; the worker makes it."""
ABOUT_KINDS = {
    ReportKind.DETAILED: "Every API usage record with full details",
    ReportKind.SUMMARY: "Totals by company and filter, with a total row",
    ReportKind.EXCEPTIONS: "Companies that had errors or returned no data",
}


@require(Right.VIEW_REPORTS)
@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    form = ReportScopeForm(request.GET)
    if not form.is_valid():
        return render(request, "usage/reports.html", {"form": form, "presets": _presets(form)}, status=400)
    scope = form.scope
    by_company, known, errors = totals_by_company(scope), coverage(scope), error_summary(scope)
    return render(
        request,
        "usage/reports.html",
        {
            "form": form,
            "scope": scope,
            "scope_query": _scope_parameters(request),
            "period_has_begun": scope.period.has_begun(clock.today()),
            "known": known,
            "known_is_stale": known.is_stale(clock.now()),
            "presets": _presets(form),
            "downloads": _downloads(request, row_counts(scope, by_company)),
            **chart_context(monthly_usage(scope, clock.today()), _measure(request), _view(request)),
            "chart_csv": f"{reverse('usage:chart_csv')}?{_scope_parameters(request)}".rstrip("?"),
            "picture": chart_picture(scope.filter_name, scope.period.label, data_as_of=known.data_as_of),
            "breakdown": filter_breakdown(scope, by_company),
            "errors": errors,
            "needs": fetch_needs() if errors else None,
            "top_companies": top_companies(by_company, TOP_ROWS),
            "top_partners": top_partners(scope, TOP_ROWS),
        },
    )


@require(Right.VIEW_REPORTS)
@require_safe
def download(request: HttpRequest, report: str, extension: str) -> HttpResponseBase:
    """One report as a file. CSV is streamed while it is read; a workbook is written whole, then sent and removed."""
    if report not in ReportKind.values or extension not in ReportFormat.values:
        raise Http404
    kind, report_format = ReportKind(report), ReportFormat(extension)
    scope = scope_or_refuse(request)
    name = report_file_name(kind, report_format, scope, clock.today())
    if report_format is ReportFormat.XLSX:
        return _workbook(kind, scope, name)
    return StreamingHttpResponse(
        stream_csv(kind, scope),
        content_type=report_format.media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require(Right.VIEW_REPORTS)
@require_safe
def chart_csv(request: HttpRequest) -> HttpResponse:
    """The table of the usage chart, transactions and records, one column for each filter."""
    return chart_csv_response(monthly_usage(scope_or_refuse(request), clock.today()))


@require(Right.VIEW_REPORTS)
@require_POST
@once("usage:reports")
def make_workbook(request: HttpRequest, report: str) -> HttpResponse:
    """Have the worker make a large workbook of the scope in the address, and show how far it is."""
    if report not in ReportKind.values:
        raise Http404
    limit_tries(request, "large workbooks")
    kind, scope = ReportKind(report), scope_or_refuse(request)
    by = request.user.get_username()
    job = ask_for_report(kind, ReportFormat.XLSX, scope, asked_by=by, rows=row_count(kind, scope))
    return redirect("usage:workbook", job.pk)


def scope_or_refuse(request: HttpRequest) -> ReportScope:
    """The filter and range of the address. Raises NotUnderstoodError."""
    form = ReportScopeForm(request.GET)
    if not form.is_valid():
        raise NotUnderstoodError(NOT_VALID)
    return form.scope


def _workbook(kind: ReportKind, scope: ReportScope, name: str) -> FileResponse:
    folder = Path(settings.DATA_DIR) / "downloads"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        path = Path(scratch) / "report.xlsx"
        write_report(kind, ReportFormat.XLSX, scope, path, generated_at=clock.now())
        file = path.open("rb")  # stays readable after the folder is gone, and leaves nothing behind
    return FileResponse(file, as_attachment=True, filename=name, content_type=ReportFormat.XLSX.media_type)


def _presets(form: ReportScopeForm) -> list[dict[str, Any]]:  # Any: template context
    active = form.active_preset if form.is_valid() else ""
    return [{"value": one.value, "label": one.label, "current": one.value == active} for one in PeriodPreset]


def _downloads(request: HttpRequest, rows: dict[ReportKind, int]) -> Iterator[dict[str, Any]]:  # Any: template context
    """Each report with the rows it has now and its two addresses, which carry the page's filter and range."""
    for kind in ReportKind:
        addresses = [
            (one, f"{reverse('usage:download', args=[kind.value, one.value])}?{_scope_parameters(request)}")
            for one in ReportFormat
        ]
        yield {
            "kind": kind,
            "about": ABOUT_KINDS[kind],
            "rows": rows[kind],
            "files": [{"format": one, "address": address.rstrip("?")} for one, address in addresses],
            "is_large": rows[kind] >= LARGE_WORKBOOK_ROWS,
        }


def _scope_parameters(request: HttpRequest) -> str:
    parameters = request.GET.copy()
    for name in list(parameters):
        if name not in ("filter", "from", "to", "complete_months", "preset"):
            del parameters[name]
    return parameters.urlencode()


def _measure(request: HttpRequest) -> str:
    return "records" if request.GET.get("measure") == "records" else "transactions"


def _view(request: HttpRequest) -> str:
    """“line” or “stacked” if the address asks for one of them."""
    asked = request.GET.get("view", "")
    return asked if asked in ("line", "stacked") else ""
