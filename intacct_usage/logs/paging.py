"""Pages of the log by key, not by number: lines that are added or pruned meanwhile neither shift nor double any."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Max

from intacct_usage.logs.models import LogEntry, LogEntryQuerySet

PAGE_SIZE = 200
CONTEXT_SIZE = 50
CHUNK_SIZE = 2_000


@dataclass(frozen=True)
class Position:
    """Which page of the lines is asked for, by ids; all None is the newest."""

    before: int | None = None
    after: int | None = None
    around: int | None = None


@dataclass(frozen=True)
class LogPage:
    """Lines in the order they were stored, the newest last; ids of the neighbouring pages, None where there is none."""

    entries: list[LogEntry]
    older: int | None
    newer: int | None

    @property
    def last_id(self) -> int:
        return self.entries[-1].pk if self.entries else 0


def page_at(entries: LogEntryQuerySet, position: Position, size: int = PAGE_SIZE) -> LogPage:
    if position.around is not None:
        return _context_of(position.around)
    if position.after is not None:
        newer = list(entries.filter(pk__gt=position.after).order_by("pk")[: size + 1])
        return _page(newer[:size], has_older=True, has_newer=len(newer) > size)
    if position.before is not None:
        entries = entries.filter(pk__lt=position.before)
    older = list(entries.order_by("-pk")[: size + 1])
    return _page(older[:size][::-1], has_older=len(older) > size, has_newer=position.before is not None)


def _context_of(entry_id: int) -> LogPage:
    """What was said around one line, whatever the filters."""
    older = list(LogEntry.objects.filter(pk__lte=entry_id).order_by("-pk")[: CONTEXT_SIZE + 1])
    newer = list(LogEntry.objects.filter(pk__gt=entry_id).order_by("pk")[:CONTEXT_SIZE])
    return _page([*older[::-1], *newer], has_older=len(older) > CONTEXT_SIZE, has_newer=len(newer) == CONTEXT_SIZE)


def _page(entries: list[LogEntry], *, has_older: bool, has_newer: bool) -> LogPage:
    return LogPage(
        entries,
        older=entries[0].pk if entries and has_older else None,
        newer=entries[-1].pk if entries and has_newer else None,
    )


def newer_than(entries: LogEntryQuerySet, last_id: int, size: int = PAGE_SIZE) -> list[LogEntry]:
    """What was stored since, the oldest first."""
    return list(entries.filter(pk__gt=last_id).order_by("pk")[:size])


def newest_id() -> int:
    """The id of the newest line of all; 0 for an empty log."""
    return LogEntry.objects.aggregate(newest=Max("pk"))["newest"] or 0


def all_of(entries: LogEntryQuerySet) -> Iterator[LogEntry]:
    """Every line that is stored now, the oldest first, read in pieces: neither memory nor a transaction grows."""
    last, until = 0, newest_id()
    while True:
        piece = list(entries.filter(pk__gt=last, pk__lte=until).order_by("pk")[:CHUNK_SIZE])
        yield from piece
        if len(piece) < CHUNK_SIZE:
            return
        last = piece[-1].pk
