"""The shape in which a report reaches a writer: typed columns and rows of plain values."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

Cell = str | int | datetime | None
Row = tuple[Cell, ...]


class ColumnKind(Enum):
    """What a column holds; None is an empty cell in every kind but the texts."""

    TEXT = auto()
    """Text that differs from row to row."""
    SHARED_TEXT = auto()
    """Text that many rows share, prepared once by the writer."""
    NUMBER = auto()
    """A whole number."""
    DATE = auto()
    """A day as text, YYYY-MM-DD: dates are formatted in SQL, which is faster than date objects."""
    CLOCK = auto()
    """Intacct's clock reading as text, YYYY-MM-DD HH:MM:SS, of no stated zone."""
    MOMENT = auto()
    """An aware datetime."""


@dataclass(frozen=True)
class Column:
    """`width` is in characters, for spreadsheets."""

    header: str
    kind: ColumnKind
    width: int


@dataclass(frozen=True)
class Table:
    """Rows are read once, in order, and nothing is read before the first is asked for.

    `total_row` is asked for after the last row, follows it and is not counted.
    """

    columns: tuple[Column, ...]
    rows: Iterable[Row]
    total_row: Callable[[], Row] | None = None


COMPANY_COLUMNS = (
    Column("Company ID", ColumnKind.SHARED_TEXT, 24),
    Column("Company Name", ColumnKind.SHARED_TEXT, 32),
    Column("Sage Account Number", ColumnKind.SHARED_TEXT, 21),
    Column("Filter", ColumnKind.SHARED_TEXT, 18),
)
