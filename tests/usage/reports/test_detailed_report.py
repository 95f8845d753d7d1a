"""Which records a Detailed report holds, in which order and columns."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.factories import make_company, make_filter, make_record, make_records, make_signature
from tests.usage.reports.reading import csv_records, csv_rows, sheet_rows, write_xlsx
from usage.periods import ReportPeriod
from usage.reports import ReportKind, ReportScope
from usage.reports import detailed as detailed_report

pytestmark = [pytest.mark.django_db, pytest.mark.database]

HEADER = [
    "Company ID",
    "Company Name",
    "Sage Account Number",
    "Filter",
    "Partner",
    "User",
    "Client Type",
    "Function",
    "Transactions",
    "Status",
    "Created Date",
    "Created Time",
    "Record No",
    "Control ID",
    "Document Control ID",
    "Policy ID",
    "DTD Version",
]
CALL = ("0012", "Ärzte & Co", "000777", "UK", "partner", "u", "c", "f")
REST = ("0042", "ctl", "doc", "p", "3.0")


def record_numbers(scope: ReportScope | None = None) -> list[str]:
    rows = csv_records(ReportKind.DETAILED, scope) if scope else csv_records(ReportKind.DETAILED)
    return [row["Record No"] for row in rows]


def full_record() -> None:
    company = make_company("0012", name="Ärzte & Co", sage_account_number="000777", query_filter=make_filter("UK"))
    texts = {"user": "u", "client_type": "c", "function": "f", "status": "s", "policy_id": "p", "dtd_version": "3.0"}
    make_record(
        company,
        date(2026, 2, 10),
        record_no="0042",
        transactions=7,
        created_time=datetime(2026, 2, 10, 23, 59, 58, tzinfo=UTC),
        signature=make_signature("partner", **texts),
        control_id="ctl",
        document_control_id="doc",
    )


def test_a_csv_row_has_every_field_in_the_order_of_the_header() -> None:
    full_record()

    assert csv_rows(ReportKind.DETAILED) == [
        HEADER,
        [*CALL, "7", "s", "2026-02-10", "2026-02-10 23:59:58", *REST],
    ]


def test_an_xlsx_row_has_the_same_with_real_numbers_and_dates(tmp_path: Path) -> None:
    full_record()

    written = write_xlsx(ReportKind.DETAILED, tmp_path)

    moments = (datetime(2026, 2, 10), datetime(2026, 2, 10, 23, 59, 58))
    assert sheet_rows(written.path, "Detailed") == [
        tuple(HEADER),
        (*CALL, 7, "s", *moments, *REST),
    ]


@pytest.mark.parametrize("batch", [1, 3, 10_000])
def test_rows_are_ordered_by_company_day_time_and_record_number(monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    monkeypatch.setattr(detailed_report, "RECORDS_PER_BATCH", batch)
    last, first, middle = make_company("b2"), make_company("A1"), make_company("a2")
    at_nine = datetime(2026, 1, 15, 9, tzinfo=UTC)
    make_record(last, record_no="1")
    make_record(first, date(2026, 1, 16), record_no="2")
    make_record(first, record_no="10")
    make_record(first, record_no="9")
    make_record(first, record_no="11", created_time=at_nine)
    make_record(first, record_no="12", created_time=None)
    make_record(middle, record_no="3")

    assert record_numbers() == ["12", "11", "9", "10", "2", "3", "1"]


def test_the_first_and_the_last_day_of_the_period_are_in_it() -> None:
    company = make_company()
    for day in (9, 10, 12, 13):
        make_record(company, date(2026, 2, day), record_no=str(day))

    assert record_numbers(ReportScope(None, ReportPeriod(date(2026, 2, 10), date(2026, 2, 12)))) == ["10", "12"]
    assert record_numbers(ReportScope(None, ReportPeriod(date(2026, 2, 10), None))) == ["10", "12", "13"]
    assert record_numbers(ReportScope(None, ReportPeriod(None, date(2026, 2, 12)))) == ["9", "10", "12"]


def test_a_report_holds_one_filter_or_other_alone_and_they_make_up_the_whole() -> None:
    uk = make_filter("UK")
    make_record(make_company("UK_1", query_filter=uk), record_no="1")
    make_record(make_company("ZZ_1"), record_no="2")

    assert record_numbers(ReportScope(uk, ReportPeriod())) == ["1"]
    assert record_numbers(ReportScope(None, ReportPeriod(), other_only=True)) == ["2"]
    assert record_numbers() == ["1", "2"]


def test_an_empty_report_is_its_header() -> None:
    make_company()

    assert csv_rows(ReportKind.DETAILED) == [HEADER]


def test_a_record_the_totals_do_not_know_is_reported_all_the_same() -> None:
    company = make_company()
    make_records(company, date(2026, 1, 15), 2)
    company.days.all().delete()
    company.months.all().delete()

    assert len(record_numbers()) == 2
