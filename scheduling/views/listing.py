"""The Schedules page, and the rows of it that changed."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from intacct_usage.lib.access import Right, may, require
from intacct_usage.lib.listing import PAGE_SIZES, list_page
from intacct_usage.lib.refusals import NotUnderstoodError
from notifications.models import EmailConfiguration
from scheduling.forms.filters import ScheduleListForm
from scheduling.models import Schedule, WorkerBeat
from scheduling.reminders import to_enable
from scheduling.schedule_rows import is_lively, marked_rows, schedule_rows
from usage.fetching.needs import fetch_needs

SORTS = {"name": "name_key", "next": "next_run_at", "enabled": "enabled"}
MOST_MARKS = PAGE_SIZES[-1]


@require(Right.VIEW_REPORTS)
@require_safe
def schedules(request: HttpRequest) -> HttpResponse:
    """Every schedule with its status, next and last run."""
    form = ScheduleListForm(request.GET)
    listing = list_page(request, form.schedules(), sorts=SORTS, default_sort="name")
    rows = schedule_rows(listing.page.object_list)
    context = {
        **rights_of(request),
        "form": form,
        "listing": listing,
        "rows": rows,
        "lively": is_lively(rows),
        "reminders": to_enable(request.session),
        "emails_missing": not listing.total and not EmailConfiguration.objects.exists(),
        "worker_is_missing": _worker_is_missing(),
    }
    return render(request, "scheduling/schedules.html", context)


@require(Right.VIEW_REPORTS)
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The rows of a page that changed since; the page says which it shows, and in what state (`row=<id>.<mark>`)."""
    marks = _marks(request)
    rows, changed, gone = marked_rows(marks)
    context = {
        **rights_of(request),
        "rows": rows,
        "changed": changed,
        "gone": gone,
        "lively": is_lively(rows),
    }
    return render(request, "scheduling/schedules_live.html", context)


def rights_of(request: HttpRequest) -> dict[str, Any]:  # Any: template context
    """What the person may do here and what fetching waits for, for templates of rows that are rendered many times."""
    return {
        "may_operate": may(request.user, Right.OPERATE_RUNS),
        "may_manage": may(request.user, Right.MANAGE_SCHEDULES),
        "needs": fetch_needs(),
    }


def _marks(request: HttpRequest) -> Mapping[int, str]:
    marks: dict[int, str] = {}
    for text in request.GET.getlist("row")[:MOST_MARKS]:
        pk, dot, mark = text.partition(".")
        if not (dot and pk.isascii() and pk.isdecimal() and len(pk) < 19):
            raise NotUnderstoodError("A row of this address is not understood.")
        marks[int(pk)] = mark
    return marks


def _worker_is_missing() -> bool:
    return Schedule.objects.enabled().exists() and not WorkerBeat.objects.alive().exists()
