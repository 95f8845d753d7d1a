"""Schedules and how they do; running one is the only thing the API can do besides reading."""

from django.http import Http404, HttpRequest
from ninja import Query, Router, Status
from ninja.errors import HttpError

from intacct_usage.api.access import MAY_RUN, RUN_LIMIT, token_of
from intacct_usage.api.paging import Page, PageQuery, cursor, cut, id_after
from intacct_usage.api.schemas import PROBLEMS, Problem, ScheduleOut, Started
from scheduling.models import Schedule
from scheduling.run_requests import AlreadyRunningError, run_now
from scheduling.schedule_status import ScheduleLine, with_status
from usage.fetching.runs import RunRefusedError

router = Router(tags=["schedules"])


@router.get("", response={200: Page[ScheduleOut], PROBLEMS: Problem}, operation_id="list_schedules")
def list_schedules(request: HttpRequest, query: Query[PageQuery]) -> Page[ScheduleOut]:
    """Schedules with their status, as on the Schedules page."""
    rows = Schedule.objects.order_by("pk")
    after = id_after(query)
    if after is not None:
        rows = rows.filter(pk__gt=after)
    page, following = cut(with_status(rows[: query.limit + 1]), query.limit, lambda line: cursor(line.schedule.pk))
    return Page(items=[_out(line) for line in page], next=following)


@router.post(
    "/{int:schedule_id}/run",
    response={202: Started, PROBLEMS | {409}: Problem},
    operation_id="run_schedule",
    auth=MAY_RUN,
    throttle=RUN_LIMIT,
)
def run_schedule(request: HttpRequest, schedule_id: int) -> Status[Started]:
    """Run a schedule now, enabled or not, with what it is set to. Needs the scope “run”.

    202: it was queued; `run` is to be watched at /runs/{run}. 409: it runs already, or there is nothing it could do;
    so asking twice starts one.
    """
    schedule = Schedule.objects.filter(pk=schedule_id).first()
    if schedule is None:
        raise Http404
    try:
        occurrence = run_now(schedule, by=token_of(request).acting)
    except (AlreadyRunningError, RunRefusedError) as error:
        raise HttpError(409, error.message) from error
    message = f"The schedule “{schedule}” was started."
    return Status(202, Started(schedule=schedule.name, run=occurrence.run_id, message=message))


def _out(line: ScheduleLine) -> ScheduleOut:
    schedule = line.schedule
    return ScheduleOut(
        id=schedule.pk,
        name=schedule.name,
        enabled=schedule.enabled,
        timing=schedule.timing_in_words,
        zone=schedule.zone,
        filter=schedule.filter_name,
        mode=schedule.mode,
        next_run_at=schedule.next_run_at,
        status=line.status.word.value,
        status_detail=line.status.detail,
    )
