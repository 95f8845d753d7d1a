"""One export, in the environment of its place: prints what it took as one line of JSON.

python -m bench.exports_child csv|csv-small|csv-module|copy|xlsx|xlsx-small|xlsx-rustpy
"""

import csv
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import django

django.setup()

from django.db import connection  # noqa: E402 - Django must be set up before

from bench.xlsx_child import with_rustpy  # noqa: E402
from intacct_usage.lib import clock  # noqa: E402
from usage.models import QueryFilter  # noqa: E402
from usage.periods import ALL_DATA, ReportPeriod  # noqa: E402
from usage.reports import ReportFormat, ReportKind, ReportScope, stream_csv, write_report  # noqa: E402
from usage.reports.detailed import detailed_table  # noqa: E402

EVERYTHING = ReportScope(None, ALL_DATA)
COPY = """COPY (
SELECT company.intacct_id, company.name, company.sage_account_number, COALESCE(filter.name, 'Other'), sender.sender_id,
       signature."user", signature.client_type, signature.function, record.transactions, signature.status,
       record.created_on, record.created_time, record.record_no, record.control_id, record.document_control_id,
       signature.policy_id, signature.dtd_version
FROM usage_usagerecord record JOIN usage_company company ON company.id = record.company_id
JOIN usage_callsignature signature ON signature.id = record.signature_id
JOIN usage_sender sender ON sender.id = signature.sender_id
LEFT JOIN usage_queryfilter filter ON filter.id = company.query_filter_id
ORDER BY company.intacct_id, record.created_on, record.created_time, LENGTH(record.record_no), record.record_no
) TO STDOUT WITH (FORMAT csv, FORCE_QUOTE *)"""


def small_scope() -> ReportScope:
    """One filter's few last days: some thousands of records."""
    today = clock.utc_day(clock.now())
    return ReportScope(QueryFilter.objects.first(), ReportPeriod(today.replace(day=1), today))


def by_report(report_format: ReportFormat, scope: ReportScope) -> Callable[[Path], None]:
    return lambda path: write_report(ReportKind.DETAILED, report_format, scope, path, generated_at=clock.now()) and None


def by_csv_module(path: Path) -> float:
    """Only the writing counts: the rows are in memory before."""
    rows = list(detailed_table(EVERYTHING).rows)
    started = time.perf_counter()
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    return time.perf_counter() - started


def by_copy(path: Path) -> None:
    with connection.cursor() as cursor, path.open("wb") as file, cursor.copy(COPY) as copy:
        for block in copy:
            file.write(block)


def by_rustpy(path: Path) -> None:
    with_rustpy(detailed_table(EVERYTHING).rows, path)


def first_byte_seconds() -> float:
    """Until the first rows of a CSV are there, not only its header."""
    started = time.perf_counter()
    chunks = stream_csv(ReportKind.DETAILED, EVERYTHING)
    next(chunks)
    next(chunks)
    return time.perf_counter() - started


ACTS: dict[str, Callable[[Path], float | None]] = {
    "csv": by_report(ReportFormat.CSV, EVERYTHING),
    "xlsx": by_report(ReportFormat.XLSX, EVERYTHING),
    "csv-module": by_csv_module,
    "copy": by_copy,
    "xlsx-rustpy": by_rustpy,
}


def main() -> None:
    what = sys.argv[1]
    if what.endswith("-small"):
        act: Callable[[Path], float | None] = by_report(ReportFormat(what.removesuffix("-small")), small_scope())
    else:
        act = ACTS[what]
    found = {"first_byte_seconds": first_byte_seconds()} if what == "csv" else {}
    with tempfile.TemporaryDirectory(prefix="usage-bench-") as folder:
        path = Path(folder) / "bench.out"
        wall, cpu = time.perf_counter(), time.process_time()
        alone = act(path)
        found["seconds"] = time.perf_counter() - wall if alone is None else alone
        found["cpu_seconds"] = time.process_time() - cpu
        found["file_mib"] = path.stat().st_size / 2**20
    found["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
