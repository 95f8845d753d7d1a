"""Long work that people ask for on pages: written down, done by the worker with progress, found again if lost."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import F
from django_q.tasks import async_task

from intacct_usage.lib import clock
from usage.companies.actions import CompanyActionError
from usage.models import BackgroundJob

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(minutes=5)
TIMEOUT_SECONDS: Final = 60 * 60
MOST_ATTEMPTS: Final = 3
SECONDS_BETWEEN_NOTES: Final = 0.5
LOST_AFTER: Final = timedelta(minutes=1)
GIVEN_UP: Final = "The worker ended three times while it was at this. The log holds the details."
NOT_DONE: Final = "It could not be done ({reason}). The log holds the details."

Progress = Callable[[int, int], None]
"""Called with what is done and the total; raises JobLostError when this attempt does not count any more."""
Work = Callable[[BackgroundJob, Progress], str]
"""Does a job and says what came of it, for people. Safe to repeat: an attempt may have died halfway."""


class JobLostError(Exception):
    """Another attempt has taken over."""


class JobRefusedError(Exception):
    """A job that cannot be done any more; `message` says why."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


def ask_for_job(
    kind: BackgroundJob.Kind,
    parameters: dict[str, Any],  # Any: JSON
    *,
    asked_by: str,
    total: int = 0,
) -> BackgroundJob:
    """Write the job down and wake the worker, both or neither."""
    with transaction.atomic():
        job = BackgroundJob.objects.create(kind=kind, parameters=parameters, asked_by=asked_by[:150], total=total)
        _wake(job.pk)
    return job


def work_at(job_id: int, works: dict[str, Work]) -> bool:
    """Do a job. Safe to deliver twice: only the first claim works. False if there was nothing to claim."""
    claimed = BackgroundJob.objects.claimable().filter(pk=job_id)
    state = BackgroundJob.State.WORKING
    if not claimed.update(state=state, lease_until=clock.now() + LEASE, attempts=F("attempts") + 1):
        return False
    job = BackgroundJob.objects.get(pk=job_id)
    if job.attempts > MOST_ATTEMPTS:
        _end(job, BackgroundJob.State.FAILED, GIVEN_UP)
        return True
    try:
        message = works[job.kind](job, _Notes(job))
    except (CompanyActionError, JobRefusedError) as refusal:
        _end(job, BackgroundJob.State.FAILED, refusal.message)
    except JobLostError:
        logger.warning("%s was taken over by another worker.", job)
    except Exception as error:
        logger.exception("%s failed", job)
        _end(job, BackgroundJob.State.FAILED, NOT_DONE.format(reason=type(error).__name__))
    else:
        _end(job, BackgroundJob.State.DONE, message)
    return True


def revive_lost_jobs(limit: int = 20) -> int:
    """Wake the worker for jobs whose task was lost or whose worker died; how many. For the regular tick."""
    asked_before = clock.now() - LOST_AFTER
    lost = BackgroundJob.objects.claimable().filter(asked_at__lt=asked_before).order_by("pk")
    pks = list(lost.values_list("pk", flat=True)[:limit])
    for pk in pks:
        _wake(pk)
    return len(pks)


class _Notes:
    """Notes progress twice a second at most, and keeps the lease with it."""

    def __init__(self, job: BackgroundJob) -> None:
        self._job = job
        self._noted_at = 0.0

    def __call__(self, done: int, total: int) -> None:
        if done < total and time.monotonic() - self._noted_at < SECONDS_BETWEEN_NOTES:
            return
        self._noted_at = time.monotonic()
        held = BackgroundJob.objects.held_by(self._job)
        if not held.update(done=done, total=total, lease_until=clock.now() + LEASE):
            raise JobLostError


def _wake(job_id: int) -> None:
    async_task("usage.tasks.work_at_job", job_id, q_options={"timeout": TIMEOUT_SECONDS, "save": False})


def _end(job: BackgroundJob, state: BackgroundJob.State, message: str) -> None:
    held = BackgroundJob.objects.held_by(job)
    held.update(
        state=state,
        message=message,
        finished_at=clock.now(),
        lease_until=None,
        file=job.file,
        file_bytes=job.file_bytes,
    )
