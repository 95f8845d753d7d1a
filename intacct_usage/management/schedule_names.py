"""Finds the schedule that a command names."""

from django.core.management.base import CommandError

from scheduling.models import Schedule


def schedule_named(name: str, *, returncode: int = 1) -> Schedule:
    """By its name in any case. Raises CommandError that lists what there is."""
    schedule = Schedule.objects.named(name).first()
    if schedule is None:
        known = ", ".join(f"“{known}”" for known in Schedule.objects.values_list("name", flat=True)) or "none yet"
        raise CommandError(f"There is no schedule “{name}”. Schedules: {known}.", returncode=returncode)
    return schedule
