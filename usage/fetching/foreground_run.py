"""Works a fetch run in this process, without a worker: what `manage.py fetch_usage` does."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from django.db.models import Count, Q

from usage.fetching.claims import in_work
from usage.fetching.lane import Lane
from usage.fetching.runs import finish_run, request_stop, start_next_run
from usage.models import CompanyFetch, FetchRun

QUEUE_LOOK_SECONDS = 1.0
PROGRESS_SECONDS = 0.5
SLICE_SECONDS = 5.0


def work_in_foreground(
    run: FetchRun, *, on_progress: Callable[[int, int, int], None], on_queued: Callable[[FetchRun], None]
) -> FetchRun:
    """Wait for the run's turn, work it to its end and return it as it ended.

    `on_progress` gets companies done, failed and total. An interrupt (Ctrl-C or SIGTERM) stops the run cleanly:
    finished companies are kept, the others keep their old records.
    """
    interrupted = threading.Event()
    with _stop_on_interrupt(run, interrupted):
        _wait_for_turn(run, on_queued)
        while _is_running(run):
            lane = Lane(run, on_progress=_seldom(lambda: on_progress(*_counts(run))))
            lane.work()
            finish_run(run.pk)
            on_progress(*_counts(run))
            if _is_running(run):  # companies are with other workers; look again when their leases may be over
                time.sleep(QUEUE_LOOK_SECONDS)
    run.refresh_from_db()
    return run


def _seldom(tell: Callable[[], None]) -> Callable[[], None]:
    """Counting all companies after each of them would cost more than storing it."""
    last = 0.0

    def tell_seldom() -> None:
        nonlocal last
        if time.monotonic() - last >= PROGRESS_SECONDS:
            tell()
            last = time.monotonic()

    return tell_seldom


@contextmanager
def _stop_on_interrupt(run: FetchRun, interrupted: threading.Event) -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        if interrupted.is_set():
            raise KeyboardInterrupt
        interrupted.set()
        request_stop(run, by="command line")

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait_for_turn(run: FetchRun, on_queued: Callable[[FetchRun], None]) -> None:
    """Also works on the run ahead when nobody else does: its process died, and there need not be a worker."""
    told = False
    while True:
        start_next_run()
        run.refresh_from_db()
        if run.status != FetchRun.Status.QUEUED:
            return
        ahead = FetchRun.objects.running().first()
        if ahead is not None and not told:
            on_queued(ahead)
            told = True
        if ahead is not None and not in_work(ahead).exists():
            Lane(ahead, seconds=SLICE_SECONDS).work()
        time.sleep(QUEUE_LOOK_SECONDS)


def _is_running(run: FetchRun) -> bool:
    return FetchRun.objects.running().filter(pk=run.pk).exists()


def _counts(run: FetchRun) -> tuple[int, int, int]:
    counts = CompanyFetch.objects.filter(run=run).aggregate(
        done=Count("pk", filter=Q(status=CompanyFetch.Status.DONE)),
        failed=Count("pk", filter=Q(status=CompanyFetch.Status.FAILED)),
        total=Count("pk"),
    )
    return counts["done"], counts["failed"], counts["total"]
