"""The one place that asks for the time, so that tests can freeze it and pure modules can do without."""

from datetime import UTC, date, datetime

from django.utils import timezone


def now() -> datetime:
    """The moment, aware, in UTC."""
    return timezone.now()


def today() -> date:
    """The day in the installation's zone (`TIME_ZONE`)."""
    return timezone.localdate()


def utc_day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
