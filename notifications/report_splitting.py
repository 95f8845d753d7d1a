"""Cuts a report file into pieces by rows: each a complete file with the header, every row in exactly one of them."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

LARGEST_WORKBOOK_BYTES = 15_000_000
"""Reading and writing a larger workbook anew takes minutes, too long for one delivery."""

GENERAL = "General"
"""The number format of a cell that has none."""

Cells = tuple[object, ...]
DATE_FORMATS: tuple[tuple[type, str], ...] = (
    (datetime, "yyyy-mm-dd hh:mm:ss"),
    (date, "yyyy-mm-dd"),
    (time, "hh:mm:ss"),
)


class CannotSplitError(Exception):
    """The file is of a kind or size that is not split."""


@dataclass(frozen=True)
class Piece:
    """A part of a report; `rows` counts what follows the header."""

    path: Path
    rows: int


@dataclass(frozen=True)
class _Table:
    """What a sheet of data is written from; `number_formats` by column."""

    title: str
    header: Cells
    rows: Iterable[Cells]
    number_formats: Sequence[str]


def split_report(path: Path, count: int, *, rows: int, folder: Path) -> list[Piece]:
    """Write at most `count` pieces of about equal size into `folder`; the file has about `rows` rows.

    Raises CannotSplitError.
    """
    if path.suffix == ".csv":
        return _split_csv(path, count, folder)
    if path.suffix == ".xlsx" and path.stat().st_size <= LARGEST_WORKBOOK_BYTES:
        return _split_workbook(path, count, rows=rows, folder=folder)
    raise CannotSplitError("it is too large or no report file")


def _piece_name(path: Path, number: int, count: int) -> str:
    return f"{path.stem}_piece-{number}-of-{count}{path.suffix}"


def _open_private(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)


def _split_csv(path: Path, count: int, folder: Path) -> list[Piece]:
    """Bytes stay as they are; a quoted field may hold line breaks, so records are told by the number of quotes."""
    with path.open("rb") as source:
        records = _records(source)
        header = next(records, b"")
        share = (path.stat().st_size - len(header)) // count + 1
        pieces: list[Piece] = []
        record = next(records, None)
        while record is not None:
            target = folder / _piece_name(path, len(pieces) + 1, count)
            written, rows = 0, 0
            with os.fdopen(_open_private(target), "wb") as piece:
                piece.write(header)
                while record is not None and (written < share or len(pieces) == count - 1):
                    written += piece.write(record)
                    rows += 1
                    record = next(records, None)
            pieces.append(Piece(target, rows))
    return pieces


def _records(lines: Iterator[bytes]) -> Iterator[bytes]:
    pending = b""
    for line in lines:
        pending += line
        if pending.count(b'"') % 2 == 0:
            yield pending
            pending = b""
    if pending:
        yield pending


def _split_workbook(path: Path, count: int, *, rows: int, folder: Path) -> list[Piece]:
    """Each piece repeats the header; the last sheet, which tells about the report, is copied whole."""
    book = openpyxl.load_workbook(path, read_only=True)
    try:
        *data_sheets, about = book.worksheets
        facts = [tuple(row) for row in _sheet_rows(about)]
        data = _data_rows(data_sheets)
        header = next(data, ())
        number_formats = _number_formats(data_sheets[0])
        share = rows // count + 1
        pieces = []
        for number in range(1, count + 1):
            part = data if number == count else islice(data, share)
            first = next(part, None)
            if first is None and number > 1:
                break
            target = folder / _piece_name(path, number, count)
            filled = chain([first] if first else [], part)
            table = _Table(data_sheets[0].title, header, filled, number_formats)
            written = _write_workbook(target, table, (about.title, facts))
            pieces.append(Piece(target, written))
        return pieces
    finally:
        book.close()


def _data_rows(sheets: Sequence[Any]) -> Iterator[Cells]:  # Any: as below
    """The header once, then every data row of every sheet."""
    for position, sheet in enumerate(sheets):
        yield from islice(_sheet_rows(sheet), min(position, 1), None)


def _sheet_rows(sheet: Any) -> Iterator[Cells]:  # Any: the stubs do not know the methods of a read-only sheet
    sheet.reset_dimensions()  # a file written in constant memory does not know its size when it begins
    yield from sheet.iter_rows(values_only=True)


def _number_formats(sheet: Any) -> list[str]:  # Any: as above
    """Those of the first row of data; a value alone does not tell whether a date was shown with a time of day."""
    sheet.reset_dimensions()
    row = next(sheet.iter_rows(min_row=2, max_row=2), ())
    return [cell.number_format for cell in row]


def _write_workbook(target: Path, table: _Table, about: tuple[str, list[Cells]]) -> int:
    """Write a workbook readable by its owner alone; the number of data rows. Text never becomes a formula or a link."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    os.close(_open_private(target))
    book = xlsxwriter.Workbook(str(target), {**options, "tmpdir": str(target.parent)})
    bold = book.add_format({"bold": True})
    by_kind = {kind: book.add_format({"num_format": pattern}) for kind, pattern in DATE_FORMATS}
    by_column = [None if code == GENERAL else book.add_format({"num_format": code}) for code in table.number_formats]
    sheet = book.add_worksheet(table.title)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, max(len(table.header) - 1, 0), 20)
    sheet.write_row(0, 0, table.header, bold)
    written = 0
    for written, row in enumerate(table.rows, start=1):
        _write_row(sheet, written, zip_longest(row, by_column[: len(row)]), by_kind)
    facts = book.add_worksheet(about[0])
    facts.set_column(0, 1, 40)
    for number, row in enumerate(about[1]):
        _write_row(facts, number, ((value, None) for value in row), by_kind)
    book.close()
    return written


def _write_row(
    sheet: Worksheet, number: int, row: Iterable[tuple[object, Format | None]], by_kind: dict[type, Format]
) -> None:
    """Each value with the format of its column; without one a date gets that of its kind."""
    for column, (value, style) in enumerate(row):
        if isinstance(value, str):
            sheet.write_string(number, column, value, style)
        elif isinstance(value, date | time):
            sheet.write_datetime(number, column, value, style or by_kind[type(value)])
        elif value is not None:
            sheet.write_number(number, column, value, style)
