"""Everything that has to happen by itself, in one step that may run anywhere, at any time and several times at once.

Signals and queue entries are hints that can be lost; what they would have started is found here again.
"""

import logging
from collections.abc import Callable

from django.db import DatabaseError

from notifications.tasks import look_after_outbox
from scheduling.clock_watch import note_time
from scheduling.database_clock import database_now
from scheduling.dispatch import dispatch_due
from scheduling.lanes import ensure_lanes
from scheduling.log_fields import about_run
from scheduling.models import RunLane
from scheduling.pipeline import queue_waiting_reports, settle_fetched
from scheduling.pruning import prune_now_and_then
from usage.background_jobs import revive_lost_jobs
from usage.fetching.claims import put_back_lost
from usage.fetching.runs import finish_run, start_next_run
from usage.models import FetchRun

logger = logging.getLogger(__name__)


def tick(*, thoroughly: bool = True) -> None:
    """One step. `thoroughly` also looks for what died: mails, jobs, lanes of ended runs.

    A part that fails leaves the others alone; trouble with the database ends the step and is raised.
    """
    for part in (*QUICK_PARTS, *(THOROUGH_PARTS if thoroughly else ())):
        try:
            part()
        except DatabaseError:
            raise
        except Exception:
            logger.exception("A part of the regular work failed: %s", part.__name__)


def fire_schedules() -> None:
    now = database_now()
    note_time(now)
    dispatch_due(now)


def drive_runs() -> None:
    """Start the next run if none is running, give the running one its lanes, and end it if it is over or to stop."""
    ahead = FetchRun.objects.open().order_by("pk").first()
    if ahead is None:
        return
    with about_run(ahead.pk):
        start_next_run()
        run = FetchRun.objects.running().first()
        if run is not None and finish_run(run.pk) is None:
            ensure_lanes(run)


def follow_up_runs() -> None:
    settle_fetched()


def queue_reports() -> None:
    """Of Reports Only, and of those whose worker died."""
    queue_waiting_reports()


def put_lost_companies_back() -> None:
    put_back_lost()


def revive_background_jobs() -> None:
    revive_lost_jobs()


def clear_seats() -> None:
    RunLane.objects.exclude(run__status=FetchRun.Status.RUNNING).delete()


def remove_what_is_past_its_time() -> None:
    prune_now_and_then()


QUICK_PARTS: tuple[Callable[[], None], ...] = (fire_schedules, drive_runs, follow_up_runs, queue_reports)
THOROUGH_PARTS: tuple[Callable[[], None], ...] = (
    put_lost_companies_back,
    look_after_outbox,
    revive_background_jobs,
    clear_seats,
    remove_what_is_past_its_time,
)
