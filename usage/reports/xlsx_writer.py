"""XLSX in constant memory: typed cells only, so that no text ever becomes a formula, a link, a number or markup."""

import zipfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import IO, BinaryIO

from usage.reports.column_runs import batches
from usage.reports.tables import Column, Row, Table
from usage.reports.xlsx_frame import Facts, SheetFrame, SheetPlan, frame_parts, sheet_frame, styles_of
from usage.reports.xlsx_rows import RowWriter, column_letters

DATA_ROWS_PER_SHEET = 1_048_575  # Excel's 1,048,576 less the header
COMPRESSION_LEVEL = 3  # twice as fast as 6, a tenth larger
FIRST_ROW = 2  # below the header


@dataclass(frozen=True)
class Written:
    """`rows` without headers and total row; `cut_cells` were longer than Excel allows and end in a mark."""

    rows: int
    sheets: int
    cut_cells: int


class XlsxWriter:
    """Writes tables and facts into one workbook; `close` completes the file.

    Rows go straight into the compressed file; nothing else is kept of them.
    """

    def __init__(self, file: BinaryIO, *, created_at: datetime, rows_per_sheet: int = DATA_ROWS_PER_SHEET) -> None:
        self._archive = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION_LEVEL)
        self._created_at = created_at
        self._rows_per_sheet = rows_per_sheet
        self._plans: list[SheetPlan] = []
        self._frames: list[SheetFrame] = []
        self._facts: dict[str, Facts] = {}
        self._part: IO[bytes] | None = None

    def write_table(self, title: str, table: Table) -> Written:
        """Sheets called `title`, `title 2`, …: as many as the rows need, each with the header."""
        sheets = _TableSheets(self, title, table.columns)
        rows = 0
        for batch in batches(table.rows):
            rows += len(batch)
            sheets.write(batch)
        sheets.end_filter()
        if table.total_row is not None:
            sheets.write([table.total_row()], bold=True)
        return sheets.close(rows)

    def write_facts(self, title: str, facts: Facts) -> None:
        """A sheet of names and their texts, behind all tables."""
        self._facts[title] = facts

    def close(self) -> None:
        written = {_sheet_name(number): frame for number, frame in enumerate(self._frames, 1)}
        for name, part in frame_parts(self._plans, self._facts, self._created_at):
            if name not in written:
                with self._archive.open(name, "w") as entry:
                    entry.write(part)
            elif styles_of(part.decode()) != (written[name].styles, written[name].bold_styles):
                raise RuntimeError("XlsxWriter numbered the styles of the workbook otherwise than those of its sheets.")
        self._archive.close()

    def abandon(self) -> None:
        """Let go of the file after a failure: what is in it is no workbook, and a full disk may be why."""
        with suppress(OSError):
            if self._part is not None:
                self._part.close()
        self._archive.fp = None

    def open_sheet(self, plan: SheetPlan) -> tuple[IO[bytes], SheetFrame]:
        self._plans.append(plan)
        frame = sheet_frame(plan, self._created_at, selected=len(self._plans) == 1)
        self._frames.append(frame)
        self._part = self._archive.open(_sheet_name(len(self._plans)), "w", force_zip64=True)
        return self._part, frame

    def note_filter(self, rows: int) -> None:
        """So many rows of the sheet that was opened last stand under its filter arrows."""
        self._plans[-1] = replace(self._plans[-1], filtered_rows=rows)

    @property
    def rows_per_sheet(self) -> int:
        return self._rows_per_sheet


class _TableSheets:
    """The sheets of one table, one open at a time."""

    def __init__(self, writer: XlsxWriter, title: str, columns: tuple[Column, ...]) -> None:
        self._writer, self._title, self._columns = writer, title, columns
        self._count = 0
        self._cut_cells = 0
        self._filtered: int | None = None
        self._open()

    def write(self, rows: Sequence[Row], *, bold: bool = False) -> None:
        while rows:
            if self._rows == self._writer.rows_per_sheet:
                self._finish()
                self._open()
            room = self._writer.rows_per_sheet - self._rows
            fitting = rows[:room]
            rows = rows[room:]
            maker = self._bold_rows if bold else self._plain_rows
            self._part.write(maker.rows(fitting, self._rows + FIRST_ROW).encode())
            self._rows += len(fitting)

    def end_filter(self) -> None:
        """Filter arrows over the rows so far; a total row comes later and is not for sorting and hiding."""
        self._filtered = self._rows

    def close(self, rows: int) -> Written:
        self._finish()
        return Written(rows, self._count, self._cut_cells)

    def _open(self) -> None:
        self._count += 1
        self._rows = 0
        self._filtered = None
        title = self._title if self._count == 1 else f"{self._title} {self._count}"
        self._part, self._frame = self._writer.open_sheet(SheetPlan(title, self._columns))
        self._plain_rows = RowWriter(self._columns, self._frame.styles)
        self._bold_rows = RowWriter(self._columns, self._frame.bold_styles)
        self._part.write(self._frame.head.encode())

    def _finish(self) -> None:
        filtered = self._rows if self._filtered is None else self._filtered
        self._writer.note_filter(filtered)
        corner = f"{column_letters(len(self._columns) - 1)}{filtered + 1}"
        self._part.write(self._frame.tail_for(f"A1:{corner}").encode())
        self._part.close()
        self._cut_cells += self._plain_rows.cut_cells + self._bold_rows.cut_cells


def _sheet_name(number: int) -> str:
    return f"xl/worksheets/sheet{number}.xml"
