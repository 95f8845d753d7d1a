"""Usage per filter, company and partner: every table adds up to the total of the reports."""

from datetime import date

import pytest

from tests.factories import make_company, make_failing_company, make_filter, make_records, make_signature
from usage.analysis.breakdown import Breakdown, filter_breakdown, top_companies, top_partners
from usage.periods import ALL_DATA, ReportPeriod
from usage.reports import ReportScope
from usage.reports.totals import Totals, sum_totals, totals_by_company

DAY = date(2026, 1, 10)
EVERYTHING = ReportScope(None, ALL_DATA)


def breakdown_of(scope: ReportScope) -> Breakdown:
    return filter_breakdown(scope, totals_by_company(scope))


def test_rows_follow_the_filters_order_with_other_last(db) -> None:
    late, early = make_filter("Late", position=2), make_filter("Early", position=1)
    make_company(query_filter=late)
    make_failing_company(query_filter=early)
    make_company(skipped_at="2026-01-01T00:00Z", query_filter=early)
    make_company()

    rows = breakdown_of(EVERYTHING).rows

    assert [(row.name, row.companies, row.failing) for row in rows] == [
        ("Early", 1, 1),
        ("Late", 1, 0),
        ("Other", 1, 0),
    ]


@pytest.mark.parametrize("period", [ALL_DATA, ReportPeriod(date(2026, 1, 10), date(2026, 2, 5))])
def test_rows_add_up_to_the_total_with_history_of_skipped_and_removed_companies(db, period: ReportPeriod) -> None:
    gone = make_company(removed_at="2026-01-01T00:00Z", query_filter=make_filter())
    for company in (gone, make_company(skipped_at="2026-01-01T00:00Z"), make_company()):
        for day in (date(2026, 1, 9), DAY, date(2026, 2, 5), date(2026, 2, 6)):
            make_records(company, day, 3, transactions=2)

    breakdown = breakdown_of(ReportScope(None, period))

    assert breakdown.totals == sum_totals(ReportScope(None, period))
    assert breakdown.companies == 1


def test_a_scope_of_one_filter_has_its_row_only(db) -> None:
    chosen = make_filter("Chosen")
    make_records(make_company(query_filter=chosen), DAY, 2)
    make_records(make_company(), DAY, 5)

    breakdown = breakdown_of(ReportScope(chosen, ALL_DATA))

    assert [(row.name, row.totals.records) for row in breakdown.rows] == [("Chosen", 2)]
    assert [row.name for row in breakdown_of(ReportScope(None, ALL_DATA, other_only=True)).rows] == ["Other"]


def test_top_companies_are_those_with_the_most_transactions(db) -> None:
    for number in range(5):
        make_records(make_company(f"c{number}"), DAY, 1, transactions=number)

    top = top_companies(totals_by_company(EVERYTHING), 2)

    assert [(row.company.intacct_id, row.totals.transactions) for row in top] == [("c4", 4), ("c3", 3)]


@pytest.mark.parametrize("period", [ALL_DATA, ReportPeriod(date(2026, 1, 10), date(2026, 1, 10))])
def test_top_partners_count_transactions_and_companies_also_of_single_days(db, period: ReportPeriod) -> None:
    first, second = make_company(), make_company()
    make_records(first, DAY, 2, signature=make_signature("busy"), transactions=10)
    make_records(second, DAY, 1, signature=make_signature("busy"), transactions=1)
    make_records(second, DAY, 1, signature=make_signature("quiet"), transactions=3)

    top = top_partners(ReportScope(None, period), 10)

    assert [(row.sender.sender_id, row.companies, row.totals) for row in top] == [
        ("busy", 2, Totals(3, 21)),
        ("quiet", 1, Totals(1, 3)),
    ]


def test_the_number_of_queries_does_not_grow(db, django_assert_num_queries) -> None:
    for number in range(20):
        make_records(make_company(query_filter=make_filter()), DAY, 1, signature=make_signature(f"s{number}"))

    with django_assert_num_queries(8):
        breakdown_of(EVERYTHING)
        top_companies(totals_by_company(EVERYTHING), 10)
        top_partners(EVERYTHING, 10)
