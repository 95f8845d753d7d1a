"""CSV as RFC 4180 has it: UTF-8 with a byte order mark, CRLF, every text quoted, numbers and ISO dates bare."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from django.utils import timezone

from usage.reports.cells import csv_text
from usage.reports.column_runs import ColumnRun, Remembered, batches, column_runs, plain_texts
from usage.reports.tables import Cell, ColumnKind, Row, Table

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
ROWS_PER_CHUNK = 500

Encoder = Callable[[Sequence[tuple[Cell, ...]]], list[str]]
"""Makes the fields of one run of columns, for many rows; each item holds the run's columns."""


class CsvWriter:
    """Turns a table into bytes in constant memory; `rows` counts what has been written so far."""

    def __init__(self, table: Table) -> None:
        self.rows = 0
        self._table = table
        self._runs = column_runs(table.columns)
        self._encoders = [_encoder(run) for run in self._runs]

    def chunks(self) -> Iterator[bytes]:
        """The header comes first and asks the database for nothing."""
        header = ",".join(csv_text(column.header) for column in self._table.columns)
        yield BYTE_ORDER_MARK + f"{header}\r\n".encode()
        for rows in batches(self._table.rows, ROWS_PER_CHUNK):
            self.rows += len(rows)
            yield self._lines(rows)
        if self._table.total_row is not None:
            yield self._lines([self._table.total_row()])

    def _lines(self, rows: Sequence[Row]) -> bytes:
        columns = list(zip(*rows, strict=True))
        fields = [
            encode(list(zip(*columns[run.start : run.end], strict=True)))
            for run, encode in zip(self._runs, self._encoders, strict=True)
        ]
        lines = list(map(",".join, zip(*fields, strict=True)))
        return ("\r\n".join(lines) + "\r\n").encode()


def _encoder(run: ColumnRun) -> Encoder:
    match run.kind:
        case ColumnKind.TEXT:
            return _texts
        case ColumnKind.SHARED_TEXT:
            known = Remembered(lambda cells: ",".join(_text(cell) for cell in cells))
            return lambda rows: list(map(known.__getitem__, rows))
        case ColumnKind.NUMBER | ColumnKind.DATE | ColumnKind.CLOCK:
            return lambda rows: ["" if value is None else str(value) for (value,) in rows]
        case ColumnKind.MOMENT:
            return lambda rows: [_moment(value) for (value,) in rows]


def _texts(rows: Sequence[tuple[Cell, ...]]) -> list[str]:
    values = [value for (value,) in rows]
    if plain_texts(values) is not None:
        return [f'"{value}"' for value in values]
    return [_text(value) for value in values]


def _text(value: Cell) -> str:
    return csv_text("" if value is None else str(value))


def _moment(value: Cell) -> str:
    """In the installation's zone, with its offset: 2026-02-10 02:30:00+00:00."""
    return timezone.localtime(value).isoformat(" ", "seconds") if isinstance(value, datetime) else ""
