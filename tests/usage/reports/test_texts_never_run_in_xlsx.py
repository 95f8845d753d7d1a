"""An XLSX cell is text or a number: no formula, no link, no markup, and nothing is lost."""

import re
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils.escape import unescape

from tests.usage.reports.payloads import CONTROLS, FORMULAS, HARMLESS
from tests.usage.reports.reading import packed_xml
from usage.reports.tables import Column, ColumnKind, Table
from usage.reports.xlsx_writer import XlsxWriter

TEXTS = (Column("A", ColumnKind.TEXT, 10), Column("B", ColumnKind.SHARED_TEXT, 10))


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("payloads")
    path = folder / "payloads.xlsx"
    texts = [*FORMULAS, *HARMLESS, *CONTROLS]
    with path.open("wb") as file:
        writer = XlsxWriter(file, created_at=datetime(2026, 1, 1, tzinfo=UTC))
        writer.write_table("Payloads", Table(TEXTS, [(text, text) for text in texts]))
        writer.write_facts("About", [("Filter", text) for text in texts])
        writer.close()
    return path


def expected_texts() -> list[str]:
    line_ends = re.compile(r"\r\n?")
    return [line_ends.sub("\n", text) for text in [*FORMULAS, *HARMLESS, *CONTROLS.values()]]


def test_no_part_of_the_workbook_holds_a_formula_or_a_link(workbook: Path) -> None:
    parts = packed_xml(workbook)

    assert [name for name, xml in parts.items() if re.search(r"<f[ >/]|hyperlink", xml)] == []


@pytest.mark.parametrize("column", ["A", "B"])
def test_every_text_is_read_back_whole_as_text(workbook: Path, column: str) -> None:
    cells = openpyxl.load_workbook(workbook)["Payloads"][column][1:]

    assert {cell.data_type for cell in cells} <= {"s", "inlineStr"}
    assert [unescape(cell.value) for cell in cells] == expected_texts()


def test_the_about_sheet_is_as_safe(workbook: Path) -> None:
    cells = openpyxl.load_workbook(workbook)["About"]["B"]

    assert {cell.data_type for cell in cells} <= {"s", "inlineStr"}
    assert [unescape(cell.value) for cell in cells] == expected_texts()
