"""Schedules for tests, by plain functions."""

from datetime import UTC, datetime

from notifications.models import EmailConfiguration
from scheduling.models import Schedule
from tests.factories import make_company
from usage.models import ApiCredential, Company

DUE = datetime(2026, 3, 2, 2, 30, tzinfo=UTC)


def make_schedule(name: str = "Nightly", **fields: object) -> Schedule:
    """A disabled schedule, daily at 02:30 UTC unless told."""
    return Schedule.objects.create(**{"name": name, "kind": "daily", "timing": "02:30", "zone": "UTC", **fields})


def make_enabled(name: str = "Nightly", next_run_at: datetime = DUE, **fields: object) -> Schedule:
    """An enabled schedule that is due next at `next_run_at`."""
    schedule = make_schedule(name, **fields)
    Schedule.objects.filter(pk=schedule.pk).update(enabled=True, next_run_at=next_run_at)
    schedule.refresh_from_db()
    return schedule


def make_fetchable() -> Company:
    """Credentials and one company, so that a fetch run can be asked for."""
    if not ApiCredential.objects.exists():
        ApiCredential.objects.create(sender_id="sender", user_id="user")
    return make_company()


def make_configuration(name: str = "Finance") -> EmailConfiguration:
    return EmailConfiguration.objects.create(
        name=name, host="127.0.0.1", from_address="usage@example.com", to=f"{name.lower()}@example.com"
    )
