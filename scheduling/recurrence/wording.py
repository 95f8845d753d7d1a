"""Recurrences in plain words."""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import singledispatch

from cronsim.explain import Expression

from scheduling.recurrence.base import Recurrence
from scheduling.recurrence.cron import Cron
from scheduling.recurrence.kinds import LAST_DAY, MINUTES_PER_DAY, Daily, Interval, Monthly, OneOff, Weekday, Weekly
from scheduling.recurrence.parsing import WEEKDAY_NAMES

SHORTEST_MONTH = 28
# Not from the locale of the process: the words must be the same on every server.
MONTH_NAMES = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def describe(recurrence: Recurrence) -> str:
    """One line for people, with the zone at its end: "Every Monday and Thursday at 02:30 (Europe/London)"."""
    return f"{_words(recurrence)} ({recurrence.zone})"


@singledispatch
def _words(recurrence: Recurrence) -> str:
    raise NotImplementedError(type(recurrence).__name__)


@_words.register
def _(recurrence: OneOff) -> str:
    return f"Once on {_long_date(recurrence.at)} at {recurrence.at:%H:%M}"


@_words.register
def _(recurrence: Interval) -> str:
    hours, minutes = divmod(recurrence.minutes, 60)
    words = f"Every {recurrence.minutes} minutes" if minutes else f"Every {hours} hours" if hours > 1 else "Every hour"
    return f"{words}, counted from midnight" if MINUTES_PER_DAY % recurrence.minutes == 0 else words


@_words.register
def _(recurrence: Daily) -> str:
    return f"Every day at {recurrence.at:%H:%M}"


@_words.register
def _(recurrence: Weekly) -> str:
    days = [WEEKDAY_NAMES[day] for day in sorted(recurrence.weekdays)]
    return f"Every {'day' if len(days) == len(Weekday) else _listed(days)} at {recurrence.at:%H:%M}"


@_words.register
def _(recurrence: Monthly) -> str:
    if recurrence.day == LAST_DAY:
        return f"On the last day of every month at {recurrence.at:%H:%M}"
    shorter = ", or the last day of a shorter month," if recurrence.day > SHORTEST_MONTH else ""
    return f"On day {recurrence.day} of every month{shorter} at {recurrence.at:%H:%M}"


@_words.register
def _(recurrence: Cron) -> str:
    return f"{_right_ordinals(_CronWords(recurrence.expression.split()).explain())}, cron {recurrence.expression}"


class _CronWords(Expression):
    """cronsim says “on the 13th and on Friday” of two days of which either is enough."""

    def translate_date(self, allow_every_day: bool) -> str:
        words = super().translate_date(allow_every_day)
        return words if self.day_and else words.replace(f"{self.day} and {self.dow}", f"{self.day} or {self.dow}", 1)


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _long_date(wall: datetime) -> str:
    return f"{wall.day} {MONTH_NAMES[wall.month - 1]} {wall.year}"


def _right_ordinals(text: str) -> str:
    """cronsim says 21th, 22th, 23th."""
    endings = {"1": "st", "2": "nd", "3": "rd"}
    return re.sub(r"\b([2-9])([123])th\b", lambda found: found[1] + found[2] + endings[found[2]], text)
