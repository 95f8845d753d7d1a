"""A slow second opinion: walk minute by minute through real time and look at the clock on the wall.

Nothing here is shared with the product: which wall times are due is given as a plain predicate, and clock changes
are seen as the wall clock jumping between two neighbouring minutes.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
Predicate = Callable[[datetime], bool]


def due_instants(
    is_due: Predicate,
    zone: str,
    start: datetime,
    end: datetime,
    *,
    runs_again: Callable[[timedelta], bool],
    every_gap: bool,
) -> list[datetime]:
    """Due instants in (start, end], whole minutes. `every_gap`: all that falls in a gap is made up for."""
    info = ZoneInfo(zone)
    found = []
    shown_before: dict[datetime, datetime] = {}
    for moment in _minutes(start - timedelta(days=2), end):
        wall = moment.astimezone(info).replace(tzinfo=None, fold=0)
        before = (moment - MINUTE).astimezone(info).replace(tzinfo=None, fold=0)
        due = is_due(wall)
        if wall in shown_before:
            due = due and runs_again(moment - shown_before[wall])
        gap = wall - before - MINUTE
        lost = [lost for lost in _minutes(before, wall - MINUTE) if is_due(lost)] if gap > timedelta(0) else []
        due = due or any(every_gap or not is_due(time + gap) for time in lost)
        shown_before.setdefault(wall, moment)
        if due and moment > start:
            found.append(moment)
    return found


def _minutes(after: datetime, until: datetime) -> Iterator[datetime]:
    moment = after + MINUTE
    while moment <= until:
        yield moment
        moment += MINUTE


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
