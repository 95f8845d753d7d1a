"""One XLSX writer in a process of its own: prints what it took, or how safe it is, as one line of JSON.

python -m bench.xlsx_child ours|xlsxwriter|openpyxl|rustpy ROWS|safety [past]
"""

import json
import resource
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import django
import openpyxl

django.setup()

from usage.reports.detailed import COLUMNS  # noqa: E402 - Django must be set up before
from usage.reports.tables import ColumnKind, Row, Table  # noqa: E402
from usage.reports.xlsx_writer import XlsxWriter  # noqa: E402

HEADERS = [column.header for column in COLUMNS]
DATED = {position: column.kind for position, column in enumerate(COLUMNS) if column.kind.name in ("DATE", "CLOCK")}
ROW_LIMIT = 1_048_576
PAYLOADS = ("=1+1", "+1+1", "http://evil.example/", "<r>x</r>", "_x003D_1+1", "0012", "a\tb\nc", "&lt;f&gt;")


def rows(count: int) -> Iterator[Row]:
    start = date(2025, 1, 1)
    for number in range(count):
        company = number * 2000 // count
        day = (start + timedelta(days=number % 700)).isoformat()
        clock = f"{day} {number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}"
        yield (
            *(f"UK_company-{company:05}", f"Company number {company:,} Limited", f"{4_000_000 + company}", "UK"),
            *("expenseapp", f"api-{company}", "XMLGW", ("query", "create", "readByQuery")[number % 3]),
            *(1 + number % 3, "success", day, clock, str(100_000 + number)),
            *(f"{number * 2654435761 % 2**128:032x}", f"doc-{number:08x}", "", "3.0"),
        )


def ours(table: Iterable[Row], path: Path) -> None:
    with path.open("wb") as file:
        writer = XlsxWriter(file, created_at=datetime.now(UTC))
        writer.write_table("Data", Table(COLUMNS, table))
        writer.close()


def with_xlsxwriter(table: Iterable[Row], path: Path) -> None:
    import xlsxwriter

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(str(path), options)
    book.use_zip64()
    sheet = book.add_worksheet("Data")
    dates = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    sheet.write_row(0, 0, HEADERS)
    for number, row in enumerate(table, 1):
        for position, value in enumerate(row):
            if position in DATED:
                sheet.write_datetime(number, position, datetime.fromisoformat(str(value)), dates)
            elif isinstance(value, int):
                sheet.write_number(number, position, value)
            else:
                sheet.write_string(number, position, value)
    book.close()


def with_openpyxl(table: Iterable[Row], path: Path) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Data")
    sheet.append(HEADERS)
    for row in table:
        sheet.append(_with_dates(row))
    book.save(path)


def with_rustpy(table: Iterable[Row], path: Path) -> None:
    import rustpy_xlsxwriter

    dicts = (dict(zip(HEADERS, _with_dates(row), strict=True)) for row in table)
    rustpy_xlsxwriter.write_worksheet(
        dicts, str(path), "Data", freeze_row=1, autofilter=True, datetime_format="yyyy-mm-dd hh:mm:ss"
    )


def _with_dates(row: Row) -> list[object]:
    return [datetime.fromisoformat(str(value)) if at in DATED else value for at, value in enumerate(row)]


WRITERS: dict[str, Callable[[Iterable[Row], Path], None]] = {
    "ours": ours,
    "xlsxwriter": with_xlsxwriter,
    "openpyxl": with_openpyxl,
    "rustpy": with_rustpy,
}


def measured(write: Callable[[Iterable[Row], Path], None], count: int, path: Path) -> dict[str, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    write(rows(count), path)
    return {
        "seconds": time.perf_counter() - wall,
        "cpu_seconds": time.process_time() - cpu,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "file_mib": path.stat().st_size / 2**20,
    }


def safety(write: Callable[[Iterable[Row], Path], None], path: Path) -> dict[str, object]:
    """What becomes of texts that spreadsheets would run, of a long text, and of rows past Excel's last."""
    sample = next(rows(1))
    at = next(number for number, column in enumerate(COLUMNS) if column.kind is ColumnKind.TEXT)
    write([(*sample[:at], text, *sample[at + 1 :]) for text in PAYLOADS], path)
    sheet = openpyxl.load_workbook(path).worksheets[0]
    read = [sheet.cell(number, at + 1) for number in range(2, 2 + len(PAYLOADS))]
    wrong = [text for text, cell in zip(PAYLOADS, read, strict=True) if not _is_text(cell, text)]

    def past() -> None:
        write((sample for _ in range(ROW_LIMIT + 9)), path)

    with zipfile.ZipFile(path) as archive:
        links = any(b"hyperlink" in archive.read(name) for name in archive.namelist() if "sheet" in name)
    return {
        "not_the_same_text": wrong,
        "links": links,
        "long_text": _outcome(lambda: write([(*sample[:at], "x" * 40_000, *sample[at + 1 :])], path), path, at),
        **({"rows_past_the_last": _outcome(past, path, None)} if len(sys.argv) > 3 else {}),
    }


def _is_text(cell: openpyxl.cell.cell.Cell, text: str) -> bool:
    read = openpyxl.utils.escape.unescape(str(cell.value))
    return cell.data_type != "f" and isinstance(cell.value, str) and read == text


def _outcome(act: Callable[[], None], path: Path, column: int | None) -> str:
    try:
        act()
    except Exception as error:  # noqa: BLE001 - the error is the finding
        return f"refused: {str(error)[:60]}"
    if column is not None:
        text = str(openpyxl.load_workbook(path).worksheets[0].cell(2, column + 1).value)
        return f"{len(text):,} characters, ends with {text[-12:]!r}"
    with zipfile.ZipFile(path) as archive:
        sheets = [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    return f"{sum(xml.count(b'<row ') for xml in sheets):,} rows on {len(sheets)} sheets"


def main() -> None:
    write = WRITERS[sys.argv[1]]
    with tempfile.TemporaryDirectory(prefix="usage-bench-") as folder:
        path = Path(folder) / "bench.xlsx"
        found = safety(write, path) if sys.argv[2] == "safety" else measured(write, int(sys.argv[2]), path)
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
