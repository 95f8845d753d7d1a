"""What people do to a schedule in the list: enable, disable, run now, stop, put off the reminder."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from intacct_usage.lib.access import Right, may, require
from scheduling.models import Occurrence, Schedule
from scheduling.reminders import forget
from scheduling.run_requests import AlreadyRunningError, run_now, stop_occurrence
from scheduling.schedules import ScheduleRefusedError, disable_schedule, enable_schedule
from usage.fetching.runs import RunRefusedError
from usage.reports.scope import FilterGoneError
from usage.views.once import once

PAGE = "scheduling:schedules"


@require(Right.OPERATE_RUNS)
@require_POST
def enable(request: HttpRequest, pk: int) -> HttpResponse:
    schedule = get_object_or_404(Schedule, pk=pk)
    try:
        enable_schedule(schedule, by=request.user.get_username())
    except ScheduleRefusedError as refusal:
        messages.error(request, refusal.message)
    else:
        forget(request.session, pk)
        messages.success(request, f"“{schedule}” is enabled. {schedule.timing_in_words}.")
    return _back(request, schedule)


@require(Right.OPERATE_RUNS)
@require_POST
def disable(request: HttpRequest, pk: int) -> HttpResponse:
    """`then=edit` goes on to the form, for those who may edit."""
    schedule = get_object_or_404(Schedule, pk=pk)
    disable_schedule(schedule, by=request.user.get_username())
    if request.POST.get("then") == "edit" and may(request.user, Right.MANAGE_SCHEDULES):
        messages.info(request, f"“{schedule}” is disabled while you edit it. Enable it again when you are done.")
        return redirect("scheduling:edit_schedule", pk)
    messages.success(request, f"“{schedule}” is disabled. A run that is going on goes on.")
    return _back(request, schedule)


@require(Right.OPERATE_RUNS)
@require_POST
@once(PAGE)
def start(request: HttpRequest, pk: int) -> HttpResponse:
    """Run now; its own times stay as they are."""
    schedule = get_object_or_404(Schedule, pk=pk)
    try:
        occurrence = run_now(schedule, by=request.user.get_username())
    except (RunRefusedError, AlreadyRunningError, FilterGoneError) as refusal:
        messages.error(request, refusal.message)
    else:
        what = f"{occurrence.run} of “{schedule}”" if occurrence.run else f"Sending the reports of “{schedule}”"
        messages.success(request, f"{what} has started.")
    return _back(request, schedule)


@require(Right.OPERATE_RUNS)
@require_POST
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    schedule = get_object_or_404(Schedule, pk=pk)
    occurrence = Occurrence.objects.open().filter(schedule=schedule).select_related("run").first()
    if occurrence is None or not stop_occurrence(occurrence, by=request.user.get_username()):
        messages.info(request, f"“{schedule}” has ended or is being stopped already.")
    else:
        messages.success(request, f"Stopping “{schedule}”. Companies that were finished keep their new data.")
    return _back(request, schedule)


@require(Right.VIEW_REPORTS)
@require_POST
def remind_no_more(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the reminder away; it belongs to the session of the person who saved the schedule."""
    forget(request.session, pk)
    return redirect(PAGE)


def _back(request: HttpRequest, schedule: Schedule) -> HttpResponseRedirect:
    """To the page the button was on, at the schedule's row; only to pages of this site."""
    wanted = request.POST.get("back", "")
    if not wanted.startswith("/") or not url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        wanted = reverse(PAGE)
    return HttpResponseRedirect(f"{wanted}#schedule-{schedule.pk}")
