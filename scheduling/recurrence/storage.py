"""Recurrences as plain JSON values, in the written forms of the command line."""

from collections.abc import Callable, Mapping
from functools import singledispatch

from scheduling.recurrence.base import Recurrence, RecurrenceKind
from scheduling.recurrence.cron import Cron
from scheduling.recurrence.errors import RecurrenceError
from scheduling.recurrence.kinds import Daily, Interval, Monthly, OneOff, Weekly
from scheduling.recurrence.parsing import (
    parse_cron,
    parse_daily,
    parse_interval,
    parse_monthly,
    parse_one_off,
    parse_weekly,
)

PARSERS: dict[RecurrenceKind, Callable[[str, str], Recurrence]] = {
    RecurrenceKind.ONE_OFF: parse_one_off,
    RecurrenceKind.INTERVAL: parse_interval,
    RecurrenceKind.DAILY: parse_daily,
    RecurrenceKind.WEEKLY: parse_weekly,
    RecurrenceKind.MONTHLY: parse_monthly,
    RecurrenceKind.CRON: parse_cron,
}


def parse_timing(kind: str, timing: str, zone: str) -> Recurrence:
    """The recurrence of that kind from its written form. Raises RecurrenceError."""
    if kind not in PARSERS:
        raise RecurrenceError(f"“{kind}” is not a kind of schedule. Write one of {', '.join(RecurrenceKind)}.")
    return PARSERS[RecurrenceKind(kind)](timing, zone)


def to_dict(recurrence: Recurrence) -> dict[str, str]:
    """`{"kind": "weekly", "timing": "mon,thu@02:30", "zone": "UTC"}`; `from_dict` gives an equal recurrence back."""
    return {"kind": recurrence.kind.value, "timing": write_timing(recurrence), "zone": recurrence.zone}


def from_dict(stored: Mapping[str, str]) -> Recurrence:
    """Raises RecurrenceError if what is stored is no recurrence (any more: zones do disappear)."""
    missing = [key for key in ("kind", "timing", "zone") if not isinstance(stored.get(key), str)]
    if missing:
        raise RecurrenceError(f"The stored timing lacks {', '.join(missing)}. Enter the timing of this schedule again.")
    return parse_timing(stored["kind"], stored["timing"], stored["zone"])


@singledispatch
def write_timing(recurrence: Recurrence) -> str:
    """The written form that `parse_timing` reads back."""
    raise NotImplementedError(type(recurrence).__name__)


@write_timing.register
def _(recurrence: OneOff) -> str:
    return recurrence.at.isoformat(timespec="minutes")


@write_timing.register
def _(recurrence: Interval) -> str:
    hours, minutes = divmod(recurrence.minutes, 60)
    return f"{recurrence.minutes}m" if minutes else f"{hours}h"


@write_timing.register
def _(recurrence: Daily) -> str:
    return f"{recurrence.at:%H:%M}"


@write_timing.register
def _(recurrence: Weekly) -> str:
    return f"{','.join(day.name.lower() for day in sorted(recurrence.weekdays))}@{recurrence.at:%H:%M}"


@write_timing.register
def _(recurrence: Monthly) -> str:
    return f"{recurrence.day}@{recurrence.at:%H:%M}"


@write_timing.register
def _(recurrence: Cron) -> str:
    return recurrence.expression
