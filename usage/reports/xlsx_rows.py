"""Rows of a sheet as XML. A cell is a text or a number and never anything else: no formula, no link, no markup."""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import lru_cache
from xml.sax.saxutils import escape

from django.utils import timezone

from usage.reports.cells import XLSX_CELL_LIMIT, xlsx_text
from usage.reports.column_runs import ColumnRun, Remembered, column_runs, plain_texts
from usage.reports.tables import Cell, Column, ColumnKind, Row
from usage.reports.xlsx_frame import Styles

DAY_ZERO = date(1899, 12, 30)
FIRST_SAFE_SERIAL = 61  # Excel believes in 29 February 1900, so earlier days stay text
SECONDS_PER_DAY = 86_400
TEXT_KINDS = frozenset({ColumnKind.TEXT, ColumnKind.SHARED_TEXT})

# Neither can be part of a text: `cells.visible` shows control characters as pictures.
ROW_NUMBER = "\0"
"""Stands for the row's number until the row is complete."""
CUT = "\1"
"""Stands in each cell whose text had to be cut."""

_ESCAPE_LIKE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
Encoder = Callable[[Sequence[tuple[Cell, ...]]], list[str]]
"""Makes the cells of one run of columns, for many rows; each item holds the run's columns."""


class RowWriter:
    """Makes rows of one table; `cut_cells` counts those longer than Excel allows."""

    def __init__(self, columns: Sequence[Column], styles: Styles) -> None:
        self.cut_cells = 0
        self._columns = columns
        self._styles = styles
        self._runs = column_runs(columns)
        self._encoders = [self._encoder(run) for run in self._runs]

    def rows(self, rows: Sequence[Row], first_number: int) -> str:
        """The XML of rows that stand one below the other, the first in the row of that number (from 1)."""
        columns = list(zip(*rows, strict=True))
        cells = [
            encode(list(zip(*columns[run.start : run.end], strict=True)))
            for run, encode in zip(self._runs, self._encoders, strict=True)
        ]
        xml = "".join(
            f'<row r="{ROW_NUMBER}">{"".join(row)}</row>'.replace(ROW_NUMBER, str(number))
            for number, row in enumerate(zip(*cells, strict=True), first_number)
        )
        if CUT in xml:
            self.cut_cells += xml.count(CUT)
            xml = xml.replace(CUT, "")
        return xml

    def _place(self, position: int) -> str:
        """Address and style of a column's cells."""
        return f'<c r="{column_letters(position)}{ROW_NUMBER}" s="{self._styles[self._columns[position].kind]}"'

    def _encoder(self, run: ColumnRun) -> Encoder:
        if run.kind is ColumnKind.SHARED_TEXT:
            places = [self._place(position) for position in range(run.start, run.end)]
            known = Remembered(lambda cells: "".join(map(_any_cell, places, cells, [run.kind] * len(cells))))
            return lambda rows: list(map(known.__getitem__, rows))
        place = self._place(run.start)
        if run.kind is ColumnKind.TEXT:
            return lambda rows: _text_cells(place, rows)
        if run.kind is ColumnKind.NUMBER:
            return lambda rows: [_number_cell(place, value) for (value,) in rows]
        if run.kind is ColumnKind.DATE:
            days = Remembered(lambda cells: _any_cell(place, cells[0], run.kind))
            return lambda rows: list(map(days.__getitem__, rows))
        if run.kind is ColumnKind.CLOCK:
            return lambda rows: [_clock_cell(place, value) for (value,) in rows]
        return lambda rows: [_any_cell(place, value, run.kind) for (value,) in rows]


def _text_cells(place: str, rows: Sequence[tuple[Cell, ...]]) -> list[str]:
    values = [value for (value,) in rows]
    texts = plain_texts(values)
    if texts is not None and len(max(texts, key=len)) <= XLSX_CELL_LIMIT:
        before, after = f'{place} t="inlineStr"><is><t>', "</t></is></c>"
        return [f"{before}{text}{after}" if text else "" for text in texts]
    return [_any_cell(place, value, ColumnKind.TEXT) for value in values]


def _number_cell(place: str, value: Cell) -> str:
    if type(value) is int:
        return f"{place}><v>{value}</v></c>"
    return _any_cell(place, value, ColumnKind.NUMBER)


def _clock_cell(place: str, value: Cell) -> str:
    if isinstance(value, str) and value and (day := _day_serial(value[:10])) is not None:
        return f"{place}><v>{day + _share_of_day(value)!r}</v></c>"
    return _any_cell(place, value, ColumnKind.CLOCK)


def _any_cell(place: str, value: Cell, kind: ColumnKind) -> str:
    """A cell of its kind; what does not fit its kind becomes text, nothing becomes no cell."""
    if value is None or value == "":
        return ""
    if isinstance(value, str) and kind in TEXT_KINDS:
        return _text_cell(place, value)
    serial = _serial(value)
    return _text_cell(place, str(value)) if serial is None else f"{place}><v>{serial!r}</v></c>"


def _text_cell(place: str, text: str) -> str:
    text, cut = xlsx_text(text)
    # In Excel's files _x003D_ means a character by its code; the underscore itself can be written so.
    text = escape(_ESCAPE_LIKE.sub("_x005F_", text))
    space = ' xml:space="preserve"' if text != text.strip() else ""
    return f'{place} t="inlineStr"><is><t{space}>{text}</t></is></c>{CUT if cut else ""}'


def _serial(value: str | int | datetime) -> float | None:
    """What Excel calculates with: a number, or days since its day zero; None for a day before Excel's calendar."""
    if isinstance(value, int):
        return value
    if isinstance(value, datetime):
        value = timezone.localtime(value).replace(tzinfo=None).isoformat(" ", "seconds")
    day = _day_serial(value[:10])
    if day is None or len(value) == len("YYYY-MM-DD"):
        return day
    return day + _share_of_day(value)


def _share_of_day(clock_reading: str) -> float:
    """Of YYYY-MM-DD HH:MM:SS; 0 for a bare day."""
    return (_minutes(clock_reading[11:16]) * 60 + int(clock_reading[17:19] or 0)) / SECONDS_PER_DAY


@lru_cache(maxsize=4096)
def _day_serial(day: str) -> int | None:
    serial = (date.fromisoformat(day) - DAY_ZERO).days
    return serial if serial >= FIRST_SAFE_SERIAL else None


@lru_cache(maxsize=1440)
def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:]) if clock else 0


def column_letters(position: int) -> str:
    """A column's letters: A for 0, AA for 26."""
    letters = ""
    while position >= 0:
        position, rest = divmod(position, 26)
        letters = chr(ord("A") + rest) + letters
        position -= 1
    return letters
