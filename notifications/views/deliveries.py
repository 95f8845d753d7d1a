"""The delivery log: every mail with its attempts, and sending one again."""

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from intacct_usage.lib.access import Right, require
from intacct_usage.lib.listing import list_page
from intacct_usage.lib.refusals import TooManyRequestsError
from notifications.forms.deliveries import DeliveryFilterForm
from notifications.models import OutgoingEmail
from notifications.outbox import recipients_again, send_again
from usage.views.once import limit_tries, once

SORTS = {
    "time": "created_at",
    "subject": "subject",
    "configuration": "configuration_name",
    "state": "state",
    "attempts": "attempts",
}
PAGE = "notifications:deliveries"
SENT_AGAIN_PER_HOUR = 20


@require(Right.SEND_REPORTS)
@require_safe
def deliveries(request: HttpRequest) -> HttpResponse:
    form = DeliveryFilterForm(request.GET)
    emails = form.emails().defer("content", "attachments")
    listing = list_page(request, emails, sorts=SORTS, default_sort="-time")
    return render(request, "notifications/deliveries.html", {"form": form, "listing": listing})


@require(Right.SEND_REPORTS)
@require_safe
def delivery(request: HttpRequest, pk: int) -> HttpResponse:
    """One mail: to whom, its messages, and what the server said at each attempt."""
    email = get_object_or_404(OutgoingEmail.objects.select_related("configuration", "resend_of"), pk=pk)
    again_to = recipients_again(email)
    context = {
        "email": email,
        "attempts": email.delivery_attempts.order_by("pk"),
        "parts": email.parts.order_by("number"),
        "resends": email.resends.order_by("pk").annotate(tries=Count("delivery_attempts")),
        "may_be_sent_again": email.can_be_sent_again() and email.configuration is not None,
        "again_to": ", ".join(again_to.addresses),
        "same_people": set(again_to.addresses) == set(email.recipients_parsed().addresses),
        "is_in_doubt": email.state in (OutgoingEmail.State.UNKNOWN, OutgoingEmail.State.PARTIAL),
    }
    return render(request, "notifications/delivery.html", context)


@require(Right.SEND_REPORTS)
@require_POST
@once(PAGE)
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Send again: queued once, however often it is pressed."""
    email = get_object_or_404(OutgoingEmail.objects.select_related("configuration"), pk=pk)
    try:
        limit_tries(request, "mails sent again", most=SENT_AGAIN_PER_HOUR)
        copy = send_again(email, request.user.get_username())
    except (ValueError, TooManyRequestsError) as refusal:
        messages.error(request, str(refusal))
        return redirect("notifications:delivery", pk=pk)
    messages.success(request, f"“{copy.subject}” is queued once more.")
    return redirect("notifications:delivery", pk=copy.pk)
