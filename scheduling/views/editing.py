"""Create, edit and delete schedules, with what they would do shown while typing."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from intacct_usage.lib.access import Right, require
from scheduling.form_preview import estimate_of, preview_of
from scheduling.forms.schedule import ScheduleForm
from scheduling.models import Occurrence, Schedule, ScheduleLockedError
from scheduling.reminders import forget, remember
from scheduling.schedules import delete_schedule
from usage.fetching.needs import fetch_needs
from usage.views.once import once

PAGE = "scheduling:schedules"


@require(Right.MANAGE_SCHEDULES)
@require_http_methods(["GET", "HEAD", "POST"])
@once(PAGE)
def create(request: HttpRequest) -> HttpResponse:
    form = ScheduleForm(request.POST or None)
    if form.is_valid() and form.save(by=request.user.get_username()):
        return _saved(request, form.schedule)
    return _show(request, form)


@require(Right.MANAGE_SCHEDULES)
@require_http_methods(["GET", "HEAD", "POST"])
@once(PAGE)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """An enabled schedule is not edited: its page offers to disable it first, and a form sent anyway is refused."""
    schedule = get_object_or_404(Schedule, pk=pk)
    form = ScheduleForm(request.POST or None, schedule=schedule)
    try:
        schedule.check_unlocked("edited", running_counts=False)
        if form.is_valid() and form.save(by=request.user.get_username()):
            return _saved(request, form.schedule)
    except ScheduleLockedError as refusal:
        return render(request, "scheduling/locked.html", {"schedule": schedule, "reason": refusal.message}, status=409)
    return _show(request, form)


@require(Right.MANAGE_SCHEDULES)
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """What the form would do as it stands, for the parts of the page that follow the typing. Saves nothing."""
    form = _typed(request)
    form.is_valid()
    return render(request, "scheduling/form_preview.html", {**_preview(form), "swap": True})


@require(Right.MANAGE_SCHEDULES)
@require_POST
def sizes(request: HttpRequest) -> HttpResponse:
    """About how large the attachments would be; apart from the preview because it adds up the whole period."""
    form = _typed(request)
    form.is_valid()
    estimate = estimate_of(form)
    total = sum(estimate.values())
    return render(request, "scheduling/report_sizes.html", {"total_bytes": total, "count": len(estimate)})


@require(Right.MANAGE_SCHEDULES)
@require_http_methods(["GET", "HEAD", "POST"])
@once(PAGE)
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    schedule = get_object_or_404(Schedule, pk=pk)
    try:
        schedule.check_unlocked("deleted")
        if request.method == "POST":
            delete_schedule(schedule, by=request.user.get_username())
            forget(request.session, pk)
            messages.success(request, f"“{schedule}” was deleted. Its runs stay in the history.")
            return redirect(PAGE)
    except ScheduleLockedError as refusal:
        return render(request, "scheduling/locked.html", {"schedule": schedule, "reason": refusal.message}, status=409)
    runs = Occurrence.objects.filter(schedule=schedule).count()
    return render(request, "scheduling/delete.html", {"schedule": schedule, "runs": runs})


def _typed(request: HttpRequest) -> ScheduleForm:
    """The form as typed so far; it may belong to a stored schedule, whose own name is not taken."""
    pk = request.POST.get("schedule", "")
    stored = Schedule.objects.filter(pk=int(pk)).first() if pk.isascii() and pk.isdecimal() and len(pk) < 19 else None
    return ScheduleForm(request.POST, schedule=stored)


def _saved(request: HttpRequest, schedule: Schedule) -> HttpResponse:
    remember(request.session, schedule)
    messages.success(request, f"“{schedule}” is saved. It is disabled: enable it to let it run.")
    return redirect(PAGE)


def _show(request: HttpRequest, form: ScheduleForm) -> HttpResponse:
    """The form with its preview; a form that was not sent is previewed with the values it offers."""
    shown = (
        form if form.is_bound else ScheduleForm(_offered(form), schedule=form.schedule if form.schedule.pk else None)
    )
    shown.is_valid()
    context = {**_preview(shown), "form": form, "schedule": form.schedule, "needs": fetch_needs()}
    return render(request, "scheduling/form.html", context)


def _offered(form: ScheduleForm) -> "dict[str, object]":
    """What the browser would send if nothing was changed."""
    values = {bound.html_name: bound.value() for bound in form}
    return {name: value for name, value in values.items() if value not in (None, False)}


def _preview(form: ScheduleForm) -> dict[str, object]:
    found = preview_of(form)
    return {"preview": found, "next_runs": found.next_runs}
