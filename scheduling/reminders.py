"""Schedules a person has saved and not enabled yet; the reminder stays until it is enabled or put off."""

from django.contrib.sessions.backends.base import SessionBase

from scheduling.models import Schedule

KEY = "schedules_to_enable"
MOST_REMEMBERED = 20


def remember(session: SessionBase, schedule: Schedule) -> None:
    kept = [pk for pk in session.get(KEY, []) if pk != schedule.pk]
    session[KEY] = [*kept, schedule.pk][-MOST_REMEMBERED:]


def forget(session: SessionBase, pk: int) -> None:
    if pk in session.get(KEY, []):
        session[KEY] = [kept for kept in session[KEY] if kept != pk]


def to_enable(session: SessionBase) -> list[Schedule]:
    """Those still disabled, the latest saved first; no query where nothing is remembered."""
    remembered = session.get(KEY, [])
    if not remembered:
        return []
    return list(Schedule.objects.filter(pk__in=remembered, enabled=False).order_by("-saved_at"))
