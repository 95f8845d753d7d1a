"""Rows that tell how the installation does: workers, runs, occurrences, mails."""

from datetime import UTC, datetime, timedelta

from notifications.models import EmailConfiguration, OutgoingEmail
from scheduling.database_clock import database_now
from scheduling.models import DispatchClock, Occurrence, Schedule, WorkerBeat
from usage.models import FetchRun

STARTED = datetime(2026, 11, 1, 2, 30, tzinfo=UTC)


def make_beat(age_seconds: float = 1, **fields: object) -> WorkerBeat:
    moment = database_now() - timedelta(seconds=age_seconds)
    values = {
        "instance": f"w{WorkerBeat.objects.count()}",
        "host": "server",
        "process_id": 1,
        "version": "1",
        "lanes": 3,
    }
    return WorkerBeat.objects.create(**{**values, "started_at": moment, "beat_at": moment, **fields})


def make_tick(age_seconds: float = 1) -> DispatchClock:
    return DispatchClock.objects.create(seen_at=database_now() - timedelta(seconds=age_seconds))


def make_working_installation(age_seconds: float = 1) -> None:
    """`age_seconds`: how old the signs of life are; below zero for tests that last longer than those are believed."""
    make_beat(age_seconds)
    make_tick(age_seconds)


def make_schedule(name: str, **fields: object) -> Schedule:
    return Schedule.objects.create(name=name, kind="daily", timing="02:30", zone="UTC", **fields)


def make_run(seconds: int = 90, **fields: object) -> FetchRun:
    """A fetch that ended well, `seconds` after it started."""
    values = {"status": "success", "asked_by": "test", "started_at": STARTED}
    return FetchRun.objects.create(**{**values, "finished_at": STARTED + timedelta(seconds=seconds), **fields})


def make_occurrence(schedule: Schedule, state: str = "success", **fields: object) -> Occurrence:
    number = Occurrence.objects.count()
    values = {"schedule_name": schedule.name, "due_at": STARTED + timedelta(days=number), "asked_by": "schedule"}
    ended = {} if state in Occurrence.OPEN_STATES else {"finished_at": STARTED + timedelta(days=number, minutes=5)}
    return Occurrence.objects.create(**{**values, **ended, "schedule": schedule, "state": state, **fields})


def make_mail(state: str, **fields: object) -> OutgoingEmail:
    number = OutgoingEmail.objects.count()
    values = {"dedupe_key": f"key {number}", "kind": "report", "configuration_name": "Finance", "subject": "Usage"}
    return OutgoingEmail.objects.create(**{**values, "state": state, **fields})


def make_email_configuration(name: str = "Finance", **fields: object) -> EmailConfiguration:
    values = {"host": "mail.example.com", "from_address": "usage@example.com", "to": "finance@example.com"}
    return EmailConfiguration.objects.create(name=name, **{**values, **fields})
