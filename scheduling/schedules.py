"""What people do with schedules: save, enable, disable, delete. The rules hold here, not in the pages."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction

from intacct_usage.audit.models import Action
from intacct_usage.audit.recording import Change, record
from notifications.models import EmailConfiguration
from scheduling.database_clock import database_now
from scheduling.models import Schedule, ScheduleLockedError
from scheduling.recurrence import RecurrenceError, refusal_of_new

logger = logging.getLogger(__name__)

NOBODY_GETS_REPORTS = "Reports Only sends reports and does nothing else; choose at least one email configuration."


class ScheduleRefusedError(Exception):
    """A schedule that cannot be enabled; `message` says what to change."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


@dataclass(frozen=True)
class Recipients:
    """Who gets a schedule's reports, and who is told when it fails."""

    emails: Iterable[EmailConfiguration] = ()
    alerts: Iterable[EmailConfiguration] = ()


def save_schedule(schedule: Schedule, recipients: Recipients, *, by: str) -> None:
    """Check and save a new or changed schedule with its recipients, all or nothing; a new one is disabled.

    Raises ValidationError (by field, `emails` among them) and ScheduleLockedError.
    """
    emails, alerts = list(recipients.emails), list(recipients.alerts)
    if schedule.is_reports_only and not emails:
        raise ValidationError({"emails": [NOBODY_GETS_REPORTS]})
    is_new = schedule._state.adding
    with transaction.atomic():
        if is_new:
            schedule.enabled, schedule.created_by = False, by
        schedule.full_clean()
        if refusal := refusal_of_new(schedule.recurrence, database_now()):
            raise ValidationError({"timing": [refusal]})
        schedule.save()
        schedule.emails.set(emails)
        schedule.alerts.set(alerts)
    verb = "created" if is_new else "changed"
    _log_if_kept(schedule, by, verb)


def enable_schedule(schedule: Schedule, *, by: str) -> bool:
    """Let it run at its times from now on. False if it was enabled already.

    Raises ScheduleRefusedError if it has no time to come, as a one-off in the past.
    """
    try:
        next_run_at = schedule.recurrence.next_after(database_now())
    except RecurrenceError as error:
        raise ScheduleRefusedError(f"The schedule “{schedule}” cannot be enabled: {error.message}") from error
    if next_run_at is None:
        raise ScheduleRefusedError(
            f"The schedule “{schedule}” cannot be enabled: its time, {schedule.timing_in_words}, has passed. "
            "Enter a time to come first."
        )
    changed = Schedule.objects.filter(pk=schedule.pk, enabled=False, saved_at=schedule.saved_at).update(
        enabled=True, next_run_at=next_run_at, error_at=None, error_message=""
    )
    schedule.refresh_from_db()
    if changed:
        _record_switch(schedule, by)
        _log_if_kept(schedule, by, "enabled")
    elif not schedule.enabled:
        raise ScheduleRefusedError(f"The schedule “{schedule}” was changed in this moment. Look at it, then enable it.")
    return bool(changed)


def disable_schedule(schedule: Schedule, *, by: str) -> bool:
    """Let it run no more; a run of it that is going on goes on. False if it was disabled already."""
    changed = (
        Schedule.objects.enabled()
        .filter(pk=schedule.pk)
        .update(enabled=False, next_run_at=None, error_at=None, error_message="")
    )
    schedule.refresh_from_db()
    if changed:
        _record_switch(schedule, by)
        _log_if_kept(schedule, by, "disabled")
    return bool(changed)


def delete_schedule(schedule: Schedule, *, by: str) -> None:
    """Raises ScheduleLockedError while it is enabled or running. Its history is kept."""
    schedule.delete()
    _log_if_kept(schedule, by, "deleted")


def _log_if_kept(schedule: Schedule, by: str, verb: str) -> None:
    """Once the transaction around it is over, because whoever began that may take everything back."""
    name = schedule.name
    transaction.on_commit(lambda: logger.info("%s %s the schedule “%s”", by, verb, name, extra={"schedule": name}))


def _record_switch(schedule: Schedule, by: str) -> None:
    change = Change({"enabled": not schedule.enabled}, {"enabled": schedule.enabled})
    record(by, Action.CHANGED, target=f"Schedule “{schedule}”", change=change)


__all__ = [
    "Recipients",
    "ScheduleLockedError",
    "ScheduleRefusedError",
    "delete_schedule",
    "disable_schedule",
    "enable_schedule",
    "save_schedule",
]
