"""The page of one schedule: how it is set, its next runs, its last ones."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from intacct_usage.lib import clock
from intacct_usage.lib.access import Right, require
from scheduling.form_preview import RUNS_SHOWN, NextRuns
from scheduling.forms.timing import in_zone
from scheduling.models import Occurrence, Schedule
from scheduling.occurrences import parameters_of
from scheduling.recurrence import RecurrenceError, upcoming
from scheduling.run_details import RunDetails
from scheduling.schedule_rows import schedule_rows
from scheduling.views.listing import rights_of

LAST_RUNS_SHOWN = 10


@require(Right.VIEW_REPORTS)
@require_safe
def schedule(request: HttpRequest, pk: int) -> HttpResponse:
    """For everybody who may see runs; an enabled schedule can be looked at without disabling it."""
    shown = get_object_or_404(Schedule.objects.select_related("query_filter"), pk=pk)
    [row] = schedule_rows([shown])
    occurrences = Occurrence.objects.filter(schedule=shown).select_related("run")[:LAST_RUNS_SHOWN]
    context = {
        **rights_of(request),
        "row": row,
        "schedule": shown,
        "parameters": parameters_of(shown),
        "next_runs": _next_runs(shown),
        "runs": [RunDetails(occurrence.run, occurrence) for occurrence in occurrences],
    }
    return render(request, "scheduling/schedule.html", context)


def _next_runs(schedule: Schedule) -> NextRuns:
    try:
        recurrence = schedule.recurrence
    except RecurrenceError as error:
        return NextRuns(schedule.timing_in_words, (), schedule.zone, [("Timing", error.message)])
    moments = upcoming(recurrence, clock.now(), RUNS_SHOWN)
    return NextRuns(schedule.timing_in_words, [in_zone(moment, schedule.zone) for moment in moments], schedule.zone)
