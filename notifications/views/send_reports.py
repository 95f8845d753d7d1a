"""Send Reports: the form with its preview, and what became of a request."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from intacct_usage.lib.access import Right, require
from intacct_usage.lib.refusals import NotUnderstoodError, TooManyRequestsError
from notifications.forms.send_reports import SendReportsForm
from notifications.models import EmailConfiguration, OutgoingEmail, ReportRequest
from notifications.report_delivery import estimated_sizes, preview
from notifications.report_requests import ask_for_reports, emails_of
from usage.forms.report_scope import NOT_VALID, ReportScopeForm
from usage.periods import ALL_DATA, PeriodPreset
from usage.views.once import once

STOP_POLLING = 286


@require(Right.SEND_REPORTS)
@require_http_methods(["GET", "HEAD", "POST"])
@once("notifications:send_reports")
def send_reports(request: HttpRequest) -> HttpResponse:
    """The address may hold the scope of the reports page; Preview shows what would be sent, Send sends it."""
    if request.method != "POST":
        return render(request, "notifications/send_reports.html", _handed_over(request))
    form = SendReportsForm(request.POST)
    context: dict[str, Any] = {"form": form, "has_configurations": EmailConfiguration.objects.exists()}  # Any: context
    if form.is_valid():
        asked_by = request.user.get_username()
        if "preview" in request.POST:
            return render(request, "notifications/send_reports.html", context | _preview(form, asked_by))
        try:
            asked = ask_for_reports(
                form.cleaned_data["configurations"], form.kinds, form.chosen_format, form.scope, asked_by=asked_by
            )
        except TooManyRequestsError as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("notifications:report_request", pk=asked.pk)
    return render(request, "notifications/send_reports.html", context)


@require(Right.SEND_REPORTS)
@require_safe
def report_request(request: HttpRequest, pk: int) -> HttpResponse:
    """The result for each configuration; refreshed by itself until every mail has ended."""
    asked = get_object_or_404(ReportRequest.objects.select_related("query_filter"), pk=pk)
    emails = emails_of(asked)
    is_open = asked.is_open or any(email.state in OutgoingEmail.OPEN_STATES for email in emails)
    context = {"asked": asked, "emails": emails, "is_open": is_open}
    if request.headers.get("HX-Request"):
        status = 200 if is_open else STOP_POLLING
        return render(request, "notifications/report_request_state.html", context, status=status)
    return render(request, "notifications/report_request.html", context)


def _handed_over(request: HttpRequest) -> dict[str, Any]:  # Any: template context
    """The form with the scope of the address in its fields: it shows what is sent. Raises NotUnderstoodError."""
    handed = ReportScopeForm(request.GET)
    if not handed.is_valid():
        raise NotUnderstoodError(NOT_VALID)
    preset = handed.active_preset
    return {
        "form": SendReportsForm(initial=handed.values_with_days()),
        "has_configurations": EmailConfiguration.objects.exists(),
        "preset": PeriodPreset(preset).label if preset and handed.days != ALL_DATA else "",
    }


def _preview(form: SendReportsForm, asked_by: str) -> dict[str, Any]:  # Any: template context
    mailing = form.mailing(asked_by)
    subject, _ = preview(mailing)
    sizes = [(kind.label, size) for kind, size in estimated_sizes(mailing).items()]
    chosen = form.cleaned_data["configurations"]
    people = [(one.name, one.recipients) for one in chosen]
    return {"preview": {"subject": subject, "sizes": sizes, "people": people}}
