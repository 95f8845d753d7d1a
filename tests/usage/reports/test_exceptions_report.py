"""Who is in the Exceptions report, and what it says about them."""

from datetime import UTC, date, datetime

import pytest

from tests.factories import make_company, make_failing_company, make_record
from tests.usage.reports.reading import ALL, csv_records, csv_rows
from usage.gateway.error_advice import ADVICE
from usage.gateway.error_families import ErrorFamily
from usage.models import Company
from usage.periods import ReportPeriod
from usage.reports import ReportKind, ReportScope, row_count
from usage.reports.figures import summary_figures

pytestmark = [pytest.mark.django_db, pytest.mark.database]

GONE = datetime(2026, 1, 1, tzinfo=UTC)
HEADER = [
    "Company ID",
    "Company Name",
    "Sage Account Number",
    "Filter",
    "Kind",
    "Error Number",
    "Description",
    "Suggested Action",
    "First Seen",
    "Last Seen",
    "Last Success",
]


def kinds(scope: ReportScope = ALL) -> dict[str, str]:
    return {row["Company ID"]: row["Kind"] for row in csv_records(ReportKind.EXCEPTIONS, scope)}


def test_a_failing_company_is_named_with_number_words_next_step_and_times() -> None:
    make_failing_company("0012", name="Acme", sage_account_number="007", last_success_at=GONE)

    header, row = csv_rows(ReportKind.EXCEPTIONS)

    advice = ADVICE[ErrorFamily.USER_CREDENTIALS]
    words = f"{advice.meaning} Intacct's words: “Sign-in information is incorrect.”"
    times = ["2026-02-01 02:30:00+00:00", "2026-02-03 02:30:00+00:00", "2026-01-01 00:00:00+00:00"]
    assert header == HEADER
    assert row == ["0012", "Acme", "007", "Other", advice.label, "XL03000006", words, advice.suggested_action, *times]


@pytest.mark.parametrize("family", [*ErrorFamily, "of_a_later_version", ""])
def test_every_error_family_has_a_kind_a_description_and_a_next_step(family: str) -> None:
    make_failing_company(error_family=str(family), error_text="")

    (row,) = csv_records(ReportKind.EXCEPTIONS)

    assert row["Kind"] and row["Description"] and row["Suggested Action"]
    assert row["Kind"] not in ("No data", "Not fetched yet")


@pytest.mark.parametrize(
    "period", [ReportPeriod(date(2099, 1, 1)), ReportPeriod(date(2026, 2, 2), date(2026, 2, 1))], ids=["later", "empty"]
)
def test_in_a_period_without_days_so_far_nobody_is_without_data(period: ReportPeriod) -> None:
    make_company("healthy", health=Company.Health.HEALTHY)
    make_company("silent", health=Company.Health.NO_DATA)
    make_company("never", health=Company.Health.UNKNOWN)
    make_failing_company("failing")
    scope = ReportScope(None, period)

    assert kinds(scope).keys() == {"never", "failing"}
    assert row_count(ReportKind.EXCEPTIONS, scope) == 2
    assert summary_figures(scope, date(2026, 3, 1)).companies.no_data == 0


@pytest.mark.parametrize("family", [ErrorFamily.SENDER_CREDENTIALS, ErrorFamily.PROXY_SIGN_IN])
def test_what_would_have_met_every_company_is_not_blamed_on_one(family: ErrorFamily) -> None:
    make_failing_company("first", error_family=family)
    make_failing_company("own", error_family=ErrorFamily.USER_CREDENTIALS)

    said = {row["Company ID"]: row["Description"] for row in csv_records(ReportKind.EXCEPTIONS)}

    assert said["first"].endswith("every other one would have met the same, so the run was ended.")
    assert "so the run was ended" not in said["own"]


def test_a_network_failure_is_told_in_our_words_alone() -> None:
    make_failing_company(error_family=ErrorFamily.TIMED_OUT, error_text="Intacct did not answer within 120 s.")

    assert csv_records(ReportKind.EXCEPTIONS)[0]["Description"] == "Intacct did not answer within 120 s."


def test_no_data_is_told_apart_from_errors_and_from_never_fetched() -> None:
    make_failing_company("failing")
    make_record(make_failing_company("failing_with_old_data"))
    make_company("silent", health=Company.Health.NO_DATA)
    make_company("new", health=Company.Health.UNKNOWN)
    make_record(make_company("busy"))

    assert kinds() == {
        "failing": "User sign-in refused",
        "failing_with_old_data": "User sign-in refused",
        "new": "Not fetched yet",
        "silent": "No data",
    }
    assert row_count(ReportKind.EXCEPTIONS, ALL) == 4


def test_no_data_is_meant_for_the_period_and_names_the_newest_record() -> None:
    company = make_company("quiet", last_attempt_at=GONE, last_success_at=GONE)
    make_record(company, date(2026, 1, 31))
    february = ReportScope(None, ReportPeriod(date(2026, 2, 1), None))

    (row,) = csv_records(ReportKind.EXCEPTIONS, february)

    assert kinds() == {}
    assert row["Description"].endswith("The newest record is of 2026-01-31.")
    assert (row["Kind"], row["Error Number"], row["First Seen"]) == ("No data", "", "")
    assert row["Last Success"] == "2026-01-01 00:00:00+00:00"


def test_skipped_and_removed_companies_are_absent() -> None:
    for state in ({"skipped_at": GONE}, {"removed_at": GONE}):
        make_failing_company(**state)
        make_company(**state)

    assert kinds() == {}


def test_an_error_text_with_a_formula_does_not_run() -> None:
    make_failing_company(error_family=ErrorFamily.TIMED_OUT, error_text="=1+1", error_number="-1+1")

    (row,) = csv_records(ReportKind.EXCEPTIONS)

    assert (row["Description"], row["Error Number"]) == ("'=1+1", "'-1+1")
