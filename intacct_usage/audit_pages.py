"""The audit record as a page and as a CSV file, with the same filters in the address."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from json import dumps
from typing import Any

from django import forms
from django.core.exceptions import BadRequest
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from intacct_usage.audit.models import ACTOR_LENGTH, Action, AuditEvent, AuditEventQuerySet
from intacct_usage.lib import clock
from intacct_usage.lib.access import Right, require
from intacct_usage.lib.demo_data import demo_part
from intacct_usage.lib.listing import list_page
from intacct_usage.logs.filters import DayField
from usage.reports.cells import csv_text

LONGEST_SEARCH = 200
COLUMNS = ("Time (UTC)", "Who", "Address", "Action", "Object", "Before", "After", "Reason", "Request")


class AuditFilterForm(forms.Form):
    """Bound to the address. Days are days of the installation's zone; both ends are included."""

    action = forms.ChoiceField(required=False, choices=[("", "All actions"), *Action.choices])
    who = forms.CharField(required=False, max_length=ACTOR_LENGTH)
    q = forms.CharField(
        required=False, label="Search", max_length=LONGEST_SEARCH, widget=forms.TextInput({"type": "search"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: as Django declares it
        super().__init__(*args, **kwargs)
        self.fields["from"] = DayField("From (first day)")
        self.fields["to"] = DayField("To (last day)")

    @property
    def is_filtering(self) -> bool:
        return any(self.data.get(name) for name in self.fields)

    @property
    def query(self) -> str:
        """The filters as part of an address, without those that are empty."""
        return urlencode({name: self.data[name] for name in self.fields if self.data.get(name)})

    def events(self) -> AuditEventQuerySet:
        """What passes; nothing if a filter is not understood."""
        events = AuditEvent.objects.all()
        if not self.is_valid():
            return events.none()
        wanted = self.cleaned_data
        if wanted["action"]:
            events = events.filter(action=wanted["action"])
        if wanted["who"]:
            events = events.filter(actor__iexact=wanted["who"])
        if wanted["q"]:
            events = events.filter(Q(target__icontains=wanted["q"]) | Q(reason__icontains=wanted["q"]))
        last = wanted["to"] + timedelta(days=1) if wanted["to"] else None
        return events.between(_start_of(wanted["from"]), _start_of(last))


@require(Right.VIEW_AUDIT)
@require_safe
def events(request: HttpRequest) -> HttpResponse:
    form = AuditFilterForm(request.GET)
    listing = list_page(request, form.events(), sorts={"at": "pk"}, default_sort="-at")
    return render(
        request, "audit/events.html", {"form": form, "listing": listing, "has_any": AuditEvent.objects.exists()}
    )


@require(Right.VIEW_AUDIT)
@require_safe
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Every event that passes the filters, the oldest first; times are UTC."""
    form = AuditFilterForm(request.GET)
    if not form.is_valid():
        raise BadRequest("A filter of this address is not understood.")
    name = f"intacct-usage-audit-{timezone.localtime(clock.now()):%Y%m%d-%H%M}{demo_part()}.csv"
    return StreamingHttpResponse(
        _lines(form.events().order_by("pk")),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _lines(events: AuditEventQuerySet) -> Iterator[str]:
    yield "\ufeff" + _line(COLUMNS)
    for event in events.iterator(chunk_size=1000):
        yield _line(
            (
                event.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
                event.actor,
                event.address,
                event.get_action_display(),
                event.target,
                dumps(event.before, ensure_ascii=False) if event.before else "",
                dumps(event.after, ensure_ascii=False) if event.after else "",
                event.reason,
                event.request_id,
            )
        )


def _line(cells: tuple[str, ...]) -> str:
    return ",".join(csv_text(cell) for cell in cells) + "\r\n"


def _start_of(day: date | None) -> datetime | None:
    return None if day is None else timezone.make_aware(datetime.combine(day, time.min))
