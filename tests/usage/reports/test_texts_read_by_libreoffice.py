"""Another program than the ones in Python opens the workbook and finds the same texts, none of them a formula."""

import csv
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.usage.reports.payloads import CONTROLS, FORMULAS, HARMLESS
from usage.reports.tables import Cell, Column, ColumnKind, Table
from usage.reports.xlsx_writer import XlsxWriter

SOFFICE = shutil.which("soffice")
COLUMNS = (
    Column("A", ColumnKind.TEXT, 10),
    Column("B", ColumnKind.SHARED_TEXT, 10),
    Column("Day", ColumnKind.DATE, 10),
    Column("Clock", ColumnKind.CLOCK, 20),
    Column("Number", ColumnKind.NUMBER, 10),
)
TEXTS = [*FORMULAS, *HARMLESS, *CONTROLS]


def converted(workbook: Path) -> list[list[str]]:
    profile = f"-env:UserInstallation=file://{workbook.parent / 'profile'}"
    subprocess.run(
        [SOFFICE or "", profile, "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76", workbook],
        cwd=workbook.parent,
        check=True,
        capture_output=True,
        timeout=120,
    )
    with workbook.with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.slow
@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
def test_libreoffice_reads_every_cell_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "payloads.xlsx"
    rows: list[tuple[Cell, ...]] = [(text, text, "2026-02-10", "2026-02-10 23:59:59", 12) for text in TEXTS]
    with path.open("wb") as file:
        writer = XlsxWriter(file, created_at=datetime(2026, 1, 1, tzinfo=UTC))
        writer.write_table("Payloads", Table(COLUMNS, rows))
        writer.write_facts("About", [("Filter", text) for text in TEXTS])
        writer.close()

    read = converted(path)[1:]

    expected = [re.sub(r"\r\n?", "\n", text) for text in [*FORMULAS, *HARMLESS, *CONTROLS.values()]]
    assert [row[0] for row in read] == expected
    assert [row[1] for row in read] == expected
    assert {tuple(row[2:]) for row in read} == {("2026-02-10", "2026-02-10 23:59:59", "12")}
