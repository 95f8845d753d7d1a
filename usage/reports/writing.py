"""Makes a report: as a file, as a stream, or as the number of its rows."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast

from usage.reports.about import about_facts
from usage.reports.csv_writer import CsvWriter
from usage.reports.detailed import detailed_count, detailed_table
from usage.reports.exceptions import exceptions_count, exceptions_table
from usage.reports.kinds import ReportFile, ReportFormat, ReportKind
from usage.reports.scope import ReportScope
from usage.reports.summary import summary_count, summary_table
from usage.reports.tables import Row, Table
from usage.reports.totals import Totals
from usage.reports.xlsx_writer import DATA_ROWS_PER_SHEET, XlsxWriter

ABOUT_SHEET = "About this report"
PROGRESS_ROWS = 5000

TABLES = {
    ReportKind.DETAILED: detailed_table,
    ReportKind.SUMMARY: summary_table,
    ReportKind.EXCEPTIONS: exceptions_table,
}
COUNTS = {
    ReportKind.DETAILED: detailed_count,
    ReportKind.SUMMARY: summary_count,
    ReportKind.EXCEPTIONS: exceptions_count,
}
Progress = Callable[[int], None]


@dataclass(frozen=True)
class ReportOrder:
    """All that a report depends on besides the data. `generated_at` is aware."""

    kind: ReportKind
    report_format: ReportFormat
    scope: ReportScope
    generated_at: datetime
    rows_per_sheet: int = DATA_ROWS_PER_SHEET


def write_report(
    kind: ReportKind, report_format: ReportFormat, scope: ReportScope, path: Path, *, generated_at: datetime
) -> ReportFile:
    """Write the report to `path`, readable by its owner alone, replacing a file of that name.

    The file appears complete or not at all. The folder must exist; raises OSError when it cannot be written.
    """
    return write_order(ReportOrder(kind, report_format, scope, generated_at), path)


def write_order(order: ReportOrder, path: Path, *, progress: Progress | None = None) -> ReportFile:
    """Like `write_report`; `progress` hears the number of rows done, every few thousand rows."""
    table = TABLES[order.kind](order.scope)
    if progress is not None:
        table = replace(table, rows=_watched(table.rows, progress))
    write = _write_csv if order.report_format is ReportFormat.CSV else _write_xlsx
    with _file_beside(path) as file:
        rows = write(order, table, file)
        size_bytes, sha256 = _measure(file)
    return ReportFile(path, order.kind, order.report_format, rows, size_bytes, sha256)


def stream_csv(kind: ReportKind, scope: ReportScope) -> Iterator[bytes]:
    """The bytes of the CSV report in pieces; the first, the header, comes before anything is read."""
    return CsvWriter(TABLES[kind](scope)).chunks()


def row_counts(scope: ReportScope, by_company: Mapping[int, Totals]) -> dict[ReportKind, int]:
    """`row_count` of every report; `by_company` is `totals_by_company` of the same scope, so it is worked out once."""
    return {
        ReportKind.DETAILED: sum(found.records for found in by_company.values()),
        ReportKind.SUMMARY: summary_count(scope, by_company),
        ReportKind.EXCEPTIONS: exceptions_count(scope, by_company),
    }


def row_count(kind: ReportKind, scope: ReportScope) -> int:
    """Rows the report would have now, without header and total row."""
    return COUNTS[kind](scope)


def _write_csv(order: ReportOrder, table: Table, file: BinaryIO) -> int:
    writer = CsvWriter(table)
    for chunk in writer.chunks():
        file.write(chunk)
    return writer.rows


def _write_xlsx(order: ReportOrder, table: Table, file: BinaryIO) -> int:
    writer = XlsxWriter(file, created_at=order.generated_at, rows_per_sheet=order.rows_per_sheet)
    try:
        written = writer.write_table(order.kind.label, table)
        writer.write_facts(ABOUT_SHEET, about_facts(order.kind, order.scope, order.generated_at, written))
        writer.close()
    except BaseException:
        writer.abandon()
        raise
    return written.rows


def _watched(rows: Iterable[Row], progress: Progress) -> Iterator[Row]:
    for done, row in enumerate(rows, 1):
        yield row
        if done % PROGRESS_ROWS == 0:
            progress(done)


@contextmanager
def _file_beside(path: Path) -> Iterator[BinaryIO]:
    """A private temporary file in the folder of `path` that takes its place on success and is gone otherwise."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".report-", suffix=".part", delete=False) as file:
        temporary = Path(file.name)
        try:
            yield cast(BinaryIO, file)
            file.flush()
            os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def _measure(file: BinaryIO) -> tuple[int, str]:
    """Size in bytes and SHA-256 of what has been written."""
    file.flush()
    file.seek(0)
    digest = hashlib.sha256()
    while block := file.read(1 << 20):
        digest.update(block)
    return file.tell(), digest.hexdigest()
