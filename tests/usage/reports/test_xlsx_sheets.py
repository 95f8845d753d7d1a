"""The shape of an XLSX report: types, sheets, cuts and the sheet about itself."""

from datetime import UTC, datetime
from pathlib import Path
from zipfile import is_zipfile

import openpyxl
import pytest

from tests.usage.reports.reading import sheet_rows
from usage.reports.cells import XLSX_CELL_LIMIT, xlsx_text
from usage.reports.tables import Cell, Column, ColumnKind, Table
from usage.reports.xlsx_rows import column_letters
from usage.reports.xlsx_writer import Written, XlsxWriter

TEXT = Column("Text", ColumnKind.TEXT, 12)
COLUMNS = (
    TEXT,
    Column("Number", ColumnKind.NUMBER, 10),
    Column("Day", ColumnKind.DATE, 11),
    Column("Clock", ColumnKind.CLOCK, 20),
    Column("Moment", ColumnKind.MOMENT, 20),
)


def write(path: Path, table: Table, rows_per_sheet: int = 1000) -> Written:
    with path.open("wb") as file:
        created_at = datetime(2026, 1, 1, tzinfo=UTC)
        writer = XlsxWriter(file, created_at=created_at, rows_per_sheet=rows_per_sheet)
        written = writer.write_table("Data", table)
        writer.close()
    return written


def test_numbers_and_dates_are_real_and_ids_keep_their_zeros(tmp_path: Path) -> None:
    summer = datetime(2026, 7, 1, 12, tzinfo=UTC)
    row: tuple[Cell, ...] = ("0012", -5, "2026-02-10", "2026-02-10 23:59:59", summer)

    write(tmp_path / "a.xlsx", Table(COLUMNS, [row]))

    london = datetime(2026, 7, 1, 13)
    expected = ("0012", -5, datetime(2026, 2, 10), datetime(2026, 2, 10, 23, 59, 59), london)
    assert sheet_rows(tmp_path / "a.xlsx", "Data")[1] == expected


def test_a_day_before_excels_calendar_stays_text(tmp_path: Path) -> None:
    write(tmp_path / "a.xlsx", Table(COLUMNS, [("x", 1, "1899-12-31", "0001-01-01 10:00:00", None)]))

    assert sheet_rows(tmp_path / "a.xlsx", "Data")[1] == ("x", 1, "1899-12-31", "0001-01-01 10:00:00", None)


@pytest.mark.parametrize(("rows", "sizes"), [(0, [0]), (3, [3]), (4, [3, 1]), (6, [3, 3]), (7, [3, 3, 1])])
def test_rows_past_the_limit_go_on_in_further_sheets(tmp_path: Path, rows: int, sizes: list[int]) -> None:
    path = tmp_path / "a.xlsx"

    written = write(path, Table((TEXT,), [(str(number),) for number in range(rows)]), rows_per_sheet=3)

    book = openpyxl.load_workbook(path)
    sheets = [[row[0] for row in sheet.iter_rows(values_only=True)] for sheet in book]
    assert book.sheetnames == ["Data", "Data 2", "Data 3"][: len(sizes)]
    assert [sheet[0] for sheet in sheets] == ["Text"] * len(sizes)
    assert [text for sheet in sheets for text in sheet[1:]] == [str(number) for number in range(rows)]
    assert [len(sheet) - 1 for sheet in sheets] == sizes
    assert (written.rows, written.sheets) == (rows, len(sizes))


def test_a_total_row_that_finds_the_sheet_full_opens_another(tmp_path: Path) -> None:
    table = Table((TEXT,), [("a",), ("b",)], lambda: ("Total",))

    written = write(tmp_path / "a.xlsx", table, rows_per_sheet=2)

    assert sheet_rows(tmp_path / "a.xlsx", "Data 2") == [("Text",), ("Total",)]
    assert (written.rows, written.sheets) == (2, 2)


def test_the_header_is_frozen_and_the_filter_spans_the_rows_but_not_the_total(tmp_path: Path) -> None:
    table = Table((TEXT,), [("a",), ("b",)], lambda: ("Total",))

    write(tmp_path / "a.xlsx", table)

    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["Data"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet.max_row) == ("A2", "A1:A3", 4)


@pytest.mark.parametrize("character", ["x", "🙂"])
def test_a_cell_over_the_limit_is_cut_with_a_mark_and_counted(tmp_path: Path, character: str) -> None:
    columns = (TEXT, Column("Shared", ColumnKind.SHARED_TEXT, 10))
    long = character * 40_000

    written = write(tmp_path / "a.xlsx", Table(columns, [(long, long), (long, "short")]))

    text = sheet_rows(tmp_path / "a.xlsx", "Data")[1][0]
    assert written.cut_cells == 3
    assert len(text.encode("utf-16-le")) // 2 in (XLSX_CELL_LIMIT, XLSX_CELL_LIMIT - 1)
    assert text.endswith("… [cut: 40,000 characters in all]")
    assert text.startswith(character * 16_000)


def test_a_cell_of_exactly_the_limit_is_not_cut() -> None:
    assert xlsx_text("x" * XLSX_CELL_LIMIT) == ("x" * XLSX_CELL_LIMIT, False)
    assert xlsx_text("x" * (XLSX_CELL_LIMIT + 1))[1]


def test_only_the_first_of_several_sheets_is_in_front(tmp_path: Path) -> None:
    write(tmp_path / "a.xlsx", Table((TEXT,), [("a",), ("b",), ("c",)]), rows_per_sheet=1)

    book = openpyxl.load_workbook(tmp_path / "a.xlsx")

    assert [bool(sheet.sheet_view.tabSelected) for sheet in book] == [True, False, False]


def test_every_sheet_has_widths_filter_and_a_filter_range_of_its_own(tmp_path: Path) -> None:
    write(tmp_path / "a.xlsx", Table(COLUMNS, [("a", 1, None, None, None)] * 3), rows_per_sheet=2)

    book = openpyxl.load_workbook(tmp_path / "a.xlsx")

    assert [sheet.auto_filter.ref for sheet in book] == ["A1:E3", "A1:E2"]
    assert [round(sheet.column_dimensions["D"].width) for sheet in book] == [21, 21]
    assert [sheet.freeze_panes for sheet in book] == ["A2", "A2"]


def test_a_number_or_a_day_that_is_missing_leaves_the_cell_out(tmp_path: Path) -> None:
    write(tmp_path / "a.xlsx", Table(COLUMNS, [("", None, None, "", None), ("a", 1, None, None, None)]))

    rows = sheet_rows(tmp_path / "a.xlsx", "Data")[1:]

    assert rows == [(None,) * 5, ("a", 1, None, None, None)]


def test_a_workbook_given_up_half_way_lets_go_of_its_file(tmp_path: Path) -> None:
    rows = iter([("a",)])
    with (tmp_path / "a.xlsx").open("wb") as file:
        writer = XlsxWriter(file, created_at=datetime(2026, 1, 1, tzinfo=UTC))
        writer.write_table("Data", Table((TEXT,), rows))

        writer.abandon()

    assert not is_zipfile(tmp_path / "a.xlsx")


@pytest.mark.parametrize(("position", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_columns_have_the_letters_of_spreadsheets(position: int, letters: str) -> None:
    assert column_letters(position) == letters
