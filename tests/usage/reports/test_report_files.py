"""A report file appears complete or not at all, and says what it is."""

import hashlib
import re
import stat
from datetime import date, datetime
from pathlib import Path

import pytest
from django.test import override_settings

from tests.factories import make_company, make_filter, make_record
from tests.usage.reports.reading import ALL, GENERATED_AT, about, write_xlsx
from usage.periods import ReportPeriod
from usage.reports import ReportFormat, ReportKind, ReportScope, stream_csv, write_report
from usage.reports import detailed as detailed_report

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.mark.parametrize("report_format", ReportFormat)
@pytest.mark.parametrize("kind", ReportKind)
def test_a_file_is_private_measured_and_alone_in_its_folder(
    tmp_path: Path, kind: ReportKind, report_format: ReportFormat
) -> None:
    make_record(make_company())

    written = write_report(kind, report_format, ALL, tmp_path / "report", generated_at=GENERATED_AT)

    content = written.path.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["report"]
    assert stat.S_IMODE(written.path.stat().st_mode) == 0o600
    assert (written.size_bytes, written.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert (written.kind, written.report_format) == (kind, report_format)


@pytest.mark.parametrize("report_format", ReportFormat)
def test_a_failure_half_way_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, report_format: ReportFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_record(make_company())
    (tmp_path / "report").write_text("old")
    monkeypatch.setattr(detailed_report.CallSignature.objects, "values_list", lambda *_fields: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        write_report(ReportKind.DETAILED, report_format, ALL, tmp_path / "report", generated_at=GENERATED_AT)

    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("report", "old")]


@pytest.mark.parametrize("report_format", ReportFormat)
def test_the_same_data_and_moment_make_the_same_bytes(tmp_path: Path, report_format: ReportFormat) -> None:
    make_record(make_company())

    hashes = {
        write_report(ReportKind.DETAILED, report_format, ALL, tmp_path / name, generated_at=GENERATED_AT).sha256
        for name in ("one", "two")
    }

    assert len(hashes) == 1


def test_a_streamed_report_equals_the_written_one(tmp_path: Path) -> None:
    make_record(make_company())

    write_report(ReportKind.DETAILED, ReportFormat.CSV, ALL, tmp_path / "report", generated_at=GENERATED_AT)

    assert (tmp_path / "report").read_bytes() == b"".join(stream_csv(ReportKind.DETAILED, ALL))


def test_a_csv_begins_with_the_byte_order_mark_and_ends_lines_as_the_standard_says() -> None:
    make_record(make_company())

    data = b"".join(stream_csv(ReportKind.DETAILED, ALL))

    assert data.startswith(b'\xef\xbb\xbf"Company ID",')
    assert re.findall(rb"(?<!\r)\n|\r(?!\n)", data) == []
    assert data.endswith(b"\r\n")


def test_the_about_sheet_tells_what_the_report_holds(tmp_path: Path) -> None:
    uk = make_filter("UK Companies", "UK_")
    company = make_company("UK_1", query_filter=uk, last_success_at=datetime.fromisoformat("2026-02-10T13:00Z"))
    make_record(company, date(2026, 2, 9))
    scope = ReportScope(uk, ReportPeriod(date(2026, 2, 1), date(2026, 2, 28)))

    facts = about(write_xlsx(ReportKind.DETAILED, tmp_path, scope).path)

    assert facts.pop("Times of Intacct").startswith(
        "Created Date and Created Time are Intacct's own calendar and clock."
    )
    assert re.fullmatch(r"\d+\.\d+\.\d+", facts.pop("Application version"))
    assert facts == {
        "Report": "Intacct API usage: Detailed",
        "Filter": "UK Companies",
        "Filter definition": "Prefix: UK_",
        "Period": "2026-02",
        "Generated at": "2026-03-01 09:30:00 Europe/London (UTC+0000)",
        "Data as of": "2026-02-10 13:00:00 Europe/London (UTC+0000)",
        "Coverage": "1 of 1 company complete to 2026-02-09",
        "Incomplete companies": "none",
        "Rows": "1 on 1 sheet",
        "Cut cells": "none",
        "Other times": "Zone Europe/London",
    }


@pytest.mark.parametrize(
    ("gateway", "label"),
    [("http://127.0.0.1:9/gw", "Demo data"), ("https://api.intacct.com/ia/xml/xmlgw.phtml", "Intacct API usage")],
)
def test_demo_data_is_labelled_first(tmp_path: Path, gateway: str, label: str) -> None:
    with override_settings(INTACCT_ENDPOINT_URL=gateway):
        facts = about(write_xlsx(ReportKind.SUMMARY, tmp_path).path)

    assert next(iter(facts.values())).startswith(label)


def test_a_cut_cell_is_mentioned(tmp_path: Path) -> None:
    make_record(make_company(), control_id="x" * 40_000)

    facts = about(write_xlsx(ReportKind.DETAILED, tmp_path).path)

    assert facts["Cut cells"].startswith("1 cell is longer than the 32,767 characters Excel allows")
