"""Which companies a Summary lists."""

from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest

from tests.factories import make_company, make_filter, make_record, make_records
from tests.usage.reports.reading import csv_rows, write_xlsx
from usage.models import CompanyDay
from usage.periods import ReportPeriod
from usage.reports import ReportKind, ReportScope

pytestmark = [pytest.mark.django_db, pytest.mark.database]

GONE = datetime(2026, 1, 1, tzinfo=UTC)
HEADER = "Company ID,Company Name,Sage Account Number,Filter,Total Transactions,Record Count,First Date,Last Date"


def test_each_company_has_its_totals_and_the_last_row_has_them_all() -> None:
    company = make_company("0012", name="Acme", sage_account_number="007", query_filter=make_filter("UK"))
    make_records(company, date(2026, 1, 15), 2, transactions=5)
    make_record(make_company("b"), date(2026, 2, 1), transactions=3)

    assert csv_rows(ReportKind.SUMMARY) == [
        HEADER.split(","),
        ["0012", "Acme", "007", "UK", "10", "2", "2026-01-15", "2026-01-15"],
        ["b", "", "", "Other", "3", "1", "2026-02-01", "2026-02-01"],
        ["Total", "", "", "", "13", "3", "2026-01-15", "2026-02-01"],
    ]


def test_a_company_without_records_is_listed_with_zero() -> None:
    make_company("silent")

    assert csv_rows(ReportKind.SUMMARY)[1:] == [
        ["silent", "", "", "Other", "0", "0", "", ""],
        ["Total", "", "", "", "0", "0", "", ""],
    ]


def test_skipped_and_removed_companies_are_listed_only_with_records_in_the_period() -> None:
    for name, state in (("skipped", {"skipped_at": GONE}), ("removed", {"removed_at": GONE})):
        make_company(f"{name}_silent", **state)
        make_record(make_company(name, **state), date(2026, 1, 15))
    february = ReportScope(None, ReportPeriod(date(2026, 2, 1), None))

    assert [row[0] for row in csv_rows(ReportKind.SUMMARY)[1:]] == ["removed", "skipped", "Total"]
    assert [row[0] for row in csv_rows(ReportKind.SUMMARY, february)[1:]] == ["Total"]


def test_the_total_row_of_the_workbook_is_bold_numbers(tmp_path: Path) -> None:
    make_records(make_company(), date(2026, 1, 15), 2, transactions=5)

    written = write_xlsx(ReportKind.SUMMARY, tmp_path)

    cells = openpyxl.load_workbook(written.path)["Summary"][3]
    assert [cell.value for cell in cells[4:6]] == [10, 2]
    assert all(cell.font.bold for cell in cells if cell.value is not None)
    assert written.rows == 1


def test_a_company_whose_days_a_fetch_just_replaced_has_its_totals_without_days() -> None:
    company = make_company("a")
    make_records(company, date(2026, 1, 15), 2, transactions=5)
    CompanyDay.objects.filter(company=company).update(records=0)  # as another transaction would be seen half-way

    assert csv_rows(ReportKind.SUMMARY)[1:] == [
        ["a", "", "", "Other", "10", "2", "", ""],
        ["Total", "", "", "", "10", "2", "", ""],
    ]


def test_the_first_and_last_day_are_those_with_records_in_the_period() -> None:
    company = make_company("a")
    for day in (date(2026, 1, 15), date(2026, 2, 3), date(2026, 2, 20), date(2026, 3, 1)):
        make_record(company, day)
    CompanyDay.objects.create(company=company, day=date(2026, 2, 1), state=CompanyDay.State.EMPTY)
    february = ReportScope(None, ReportPeriod(date(2026, 2, 1), date(2026, 2, 28)))

    assert csv_rows(ReportKind.SUMMARY, february)[1][-2:] == ["2026-02-03", "2026-02-20"]
