"""What a wall clock in one time zone shows, and when it shows it.

A *wall time* is a naive datetime: the date and time a clock on the wall in that zone would show. When clocks go
forward some wall times do not exist (a gap); when they go back some happen twice (an overlap).
"""

import difflib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from scheduling.recurrence.errors import RecurrenceError

NO_TIME = timedelta(0)
# "localtime" would change its meaning with the server, "Factory" is a placeholder of the zone database.
NOT_A_PLACE = frozenset({"localtime", "posixrules", "Factory"})


@dataclass(frozen=True)
class WallReading:
    """The instants at which one wall time is shown.

    `first` is aware UTC. In a gap it is the instant the gap ends, the first real moment after the wall time.
    `gap` and `overlap` are the length of the gap or of the repeated stretch the wall time lies in, else zero.
    """

    first: datetime
    gap: timedelta = NO_TIME
    overlap: timedelta = NO_TIME


def time_zone(name: str) -> ZoneInfo:
    """The IANA zone of that name. Raises RecurrenceError with a suggestion."""
    unusable = name in NOT_A_PLACE or name.startswith(("posix/", "right/"))
    if not unusable:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass
    raise RecurrenceError(f"“{name[:60]}” is not a time zone. {_zone_advice(name)}")


def _zone_advice(name: str) -> str:
    zones = sorted(available_timezones() - NOT_A_PLACE)
    by_folded_name = {zone.rpartition("/")[2].casefold(): zone for zone in zones}
    by_folded_name |= {zone.casefold(): zone for zone in zones}
    close = difflib.get_close_matches(name[:60].strip().replace(" ", "_").casefold(), by_folded_name, n=1, cutoff=0.75)
    if close:
        return f"Did you mean {by_folded_name[close[0]]}?"
    return "Write a name such as Europe/London, America/New_York or UTC."


def wall_at(moment: datetime, zone: ZoneInfo) -> datetime:
    """The wall time shown at an instant."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def read_wall(wall: datetime, zone: ZoneInfo) -> WallReading:
    earlier_offset = _offset(wall, zone, fold=0)
    later_offset = _offset(wall, zone, fold=1)
    first = wall.replace(tzinfo=UTC) - earlier_offset
    if earlier_offset >= later_offset:
        return WallReading(first, overlap=earlier_offset - later_offset)
    gap = later_offset - earlier_offset
    return WallReading(_change_between(first - gap, first, zone), gap=gap)


def _offset(wall: datetime, zone: ZoneInfo, *, fold: int) -> timedelta:
    return wall.replace(tzinfo=zone, fold=fold).utcoffset() or NO_TIME


def _change_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The instant in (before, after] from which on the zone has the offset it has at `after`, to the second."""
    offset_after = after.astimezone(zone).utcoffset()
    before = before.replace(microsecond=0)
    seconds_late = int((after - before).total_seconds()) + 1
    seconds_early = 0
    while seconds_late - seconds_early > 1:
        middle = (seconds_late + seconds_early) // 2
        if (before + timedelta(seconds=middle)).astimezone(zone).utcoffset() == offset_after:
            seconds_late = middle
        else:
            seconds_early = middle
    return before + timedelta(seconds=seconds_late)
