"""The figures that mails and pages show."""

from datetime import UTC, date, datetime

import pytest

from tests.factories import make_company, make_failing_company, make_filter, make_record, make_records
from tests.usage.reports.reading import ALL
from usage.models import Company
from usage.periods import ReportPeriod
from usage.reports import CompanyCounts, FilterFigures, ReportScope, summary_figures

pytestmark = [pytest.mark.django_db, pytest.mark.database]

TODAY = date(2026, 2, 10)
GONE = datetime(2026, 1, 1, tzinfo=UTC)


def test_totals_by_filter_keep_the_order_of_the_filters_with_other_last() -> None:
    us, uk = make_filter("US", position=2), make_filter("UK", position=1)
    make_filter("Empty", position=3)
    make_records(make_company(query_filter=uk), date(2026, 1, 15), 2, transactions=5)
    make_records(make_company(query_filter=us), date(2026, 1, 15), 1, transactions=7)
    make_record(make_company(skipped_at=GONE), transactions=3)
    make_company()

    figures = summary_figures(ALL, TODAY)

    assert figures.filters == (
        FilterFigures("UK", companies=1, records=2, transactions=10),
        FilterFigures("US", companies=1, records=1, transactions=7),
        FilterFigures("Empty", companies=0, records=0, transactions=0),
        FilterFigures("Other", companies=1, records=1, transactions=3),
    )
    assert figures.totals == (4, 20)


def test_one_filter_and_other_show_themselves_alone() -> None:
    uk = make_filter("UK")
    make_record(make_company(query_filter=uk))
    make_record(make_company())

    one = summary_figures(ReportScope(uk, ReportPeriod()), TODAY)
    other = summary_figures(ReportScope(None, ReportPeriod(), other_only=True), TODAY)

    assert [(figures.filter_name, [part.name for part in figures.filters]) for figures in (one, other)] == [
        ("UK", ["UK"]),
        ("Other", ["Other"]),
    ]
    assert one.totals == other.totals == (1, 1)


def test_month_to_date_is_set_against_the_same_days_and_the_whole_of_last_month() -> None:
    company = make_company()
    days = {"2025-12-31": 1000, "2026-01-01": 1, "2026-01-10": 2, "2026-01-11": 4, "2026-01-31": 8, "2026-02-10": 16}
    for day, transactions in days.items():
        make_record(company, date.fromisoformat(day), transactions=transactions)
    january = ReportScope(None, ReportPeriod(date(2026, 1, 1), date(2026, 1, 31)))

    figures = summary_figures(january, TODAY)

    assert (figures.month_to_date, figures.last_month_to_same_day, figures.last_month) == (16, 3, 15)
    assert figures.totals.transactions == 15


def test_the_same_days_of_a_shorter_month_end_with_it() -> None:
    make_record(make_company(), date(2026, 2, 28), transactions=5)

    figures = summary_figures(ALL, date(2026, 3, 31))

    assert (figures.last_month_to_same_day, figures.last_month) == (5, 5)


def test_companies_are_counted_once_each_by_their_state() -> None:
    make_record(make_company())
    make_company(health=Company.Health.NO_DATA)
    make_company(health=Company.Health.UNKNOWN)
    make_failing_company()
    make_record(make_failing_company())
    make_failing_company(skipped_at=GONE)
    make_company(removed_at=GONE)

    counts = summary_figures(ALL, TODAY).companies

    assert counts == CompanyCounts(total=6, failing=2, no_data=1, never_fetched=1, skipped=1)


def test_figures_of_nothing_are_zero() -> None:
    figures = summary_figures(ALL, TODAY)

    assert figures.totals == (0, 0)
    assert (figures.data_as_of, figures.coverage_statement) == (None, "no companies to query")
