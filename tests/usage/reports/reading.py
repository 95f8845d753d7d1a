"""Reads reports back the way other programs do."""

import csv
import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import openpyxl

from usage.periods import ALL_DATA
from usage.reports import ReportFile, ReportFormat, ReportKind, ReportScope, stream_csv, write_report

ALL = ReportScope(None, ALL_DATA)
GENERATED_AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def csv_rows(kind: ReportKind, scope: ReportScope = ALL) -> list[list[str]]:
    """Header and rows of the streamed CSV."""
    text = b"".join(stream_csv(kind, scope)).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def csv_records(kind: ReportKind, scope: ReportScope = ALL) -> list[dict[str, str]]:
    header, *rows = csv_rows(kind, scope)
    return [dict(zip(header, row, strict=True)) for row in rows]


def write_xlsx(kind: ReportKind, folder: Path, scope: ReportScope = ALL) -> ReportFile:
    return write_report(kind, ReportFormat.XLSX, scope, folder / "report.xlsx", generated_at=GENERATED_AT)


def sheet_rows(path: Path, title: str) -> list[tuple]:
    """Values of one sheet, header first."""
    return list(openpyxl.load_workbook(path)[title].iter_rows(values_only=True))


def about(path: Path) -> dict[str, str]:
    return dict(sheet_rows(path, "About this report"))


def packed_xml(path: Path) -> dict[str, str]:
    """Every part of the workbook as text."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}
