"""How writers go through rows: many at once, column by column, neighbouring shared texts as one.

Calling a function per cell is what a large export spends its time on; whole columns go through C loops instead.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import cast

from usage.reports.tables import Cell, Column, ColumnKind, Row

ROWS_AT_ONCE = 1000


@dataclass(frozen=True)
class ColumnRun:
    """Neighbouring columns of one kind from `start` to before `end`; only shared texts form runs of several."""

    kind: ColumnKind
    start: int
    end: int


def column_runs(columns: Sequence[Column]) -> list[ColumnRun]:
    runs: list[ColumnRun] = []
    for kind, neighbours in groupby(range(len(columns)), key=lambda position: columns[position].kind):
        positions = list(neighbours)
        if kind is ColumnKind.SHARED_TEXT:
            runs.append(ColumnRun(kind, positions[0], positions[-1] + 1))
        else:
            runs.extend(ColumnRun(kind, position, position + 1) for position in positions)
    return runs


def batches(rows: Iterable[Row], size: int = ROWS_AT_ONCE) -> Iterator[list[Row]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, size)):
        yield batch


def plain_texts(values: Sequence[Cell]) -> Sequence[str] | None:
    """The values, if each is a text of ASCII letters, digits and inner hyphens (or empty); else None.

    A few passes over all of them at once; what they leave open is for the caller to look at one by one.
    """
    texts = cast(Sequence[str], values)
    try:
        joined = "\n".join(texts)
    except TypeError:  # a cell that is no text
        return None
    letters = joined.replace("\n", "").replace("-", "")
    if joined.startswith("-") or "\n-" in joined or joined.count("\n") != len(texts) - 1:
        return None
    return texts if letters.isascii() and (letters.isalnum() or not letters) else None


class Remembered(dict[tuple[Cell, ...], str]):
    """What was made of the shared texts that stand together in a row; forgets all when they grow too many."""

    def __init__(self, make: Callable[[tuple[Cell, ...]], str], limit: int = 4000) -> None:
        super().__init__()
        self._make = make
        self._limit = limit

    def __missing__(self, key: tuple[Cell, ...]) -> str:
        if len(self) >= self._limit:
            self.clear()
        made = self[key] = self._make(key)
        return made
