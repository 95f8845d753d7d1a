"""The coverage statement names the day most companies are complete to, and those that are not."""

from datetime import UTC, date, datetime

import pytest

from tests.factories import make_company, make_failing_company, make_filter
from tests.usage.reports.reading import ALL
from usage.models import CompanyDay
from usage.periods import ReportPeriod
from usage.reports import ReportScope, coverage

pytestmark = [pytest.mark.django_db, pytest.mark.database]

ON_10TH = datetime(2026, 2, 10, 13, tzinfo=UTC)
ON_11TH = datetime(2026, 2, 11, 13, tzinfo=UTC)


def test_companies_that_fail_or_were_never_fetched_are_named() -> None:
    for name in ("b", "a"):
        make_company(name, last_success_at=ON_10TH)
    make_failing_company("d", last_success_at=ON_10TH)
    make_company("C")
    make_company("skipped", skipped_at=ON_10TH)

    known = coverage(ALL)

    assert known.statement == "2 of 4 companies complete to 2026-02-09"
    assert known.incomplete_names == "C, d"
    assert known.data_as_of == ON_10TH


def test_a_run_over_midnight_speaks_of_the_day_most_companies_reached() -> None:
    for moment in (ON_10TH, ON_10TH, ON_11TH):
        make_company(last_success_at=moment)

    assert coverage(ALL).statement == "3 of 3 companies complete to 2026-02-09"


def test_a_company_left_behind_is_not_complete() -> None:
    make_company("old", last_success_at=ON_10TH)
    for _ in range(2):
        make_company(last_success_at=ON_11TH)

    known = coverage(ALL)

    assert (known.statement, known.incomplete) == ("2 of 3 companies complete to 2026-02-10", ("old",))


def test_a_day_is_complete_only_when_it_is_over_everywhere() -> None:
    make_company(last_success_at=datetime(2026, 2, 10, 11, 59, tzinfo=UTC))

    assert coverage(ALL).day == date(2026, 2, 8)


def test_a_day_marked_as_not_over_holds_the_company_back() -> None:
    company = make_company(last_success_at=ON_10TH)
    CompanyDay.objects.create(company=company, day=date(2026, 2, 8), state=CompanyDay.State.PROVISIONAL)

    assert coverage(ALL).day == date(2026, 2, 7)


@pytest.mark.parametrize("state", [CompanyDay.State.FAILED, CompanyDay.State.LOST])
def test_a_hole_counts_only_in_a_period_that_holds_it(state: str) -> None:
    company = make_company("holed", last_success_at=ON_10TH)
    CompanyDay.objects.create(company=company, day=date(2026, 1, 15), state=state)
    february = ReportScope(None, ReportPeriod(date(2026, 2, 1), None))

    assert coverage(ALL).incomplete == ("holed",)
    assert coverage(february).statement == "1 of 1 company complete to 2026-02-09"


def test_a_period_in_the_past_is_complete_to_its_end() -> None:
    for moment in (ON_10TH, ON_11TH):
        make_company(last_success_at=moment)
    january = ReportScope(None, ReportPeriod(None, date(2026, 1, 31)))

    assert coverage(january).statement == "2 of 2 companies complete to 2026-01-31"


def test_only_companies_of_the_filter_count() -> None:
    uk = make_filter("UK")
    make_company(query_filter=uk, last_success_at=ON_10TH)
    hole = make_company("ZZ")
    CompanyDay.objects.create(company=hole, day=date(2026, 1, 15), state=CompanyDay.State.LOST)

    assert coverage(ReportScope(uk, ReportPeriod())).statement == "1 of 1 company complete to 2026-02-09"


def test_a_long_list_of_names_is_shortened() -> None:
    for number in range(23):
        make_company(f"c{number:02}")

    known = coverage(ALL)

    assert known.statement == "0 of 23 companies complete: nothing has been fetched yet"
    assert known.incomplete_names.endswith("c18, c19 and 3 more")
