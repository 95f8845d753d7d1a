"""What a report costs: queries do not grow with the rows, memory stays flat."""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import make_company, make_failing_company, make_filter, make_records, make_signature
from tests.usage.reports.reading import ALL
from usage.models import UsageRecord
from usage.reports import ReportKind, stream_csv, summary_figures
from usage.reports import detailed as detailed_report

ALLOWED_GROWTH_MIB = 20


def queries_of(kind: ReportKind) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        b"".join(stream_csv(kind, ALL))
    return len(captured)


def add_companies(count: int) -> None:
    for number in range(count):
        company = make_company(query_filter=make_filter())
        make_records(company, date(2026, 1, 15), 5, signature=make_signature(f"partner-{number}"))
        make_failing_company()


@pytest.mark.django_db
@pytest.mark.database
@pytest.mark.parametrize("kind", ReportKind)
def test_many_companies_and_records_need_no_more_queries_than_few(kind: ReportKind) -> None:
    add_companies(1)
    few = queries_of(kind)

    add_companies(20)

    assert queries_of(kind) == few


@pytest.mark.django_db
@pytest.mark.database
def test_figures_need_no_more_queries_for_many_companies_than_for_few() -> None:
    add_companies(1)
    with CaptureQueriesContext(connection) as few:
        summary_figures(ALL, date(2026, 2, 10))

    add_companies(20)

    with CaptureQueriesContext(connection) as many:
        summary_figures(ALL, date(2026, 2, 10))
    assert len(many) == len(few)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ReportKind)
def test_the_first_bytes_of_a_stream_wait_for_no_query(kind: ReportKind) -> None:
    with CaptureQueriesContext(connection) as captured:
        first = next(stream_csv(kind, ALL))

    assert first.startswith(b'\xef\xbb\xbf"Company ID"')
    assert len(captured) == 0


@pytest.mark.django_db
@pytest.mark.database
def test_a_signature_stored_while_the_report_runs_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detailed_report, "RECORDS_PER_BATCH", 1)
    for name in ("a", "b"):
        make_records(make_company(name), date(2026, 1, 15), 1)
    rows = iter(detailed_report.detailed_table(ALL).rows)
    next(rows)

    UsageRecord.objects.filter(company__intacct_id="b").update(signature=make_signature("late-partner"))

    assert "late-partner" in next(rows)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory peaks are read from Linux's /proc")
@pytest.mark.parametrize("report_format", ["csv", "xlsx"])
def test_memory_stays_flat_over_200_000_records(tmp_path: Path, report_format: str) -> None:
    environment = {**os.environ, "DATA_DIR": str(tmp_path)}
    environment.pop("DATABASE_URL", None)

    child = subprocess.run(
        [sys.executable, "-m", "tests.usage.reports.large_export", report_format, str(tmp_path / "out")],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )

    measured = json.loads(child.stdout.splitlines()[-1])
    assert measured["rows"] == 200_000
    assert measured["growth_mib"] < ALLOWED_GROWTH_MIB
