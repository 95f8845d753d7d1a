"""The pieces of a workbook show their cells as the whole one does."""

from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest

from notifications.report_splitting import split_report
from tests.factories import make_company, make_records
from tests.usage.reports.reading import write_xlsx
from usage.reports import ReportKind

pytestmark = pytest.mark.django_db
ROWS = 30


def first_row(path: Path) -> list[tuple[str, str, object]]:
    """Header, number format and value of each column, in the first row of data."""
    sheet = openpyxl.load_workbook(path).worksheets[0]
    return [(header.value, cell.number_format, cell.value) for header, cell in zip(sheet[1], sheet[2], strict=True)]


def test_each_column_of_a_detailed_report_keeps_its_number_format(tmp_path: Path) -> None:
    created = datetime(2026, 2, 10, 23, 59, 58, tzinfo=UTC)
    make_records(make_company("Acme", name="Acme & Co"), date(2026, 2, 10), ROWS, created_time=created)
    path = write_xlsx(ReportKind.DETAILED, tmp_path).path

    pieces = split_report(path, 3, rows=ROWS, folder=tmp_path)

    whole = {header: code for header, code, _ in first_row(path)}
    assert [piece.rows for piece in pieces] == [11, 11, 8]
    assert (whole["Created Date"], whole["Created Time"]) == ("yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss")
    for piece in pieces:
        filled = {header: code for header, code, value in first_row(piece.path) if value is not None}
        assert filled == {header: whole[header] for header in filled}
        assert {"Company ID", "Transactions", "Created Date", "Created Time"} <= filled.keys()
