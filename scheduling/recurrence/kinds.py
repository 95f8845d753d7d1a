"""One-off, interval, daily, weekly and monthly. Cron has a module of its own."""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum
from typing import ClassVar, Final, Literal

from scheduling.recurrence.base import Recurrence, RecurrenceKind
from scheduling.recurrence.errors import RecurrenceError
from scheduling.recurrence.wall_clock import time_zone

MINUTES_PER_DAY: Final = 24 * 60
SHORTEST_INTERVAL_MINUTES: Final = 15
LONGEST_INTERVAL_MINUTES: Final = 31 * MINUTES_PER_DAY
FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2199
LAST_DAY: Final = "last"
# A Monday at midnight: intervals that divide a day stay on the day's grid, 168 hours means every Monday.
INTERVAL_ANCHOR: Final = datetime(2001, 1, 1, tzinfo=UTC).replace(tzinfo=None)


class Weekday(IntEnum):
    """Numbered as `date.weekday()` does."""

    MON = 0
    TUE = 1
    WED = 2
    THU = 3
    FRI = 4
    SAT = 5
    SUN = 6


def _check_time_of_day(at: time) -> None:
    if at.tzinfo is not None or at.second or at.microsecond:
        raise RecurrenceError("The time of day has hours and minutes only. Write it as 02:30.")


@dataclass(frozen=True)
class OneOff(Recurrence):
    """Once, at the wall time `at` (naive, whole minutes)."""

    at: datetime
    zone: str
    kind: ClassVar[RecurrenceKind] = RecurrenceKind.ONE_OFF

    def __post_init__(self) -> None:
        time_zone(self.zone)
        if self.at.tzinfo is not None or self.at.second or self.at.microsecond:
            raise RecurrenceError("The date and time has no seconds and no offset. Write it as 2026-12-01T09:00.")
        if not FIRST_YEAR <= self.at.year <= LAST_YEAR:
            raise RecurrenceError(
                f"The year {self.at.year} is out of range. Write one from {FIRST_YEAR} to {LAST_YEAR}."
            )

    def next_wall(self, wall: datetime) -> datetime | None:
        return self.at if self.at > wall else None


@dataclass(frozen=True)
class Interval(Recurrence):
    """Every `minutes` minutes (15 minutes to 31 days) on a grid of wall times, so that restarts never shift it.

    The grid is counted on the wall clock from midnight of Monday 1 January 2001: an interval that divides a day
    falls on the same times every day (6 hours: 00:00, 06:00, 12:00, 18:00), others run on across midnight.
    Clocks go back: an interval no longer than the repeated stretch runs in both passes, a longer one once.
    Clocks go forward: a grid time that the jump loses is made up for once, at the end of the gap.
    """

    minutes: int
    zone: str
    kind: ClassVar[RecurrenceKind] = RecurrenceKind.INTERVAL

    def __post_init__(self) -> None:
        time_zone(self.zone)
        if self.minutes < SHORTEST_INTERVAL_MINUTES:
            raise RecurrenceError(
                f"An interval is at least {SHORTEST_INTERVAL_MINUTES} minutes. Write for example 15m, 30m or 6h."
            )
        if self.minutes > LONGEST_INTERVAL_MINUTES:
            raise RecurrenceError("An interval is at most 31 days (744h). Use a monthly schedule for longer ones.")

    @property
    def length(self) -> timedelta:
        return timedelta(minutes=self.minutes)

    def next_wall(self, wall: datetime) -> datetime:
        return INTERVAL_ANCHOR + ((wall - INTERVAL_ANCHOR) // self.length + 1) * self.length

    def runs_again(self, overlap: timedelta) -> bool:
        return self.length <= overlap

    def is_lost_in_gap(self, wall: datetime, gap: timedelta) -> bool:
        return not self.is_due_at_wall(wall + gap)


@dataclass(frozen=True)
class Daily(Recurrence):
    """Every day at the wall time `at` (naive, whole minutes)."""

    at: time
    zone: str
    kind: ClassVar[RecurrenceKind] = RecurrenceKind.DAILY

    def __post_init__(self) -> None:
        time_zone(self.zone)
        _check_time_of_day(self.at)

    def next_wall(self, wall: datetime) -> datetime:
        today = datetime.combine(wall.date(), self.at)
        return today if today > wall else today + timedelta(days=1)


@dataclass(frozen=True)
class Weekly(Recurrence):
    """On each of `weekdays` (at least one) at the wall time `at` (naive, whole minutes)."""

    weekdays: frozenset[Weekday]
    at: time
    zone: str
    kind: ClassVar[RecurrenceKind] = RecurrenceKind.WEEKLY

    def __post_init__(self) -> None:
        time_zone(self.zone)
        _check_time_of_day(self.at)
        if not self.weekdays:
            raise RecurrenceError(
                "A weekly schedule needs at least one day of the week. Write for example mon,thu@02:30."
            )

    def next_wall(self, wall: datetime) -> datetime:
        candidate = datetime.combine(wall.date(), self.at)
        while candidate <= wall or candidate.weekday() not in self.weekdays:
            candidate += timedelta(days=1)
        return candidate


@dataclass(frozen=True)
class Monthly(Recurrence):
    """On day `day` (1 to 31, or LAST_DAY) of every month at the wall time `at` (naive, whole minutes).

    A month that is too short runs on its last day; the wanted day is kept for the months after it.
    """

    day: int | Literal["last"]
    at: time
    zone: str
    kind: ClassVar[RecurrenceKind] = RecurrenceKind.MONTHLY

    def __post_init__(self) -> None:
        time_zone(self.zone)
        _check_time_of_day(self.at)
        if self.day != LAST_DAY and not 1 <= self.day <= 31:
            raise RecurrenceError(f"There is no day {self.day} in a month. Write 1 to 31, or last.")

    def next_wall(self, wall: datetime) -> datetime:
        this_month = self._in_month(wall.year, wall.month)
        if this_month > wall:
            return this_month
        following = date(wall.year, wall.month, 1) + timedelta(days=31)
        return self._in_month(following.year, following.month)

    def _in_month(self, year: int, month: int) -> datetime:
        length = calendar.monthrange(year, month)[1]
        day = length if self.day == LAST_DAY else min(self.day, length)
        return datetime.combine(date(year, month, day), self.at)
