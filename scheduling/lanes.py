"""Seats for lanes: how many work on the running run, and that each task in the queue counts once.

django-q2 delivers a task again after a crash, or in parallel when it takes long. A lane's task carries the token of
its seat; only the first one that takes the seat under this token works, all others end at once.
"""

import logging
import math
import threading
from types import TracebackType
from typing import Self

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Sum
from django.db.models.functions import Now
from django_q.conf import Conf
from django_q.tasks import async_task

from intacct_usage.lib.leases import database_time_in
from intacct_usage.lib.process_name import process_name
from scheduling import lifeline
from scheduling.log_fields import about_run
from scheduling.models import RunLane, WorkerBeat
from usage.fetching.lane import Lane
from usage.models import CompanyFetch, FetchRun

logger = logging.getLogger(__name__)

SLICE_SECONDS = 30.0
QUEUED_SECONDS = 5.0
"""How long a seat waits before it is queued anew: a worker may hold its task in memory, busy or dead."""

LANE_TIMEOUT_SECONDS = 6 * 60 * 60
"""A backstop only. A lane ends its slice itself, but companies that are being read may take long."""

WATCH_SECONDS = 0.5


def lanes_of_this_worker() -> int:
    """All its processes but one, which stays free for mails and reports."""
    return max(1, int(Conf.WORKERS) - 1)


def ensure_lanes(run: FetchRun) -> int:
    """Queue the lanes that a running run lacks; how many were queued. Safe to call from anywhere at any time."""
    if run.status != FetchRun.Status.RUNNING or run.stop_requested_at or run.halted_at:
        return 0
    seats = {seat.number: seat for seat in RunLane.objects.filter(run=run)}
    free = set(RunLane.objects.filter(run=run, lease_until__lte=Now()).values_list("number", flat=True))
    wanted = range(_lanes_wanted(run))
    return sum(_queue(run, number) for number in wanted if number not in seats or number in free)


def _lanes_wanted(run: FetchRun) -> int:
    """One until a sign-in has succeeded, then as many as the workers offer and the open companies can use."""
    if run.sign_in_proven_at is None:
        return 1
    offered = WorkerBeat.objects.alive().aggregate(lanes=Sum("lanes"))["lanes"] or 1
    waiting = CompanyFetch.objects.filter(run=run).open().count()
    return min(offered, max(1, math.ceil(waiting / settings.FETCH_CONCURRENCY)))


@transaction.atomic
def _queue(run: FetchRun, number: int) -> bool:
    """Write the seat and its task, both or neither; False if another process was faster."""
    seat, is_new = RunLane.objects.get_or_create(
        run=run, number=number, defaults={"lease_until": database_time_in(QUEUED_SECONDS)}
    )
    if not is_new:
        free = RunLane.objects.filter(pk=seat.pk, token=seat.token, lease_until__lte=Now())
        if not free.update(token=F("token") + 1, owner="", lease_until=database_time_in(QUEUED_SECONDS)):
            return False
    _enqueue(run.pk, number, seat.token if is_new else seat.token + 1)
    return True


def _enqueue(run_id: int, number: int, token: int) -> None:
    options = {"timeout": LANE_TIMEOUT_SECONDS, "save": False}
    async_task("scheduling.tasks.work_lane", run_id, number, token, q_options=options)


def work_in_seat(run_id: int, number: int, token: int, *, seconds: float = SLICE_SECONDS) -> bool:
    """Work one slice on the run and queue the next one. False, at once, if the seat is taken or given up."""
    seat = RunLane.objects.filter(run_id=run_id, number=number, token=token)
    owner = process_name()
    if RunLane.objects.filter(owner=owner, lease_until__gt=Now()).count() >= lanes_of_this_worker():
        seat.filter(owner="").delete()  # one process stays free for mails; the next step offers the seat to others
        return False
    if lifeline.is_cut() or not seat.filter(owner="").update(owner=owner, lease_until=_lease()):
        return False
    try:
        run = FetchRun.objects.running().filter(pk=run_id).first()
        if run is not None:
            lane = Lane(run, seconds=seconds)
            with about_run(run_id), SeatKeeper(run_id, number, token, lane=lane):
                lane.work()
    except DatabaseError:
        connection.close()  # what follows needs a new one
        raise
    finally:
        _go_on_or_leave(run_id, number, token)
    return True


def _lease() -> object:
    return database_time_in(settings.LEASE_SECONDS)


@transaction.atomic
def _go_on_or_leave(run_id: int, number: int, token: int) -> None:
    seat = RunLane.objects.filter(run_id=run_id, number=number, token=token)
    run = FetchRun.objects.running().filter(pk=run_id, stop_requested_at=None, halted_at=None).first()
    goes_on = run is not None and not lifeline.is_cut() and number < _lanes_wanted(run)
    if not goes_on:
        seat.delete()
    elif seat.update(token=token + 1, owner="", lease_until=database_time_in(QUEUED_SECONDS)):
        _enqueue(run_id, number, token + 1)


class SeatKeeper:
    """Renews the lease of a seat while its lane works, and stops the lane when the seat is lost or the worker ends."""

    def __init__(self, run_id: int, number: int, token: int, *, lane: Lane) -> None:
        self._seat = RunLane.objects.filter(run_id=run_id, number=number, token=token)
        self._lane = lane
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"seat-{number}-of-run-{run_id}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join(settings.LEASE_SECONDS)

    def _keep(self) -> None:
        until_renewal = 0.0
        try:
            while not self._ended.wait(WATCH_SECONDS):
                until_renewal -= WATCH_SECONDS
                if lifeline.is_cut():
                    return self._lane.stop()
                if until_renewal <= 0:
                    until_renewal = settings.LEASE_SECONDS / 4
                    if not self._renew():
                        return self._lane.stop()
        finally:
            connection.close()
        return None

    def _renew(self) -> bool:
        """False once the seat is lost; a database that fails for a moment is asked again next time."""
        try:
            return bool(self._seat.update(lease_until=_lease()))
        except DatabaseError:
            logger.warning("The lease of a lane could not be renewed; it is tried again", exc_info=True)
            connection.close()
            return True
