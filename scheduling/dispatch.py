"""Fires schedules that are due, once each, under any number of workers.

Whoever moves a schedule's `next_run_at` on by a conditional UPDATE owns its due time, and the occurrence is written
in the same transaction; the table refuses a second occurrence of one due time besides. `now` is the database's time.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, OperationalError, transaction

from scheduling.models import Occurrence, Schedule
from scheduling.occurrences import Wish, begin_occurrence, record_not_run
from scheduling.pipeline import tell_of_failure
from scheduling.recurrence import latest_between, missed_between
from usage.fetching.runs import RunRefusedError
from usage.reports.scope import FilterGoneError

logger = logging.getLogger(__name__)

POISON_PAUSE = timedelta(hours=1)
MOST_COUNTED = 1000
ONE_MICROSECOND = timedelta(microseconds=1)
DISPATCHER = "schedule"
TOLD_STATES = (Occurrence.State.ERROR, Occurrence.State.MISSED)


@dataclass(frozen=True)
class _Due:
    """What the calendar says about a schedule that is due."""

    at: datetime
    """The latest due time that is not in the future; it stands for all before it."""
    earlier: int
    """Due times before that one which nobody saw; at MOST_COUNTED counting stopped."""
    next_at: datetime | None


def dispatch_due(now: datetime) -> list[Occurrence]:
    """Fire what is due; returns the occurrences written by this call. One schedule's trouble never stops another."""
    written = []
    for schedule in Schedule.objects.due(now).select_related("query_filter"):
        try:
            occurrence = _fire(schedule, now)
        except OperationalError:  # the database's trouble is everybody's, and no fault of this schedule
            raise
        except Exception as error:
            logger.exception("The schedule “%s” could not be fired", schedule, extra={"schedule": schedule.name})
            _push_away(schedule, now, error)
            continue
        if occurrence is not None:
            written.append(occurrence)
    return written


def _fire(schedule: Schedule, now: datetime) -> Occurrence | None:
    """The occurrence of this due time, or None if another worker has it."""
    due = _work_out(schedule, now)
    with transaction.atomic():
        if not _move_on(schedule, due):
            return None
        if Occurrence.objects.filter(schedule=schedule, due_at=due.at).exists():
            return None  # the clock was set back and shows this time again
        occurrence = _write(schedule, due, now)
        if occurrence.state in TOLD_STATES or _is_skipped_for_good(occurrence, due):
            tell_of_failure(occurrence)
    _tell(schedule, occurrence)
    return occurrence


def _work_out(schedule: Schedule, now: datetime) -> _Due:
    seen = schedule.next_run_at
    if seen is None:  # the table refuses this for enabled schedules
        raise ValueError("An enabled schedule has no next run.")
    recurrence = schedule.recurrence
    just_before = seen - ONE_MICROSECOND
    at = latest_between(recurrence, just_before, now) or seen
    earlier = missed_between(recurrence, just_before, at - ONE_MICROSECOND, MOST_COUNTED)
    return _Due(at, earlier, recurrence.next_after(now))


def _move_on(schedule: Schedule, due: _Due) -> bool:
    """Claim this due time. What has no next one is disabled: a one-off ran."""
    seen = Schedule.objects.enabled().filter(pk=schedule.pk, next_run_at=schedule.next_run_at)
    return bool(seen.update(next_run_at=due.next_at, enabled=due.next_at is not None, error_at=None, error_message=""))


def _write(schedule: Schedule, due: _Due, now: datetime) -> Occurrence:
    wish = Wish(due.at, Occurrence.Origin.SCHEDULE, DISPATCHER, due.earlier)
    if now - due.at > timedelta(hours=settings.MISSED_GRACE_HOURS):
        missed = due.earlier + 1
        message = f"{_times(missed)} missed while the service was down."
        return record_not_run(schedule, _with(wish, message, missed), Occurrence.State.MISSED)
    ahead = Occurrence.objects.open().filter(schedule=schedule).first()
    if ahead is not None:
        message = f"Skipped: the previous run{f' ({ahead.run})' if ahead.run_id else ''} was still going."
        return record_not_run(schedule, _with(wish, message, due.earlier), Occurrence.State.SKIPPED)
    caught_up = f"{_times(due.earlier)} missed while the service was down; this run catches up." if due.earlier else ""
    try:
        with transaction.atomic():
            return begin_occurrence(schedule, _with(wish, caught_up, due.earlier))
    except (RunRefusedError, FilterGoneError) as error:
        return record_not_run(schedule, _with(wish, error.message, due.earlier), Occurrence.State.ERROR)
    except IntegrityError:  # a person started it in this very moment
        message = "Skipped: another run of this schedule began in the same moment."
        return record_not_run(schedule, _with(wish, message, due.earlier), Occurrence.State.SKIPPED)


def _is_skipped_for_good(occurrence: Occurrence, due: _Due) -> bool:
    """A schedule with further times makes up for a skipped one by itself; a one-off does not."""
    return occurrence.state == Occurrence.State.SKIPPED and due.next_at is None


def _with(wish: Wish, message: str, missed_count: int) -> Wish:
    return Wish(wish.due_at, wish.origin, wish.asked_by, missed_count, message)


def _times(count: int) -> str:
    return "Once" if count == 1 else f"{count} times" if count < MOST_COUNTED else f"At least {count} times"


def _tell(schedule: Schedule, occurrence: Occurrence) -> None:
    extra = {"schedule": schedule.name, "run_id": occurrence.run_id}
    due = f"{occurrence.due_at:%Y-%m-%d %H:%M} UTC"
    if occurrence.state == Occurrence.State.ERROR:
        logger.error("Schedule “%s”, due %s, could not run: %s", schedule, due, occurrence.message, extra=extra)
    elif occurrence.message:
        logger.warning("Schedule “%s”, due %s: %s", schedule, due, occurrence.message, extra=extra)
    else:
        logger.info("Schedule “%s” is due (%s)", schedule, due, extra=extra)


def _push_away(schedule: Schedule, now: datetime, error: Exception) -> None:
    """Try this schedule again in an hour, so that it cannot hold up the others or fill the log."""
    reason = getattr(error, "message", "") or "an error in this program, see the log"
    seen = Schedule.objects.enabled().filter(pk=schedule.pk, next_run_at=schedule.next_run_at)
    seen.update(
        next_run_at=now + POISON_PAUSE,
        error_at=now,
        error_message=f"Its times could not be worked out: {reason} It is tried again in an hour.",
    )
