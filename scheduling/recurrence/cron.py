"""Cron expressions of five fields, read as Debian's cron reads them (by cronsim)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import ClassVar, Final, NamedTuple

from cronsim import CronSim, CronSimError

from scheduling.recurrence.base import Recurrence, RecurrenceKind
from scheduling.recurrence.errors import RecurrenceError
from scheduling.recurrence.wall_clock import time_zone

LONGEST_EXPRESSION: Final = 200
MINUTES_PER_DAY: Final = 24 * 60
DAYS_OF_28_YEARS: Final = 28 * 365 + 7
# Weekdays and leap years repeat within 28 years, and cronsim looks 50 years ahead.
FIRST_LOOK: Final = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
NICKNAMES: Final = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


class CronField(NamedTuple):
    name: str
    allowed: str
    size: int


FIELDS: Final = (
    CronField("minute", "0 to 59", 60),
    CronField("hour", "0 to 23", 24),
    CronField("day of the month", "1 to 31, L for the last day or LW for the last working day", 31),
    CronField("month", "1 to 12 or JAN to DEC", 12),
    CronField(
        "day of the week",
        "0 to 7 (0 and 7 are Sunday), SUN to SAT, 1#2 for the second Monday or 5L for the last Friday",
        7,
    ),
)


@dataclass(frozen=True)
class Cron(Recurrence):
    """A cron expression of five fields, or a nickname such as @daily, which is stored translated.

    If day of the month and day of the week are both restricted, either is enough; if one of them begins with `*`
    both must match (Debian's rule). If the minute or the hour begins with `*` the expression follows the clock and
    runs in both passes of a repeated hour, as Debian's cron does; otherwise it is a fixed time. Beyond Debian's
    rule, times that an hour put forward loses to such an expression (`*/30 1 * * *`) run once after the gap.
    """

    expression: str
    zone: str
    kind: ClassVar[RecurrenceKind] = RecurrenceKind.CRON

    def __post_init__(self) -> None:
        time_zone(self.zone)
        object.__setattr__(self, "expression", normalise_cron(self.expression))

    @property
    def follows_the_clock(self) -> bool:
        minute, hour, *_ = self.expression.split()
        return minute.startswith("*") or hour.startswith("*")

    @property
    def closest_minutes(self) -> int:
        """The fewest minutes that lie between two runs, changes of the clocks left aside."""
        return _closest_minutes(self.expression)

    def next_wall(self, wall: datetime) -> datetime | None:
        # cronsim knows nothing of zones here: it sees naive wall times, base.py turns them into instants.
        return next(CronSim(self.expression, wall), None)

    def runs_again(self, overlap: timedelta) -> bool:
        return self.follows_the_clock

    def is_lost_in_gap(self, wall: datetime, gap: timedelta) -> bool:
        return not (self.follows_the_clock and self.is_due_at_wall(wall + gap))


@lru_cache(maxsize=1024)
def normalise_cron(expression: str) -> str:
    """The five fields in capitals, one space apart, nicknames translated.

    Raises RecurrenceError that names the wrong field.
    """
    if len(expression) > LONGEST_EXPRESSION:
        raise RecurrenceError(
            f"The cron expression is longer than {LONGEST_EXPRESSION} characters. Write a shorter one."
        )
    fields = _translate(expression.strip()).upper().split()
    if len(fields) != len(FIELDS):
        raise RecurrenceError(_field_count_message(fields))
    for field, text in zip(FIELDS, fields, strict=True):
        _check_field(field, text)
    normal = " ".join(fields)
    _check_possible(normal)
    return normal


def _translate(expression: str) -> str:
    if not expression.startswith("@"):
        return expression
    translated = NICKNAMES.get(expression.lower())
    if translated is None:
        raise RecurrenceError(f"“{expression}” is not a cron word known here. Write one of {', '.join(NICKNAMES)}.")
    return translated


def _field_count_message(fields: list[str]) -> str:
    names = ", ".join(field.name for field in FIELDS)
    advice = " Leave out the seconds or the year." if len(fields) in (6, 7) else ""
    return (
        f"A cron expression has five fields ({names}), this one has {len(fields)}.{advice} Write for example 0 2 * * *."
    )


def _check_field(field: CronField, text: str) -> None:
    wrong = f"The {field.name} field “{text}” of the cron expression is wrong"
    alone = " ".join(text if other is field else "*" for other in FIELDS)
    try:
        CronSim(alone, FIRST_LOOK)
    except CronSimError as error:
        raise RecurrenceError(
            f"{wrong}: write * or {field.allowed}, also as a list (1,3), a range (1-5) or a step (*/2)."
        ) from error
    steps = [int(term.split("/")[1]) for term in text.split(",") if "/" in term]
    if any(step > field.size for step in steps):
        raise RecurrenceError(
            f"{wrong}: a step is at most {field.size} here, "
            "a larger one starts again with the field. Write a smaller step or choose an interval instead."
        )


def _check_possible(expression: str) -> None:
    message = (
        f"“{expression}” never comes round: the day of the month field allows no day that its months "
        "(and days of the week) have. Write a day that exists, or L for the last day of the month."
    )
    try:
        first = next(CronSim(expression, FIRST_LOOK), None)
    except CronSimError as error:
        raise RecurrenceError(message) from error
    if first is None:
        raise RecurrenceError(message)


@lru_cache(maxsize=1024)
def _closest_minutes(expression: str) -> int:
    fields = CronSim(expression, FIRST_LOOK)
    times = sorted(60 * hour + minute for hour in fields.hours for minute in fields.minutes)
    closest = min((later - earlier for earlier, later in pairwise(times)), default=MINUTES_PER_DAY)
    over_midnight = MINUTES_PER_DAY - times[-1] + times[0]
    return over_midnight if over_midnight < closest and _has_days_in_a_row(fields) else closest


def _has_days_in_a_row(fields: CronSim) -> bool:
    first = FIRST_LOOK.date()
    days = (first + timedelta(days=number) for number in range(DAYS_OF_28_YEARS + 1))
    return any(_is_due_on(fields, day) and _is_due_on(fields, following) for day, following in pairwise(days))


def _is_due_on(fields: CronSim, day: date) -> bool:
    return day.month in fields.months and fields.match_day(day)
