"""Notifications: the email configurations, their forms, Test and Delete."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import ProtectedError, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from intacct_usage.lib import clock
from intacct_usage.lib.access import Right, require
from intacct_usage.lib.typed_numbers import typed_number
from notifications.email_configurations import (
    ConfigurationError,
    FailedTestError,
    as_new,
    save_after_test,
    test_saved,
)
from notifications.forms.email_configuration import FORMS, ConfigurationForm
from notifications.mail_test_limits import TooManyTestsError
from notifications.models import EmailConfiguration, OutgoingEmail
from notifications.models.email_configuration import SECRET_REMINDER_DAYS
from notifications.recipients import RecipientsError
from notifications.stages import SendResult, send_result
from notifications.uses import uses_of
from usage.models import OutboundProxy
from usage.views.once import once

PAGE = "notifications:notifications"
LATEST = 8


@require(Right.SEND_REPORTS)
@require_safe
def notifications(request: HttpRequest) -> HttpResponse:
    """The list, the result of a test that was just sent, and the latest deliveries."""
    configurations = list(EmailConfiguration.objects.all())
    uses = uses_of([one.pk for one in configurations])
    context = {
        "rows": [_row(one, uses[one.pk]) for one in configurations],
        "result": _tested(request),
        "latest": OutgoingEmail.objects.defer("content", "attachments")[:LATEST],
    }
    return render(request, "notifications/list.html", context)


@require(Right.MANAGE_NOTIFICATIONS)
@require_http_methods(["GET", "HEAD", "POST"])
@once(PAGE)
def add(request: HttpRequest, provider: str) -> HttpResponse:
    if provider not in FORMS:
        raise Http404
    return _edit(request, EmailConfiguration(provider=provider))


@require(Right.MANAGE_NOTIFICATIONS)
@require_http_methods(["GET", "HEAD", "POST"])
@once(PAGE)
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _edit(request, get_object_or_404(EmailConfiguration, pk=pk))


@require(Right.MANAGE_NOTIFICATIONS)
@require_POST
@once(PAGE)
def test(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Test: a mail with the saved values; its result is shown above the list and kept in the delivery log."""
    configuration = get_object_or_404(EmailConfiguration, pk=pk)
    try:
        email = test_saved(configuration, asked_by=request.user.get_username())
    except TooManyTestsError as refusal:
        messages.error(request, refusal.message)
        return redirect(PAGE)
    return _show_result(email)


@require(Right.MANAGE_NOTIFICATIONS)
@require_POST
@once(PAGE)
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Refused while a schedule uses it. The delivery log keeps what was sent."""
    configuration = get_object_or_404(EmailConfiguration, pk=pk)
    uses = uses_of([configuration.pk])[configuration.pk]
    names = ", ".join(dict.fromkeys(f"“{use.name}”" for use in uses))
    try:
        configuration.delete()
    except ProtectedError:
        users = f"the schedule{'s' if names.count('“') > 1 else ''} {names}" if names else "a schedule"
        messages.error(request, f"“{configuration}” is used by {users}. Take it out there first, then delete it.")
    else:
        messages.success(request, f"“{configuration}” is deleted. The delivery log keeps what was sent through it.")
    return redirect(PAGE)


def _edit(request: HttpRequest, configuration: EmailConfiguration) -> HttpResponse:
    form = FORMS[configuration.provider](request.POST or None, instance=configuration)
    result: SendResult | None = None
    if form.is_valid():
        wanted = form.instance
        if "save_as_new" in request.POST:
            wanted = as_new(wanted, wanted.name)
            wanted.secret_expires_on = form.instance.secret_expires_on  # typed for the secret that is entered anew
        try:
            email = save_after_test(wanted, secret=form.typed_secret, asked_by=request.user.get_username())
        except ConfigurationError as refusal:
            form.take_problems(refusal)
        except FailedTestError as failure:
            result = send_result(failure.email, wanted)
        except TooManyTestsError as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, f"“{wanted}” is saved: its test mail was sent.")
            for warning in _recipient_warnings(wanted):
                messages.warning(request, warning)
            return _show_result(email)
    elif form.is_bound:
        form.name_all_problems()
    form.keep_typed()
    return render(request, "notifications/edit.html", _form_context(form, result))


def _form_context(form: ConfigurationForm, result: SendResult | None) -> dict[str, Any]:  # Any: template context
    proxy = OutboundProxy.current()
    stored = None if form.instance._state.adding else EmailConfiguration.objects.get(pk=form.instance.pk)
    return {
        "form": form,
        "stored": stored,
        "result": result,
        "warnings": _recipient_warnings(form.instance) if stored or form.is_bound else [],
        "proxy_is_on": bool(proxy and proxy.enabled),
    }


def _recipient_warnings(configuration: EmailConfiguration) -> list[str]:
    try:
        return configuration.recipients.warnings
    except RecipientsError:
        return []


def _row(configuration: EmailConfiguration, uses: list[Any]) -> dict[str, Any]:  # Any: template context
    days_left = configuration.secret_days_left(clock.today())
    return {
        "configuration": configuration,
        "recipients": len(configuration.recipients),
        "uses": uses,
        "secret_days_left": days_left if days_left is not None and days_left <= SECRET_REMINDER_DAYS else None,
    }


def _show_result(email: OutgoingEmail) -> HttpResponse:
    return redirect(f"{reverse(PAGE)}?tested={email.pk}")


def _tested(request: HttpRequest) -> SendResult | None:
    """The test that the address names, if there is one."""
    tests: QuerySet[OutgoingEmail] = OutgoingEmail.objects.filter(kind=OutgoingEmail.Kind.TEST)
    asked = typed_number(request.GET.get("tested", ""))
    email = tests.select_related("configuration").filter(pk=asked).first() if asked is not None else None
    return send_result(email) if email else None
