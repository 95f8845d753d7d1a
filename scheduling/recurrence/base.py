"""What all recurrences share: from wall times to instants, with one rule for clock changes.

- Clocks go forward: a time that does not exist that day runs once, at the first moment after the gap. For
  recurrences that follow the clock (`*/n` crons, intervals) only what the jump really loses is made up: every hour
  at half past stays an hour apart and gets no extra run.
- Clocks go back: a fixed time runs once, the first time it is shown. Recurrences that follow the clock run in each
  real hour, so also in the repeated one.
"""

from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from scheduling.recurrence.wall_clock import NO_TIME, read_wall, time_zone, wall_at

ONE_MICROSECOND = timedelta(microseconds=1)


class RecurrenceKind(StrEnum):
    ONE_OFF = "one_off"
    INTERVAL = "interval"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    CRON = "cron"


class Recurrence(ABC):
    """When something is due, on the wall clock of one IANA zone. Immutable, comparable, free of database and clock.

    `zone` belongs to the recurrence: neither the server's zone nor the site's changes its meaning.
    """

    kind: ClassVar[RecurrenceKind]
    zone: str

    @abstractmethod
    def next_wall(self, wall: datetime) -> datetime | None:
        """The first due wall time strictly after `wall` (both naive), clock changes left aside; None at the end."""

    def runs_again(self, overlap: timedelta) -> bool:
        """Whether a wall time that is shown twice, `overlap` apart, is due both times."""
        return False

    def is_lost_in_gap(self, wall: datetime, gap: timedelta) -> bool:
        """Whether a due wall time that the clocks jump over must be made up for when the gap ends."""
        return True

    def next_after(self, moment: datetime) -> datetime | None:
        """The first due instant strictly after `moment` (aware), in UTC; None if there is none any more."""
        if moment.tzinfo is None:
            raise ValueError("next_after() needs an aware moment.")
        moment = moment.astimezone(UTC)
        zone = time_zone(self.zone)
        repeated: datetime | None = None
        wall = self.next_wall(self._search_start(moment))
        while wall is not None:
            reading = read_wall(wall, zone)
            if reading.first > moment and (not reading.gap or self.is_lost_in_gap(wall, reading.gap)):
                return min(reading.first, repeated) if repeated else reading.first
            again = reading.first + reading.overlap
            if repeated is None and reading.overlap and again > moment and self.runs_again(reading.overlap):
                repeated = again
            wall = self._following_wall(wall)
        return repeated

    def _following_wall(self, wall: datetime) -> datetime | None:
        following = self.next_wall(wall)
        if following is not None and following <= wall:
            # An error is one schedule's trouble, an endless loop here would be everybody's.
            raise RuntimeError(f"{self!r} does not move on from {wall}.")
        return following

    def _search_start(self, moment: datetime) -> datetime:
        """The wall time to search from: that of `moment`, or earlier if wall times before it are yet to be repeated."""
        zone = time_zone(self.zone)
        wall = wall_at(moment, zone)
        reading = read_wall(wall, zone)
        first_pass = reading.overlap > NO_TIME and reading.first == moment
        return wall - reading.overlap if first_pass and self.runs_again(reading.overlap) else wall

    def is_due_at_wall(self, wall: datetime) -> bool:
        return self.next_wall(wall - ONE_MICROSECOND) == wall


def upcoming(recurrence: Recurrence, moment: datetime, count: int) -> list[datetime]:
    """The next `count` due instants after `moment` in UTC, fewer if the recurrence ends."""
    found: list[datetime] = []
    due = recurrence.next_after(moment)
    while due is not None and len(found) < count:
        found.append(due)
        due = recurrence.next_after(due)
    return found


def missed_between(recurrence: Recurrence, after: datetime, until: datetime, limit: int) -> int:
    """How many due instants lie in (after, until]; counting stops at `limit`, which then means "at least"."""
    count = 0
    due = recurrence.next_after(after)
    while due is not None and due <= until and count < limit:
        count += 1
        due = recurrence.next_after(due)
    return count


def latest_between(recurrence: Recurrence, after: datetime, until: datetime) -> datetime | None:
    """The last due instant in (after, until]. Quick however long the stretch and however frequent the recurrence."""
    window = timedelta(minutes=15)
    while True:
        start = max(after, until - window)
        due = recurrence.next_after(start)
        if due is not None and due <= until:
            return _last_up_to(recurrence, due, until)
        if start <= after:
            return None
        window *= 2


def _last_up_to(recurrence: Recurrence, due: datetime, until: datetime) -> datetime:
    following = recurrence.next_after(due)
    while following is not None and following <= until:
        due, following = following, recurrence.next_after(following)
    return due
