"""Notices that the clock was set back, and lets the schedules, the leases and the queue follow it."""

import logging
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import models
from django_q.conf import Conf
from django_q.models import OrmQ

from notifications.delivery import RETRY_SECONDS
from notifications.models import OutgoingEmail, ReportRequest
from scheduling.models import DispatchClock, Occurrence, RunLane, Schedule
from usage.models import BackgroundJob, CompanyFetch

logger = logging.getLogger(__name__)

TOLERANCE = timedelta(seconds=90)
WRITE_EVERY = timedelta(seconds=30)
LEASED: Final[tuple[type[models.Model], ...]] = (CompanyFetch, RunLane, Occurrence, OutgoingEmail)
LEASED_LONGER: Final[tuple[type[models.Model], ...]] = (BackgroundJob, ReportRequest)
LONGER_LEASE: Final = timedelta(minutes=5)


def note_time(now: datetime) -> bool:
    """Remember `now` as the latest moment seen; True if the clock was set back since the last look.

    Then the next runs are worked out anew from `now`, or a schedule that looked at a wrong clock once would stay
    silent until that time comes. Times that ran already do not run again: their occurrences exist.
    """
    clock = DispatchClock.current()
    if clock is None:
        DispatchClock.objects.get_or_create(slot=1, defaults={"seen_at": now})
        return False
    if now >= clock.seen_at - TOLERANCE:
        if now - clock.seen_at > WRITE_EVERY:
            DispatchClock.objects.filter(pk=clock.pk, seen_at__lt=now).update(seen_at=now)
        return False
    if not DispatchClock.objects.filter(pk=clock.pk, seen_at=clock.seen_at).update(seen_at=now):
        return False  # another worker saw it first
    logger.warning("The clock was set back by %s; the next runs are worked out anew", clock.seen_at - now)
    _follow(now)
    _shorten_leases(now)
    _shorten_waits(now)
    return True


def _shorten_leases(now: datetime) -> None:
    """No lease lasts longer than one taken now, or what a dead process held would wait until the old time comes.

    Tasks queued before would wait in the same way. One that is at work already may be delivered again by this; it
    works under a claim.
    """
    lease = timedelta(seconds=settings.LEASE_SECONDS)
    for leased, length in (*((model, lease) for model in LEASED), *((model, LONGER_LEASE) for model in LEASED_LONGER)):
        leased._default_manager.filter(lease_until__gt=now + length).update(lease_until=now + length)
    OrmQ.objects.filter(lock__gt=now + timedelta(seconds=Conf.RETRY)).update(lock=now)


def _shorten_waits(now: datetime) -> None:
    """A mail that is tried again waits no longer than one that failed now."""
    for attempts, seconds in enumerate(RETRY_SECONDS, 1):
        latest = now + timedelta(seconds=seconds)
        waiting = OutgoingEmail.objects.filter(state=OutgoingEmail.State.PENDING, attempts=attempts)
        waiting.filter(next_attempt_at__gt=latest).update(next_attempt_at=latest)


def _follow(now: datetime) -> None:
    for schedule in Schedule.objects.enabled():
        try:
            next_at = schedule.recurrence.next_after(now)
        except Exception:
            logger.exception("The schedule “%s” could not follow the clock", schedule)
            continue
        if next_at is not None and schedule.next_run_at is not None and next_at < schedule.next_run_at:
            Schedule.objects.enabled().filter(pk=schedule.pk, next_run_at=schedule.next_run_at).update(
                next_run_at=next_at
            )
