"""The usage chart's figures: months, series, colours, and what tells zero, unfinished, cut and not fetched apart."""

from datetime import date

import pytest

from tests.factories import make_company, make_filter, make_records
from usage.analysis.charts import MOST_MONTHS, MonthlyUsage, MonthState, monthly_usage
from usage.models import CompanyDay
from usage.periods import ALL_DATA, ReportPeriod
from usage.reports import ReportScope
from usage.reports.totals import Totals, sum_totals

TODAY = date(2026, 4, 15)


def chart(period: ReportPeriod = ALL_DATA, **scope: object) -> MonthlyUsage:
    return monthly_usage(ReportScope(scope.pop("query_filter", None), period, **scope), TODAY)


def by_month(usage: MonthlyUsage) -> dict[str, tuple[int, str]]:
    return {f"{row.month:%b}": (row.totals.transactions, row.state.value) for row in usage.months}


def test_months_are_complete_zero_unfinished_or_not_fetched(db) -> None:
    company = make_company()
    make_records(company, date(2026, 1, 10), 2, transactions=5)
    CompanyDay.objects.create(company=company, day=date(2026, 1, 1), state="empty")
    CompanyDay.objects.create(company=company, day=date(2026, 2, 3), state="empty")
    CompanyDay.objects.create(company=company, day=date(2026, 3, 3), state="failed")
    make_records(company, date(2026, 4, 1), 1)

    assert by_month(chart()) == {
        "Jan": (10, "complete"),
        "Feb": (0, "complete"),
        "Mar": (0, "not fetched"),
        "Apr": (1, "unfinished"),
    }


def test_a_history_that_begins_in_the_middle_of_a_month_says_so(db) -> None:
    company = make_company()
    CompanyDay.objects.create(company=company, day=date(2026, 1, 1), state="lost")
    CompanyDay.objects.create(company=company, day=date(2026, 1, 2), state="empty")
    for day in (date(2026, 1, 10), date(2026, 2, 10)):
        make_records(company, day, 1)

    assert by_month(chart()) == {
        "Jan": (1, "cut"),
        "Feb": (1, "complete"),
        "Mar": (0, "not fetched"),
        "Apr": (0, "not fetched"),
    }


def test_the_running_month_is_shown_even_if_nothing_of_it_is_known(db) -> None:
    make_records(make_company(), date(2026, 3, 10), 2)

    assert by_month(chart())["Apr"] == (0, "not fetched")


@pytest.mark.parametrize("far", [date(2028, 5, 5), date(2199, 5, 5)])
def test_a_record_dated_in_the_future_adds_its_month_and_hides_none(db, far: date) -> None:
    company = make_company()
    make_records(company, date(2026, 2, 10), 50)
    make_records(company, far, 1)

    usage = chart()

    assert [f"{row.month:%Y-%m}" for row in usage.months] == ["2026-02", "2026-03", "2026-04", f"{far:%Y-%m}"]
    assert usage.totals == sum_totals(ReportScope(None, ALL_DATA)) == Totals(51, 51)


def test_months_older_than_the_chart_goes_back_still_count(db) -> None:
    company = make_company()
    make_records(company, date(2000, 1, 5), 7)
    make_records(company, date(2026, 4, 1), 1)

    usage = chart()

    assert (usage.months[0].month, usage.months[1].month) == (date(2000, 1, 1), date(2006, 4, 1))
    assert len(usage.months) == 1 + MOST_MONTHS + 1
    assert usage.totals == sum_totals(ReportScope(None, ALL_DATA)) == Totals(8, 8)


def test_a_period_that_begins_in_the_future_shows_the_months_with_records(db) -> None:
    make_records(make_company(), date(2028, 5, 5), 1)

    usage = chart(ReportPeriod(date(2027, 1, 1), None))

    assert [row.month for row in usage.months] == [date(2028, 5, 1)]


def test_a_period_that_cuts_months_counts_its_days_only_and_says_so(db) -> None:
    company = make_company()
    for day in (date(2026, 1, 9), date(2026, 1, 10), date(2026, 2, 20), date(2026, 3, 5), date(2026, 3, 6)):
        make_records(company, day, 1)

    usage = chart(ReportPeriod(date(2026, 1, 10), date(2026, 3, 5)))

    assert by_month(usage) == {"Jan": (1, "cut"), "Feb": (1, "complete"), "Mar": (1, "cut")}


def test_a_running_month_that_the_period_cuts_is_a_part_not_the_month_to_date(db) -> None:
    company = make_company()
    for day in (date(2026, 3, 1), date(2026, 4, 5), date(2026, 4, 9)):
        make_records(company, day, 1)

    assert by_month(chart(ReportPeriod(None, date(2026, 4, 6))))["Apr"] == (1, "cut")
    assert by_month(chart(ReportPeriod(None, date(2026, 4, 30))))["Apr"] == (2, "unfinished")


@pytest.mark.parametrize(
    "period",
    [
        ALL_DATA,
        ReportPeriod(date(2026, 1, 20), None),
        ReportPeriod(None, date(2026, 2, 2)),
        ReportPeriod(date(2026, 1, 20), date(2026, 2, 10)),
        ReportPeriod(date(2026, 2, 3), date(2026, 2, 3)),
        ReportPeriod(date(2026, 3, 1), date(2026, 2, 1)),
    ],
)
def test_months_and_series_add_up_to_the_total_of_the_reports(db, period: ReportPeriod) -> None:
    companies = [make_company(query_filter=make_filter()), make_company(query_filter=make_filter()), make_company()]
    for number, company in enumerate(companies, 1):
        for day in (date(2026, 1, 5), date(2026, 1, 25), date(2026, 2, 3), date(2026, 3, 1)):
            make_records(company, day, number, transactions=day.day)

    usage = chart(period)

    expected = sum_totals(ReportScope(None, period))
    assert usage.totals == expected
    assert total(one.totals for one in usage.series) == expected
    assert all(total(row.by_series) == row.totals for row in usage.months)


def total(parts: "object") -> Totals:
    return Totals(*map(sum, zip(*parts, strict=True))) if (parts := list(parts)) else Totals()


def test_more_than_eight_filters_are_folded_into_one_series(db) -> None:
    for number in range(11):
        make_records(make_company(query_filter=make_filter(f"F{number:02}")), date(2026, 1, 5), number + 1)
    make_records(make_company(), date(2026, 1, 5), 1)

    series = chart().series

    assert [one.name for one in series] == [*(f"F{number:02}" for number in range(3, 11)), "Remaining filters", "Other"]
    assert series[-2].totals.records == 1 + 2 + 3
    assert len({one.slot for one in series[:8]}) == 8


def test_a_filter_keeps_its_colour_whatever_else_is_shown(db) -> None:
    first, second, third = (make_filter(name) for name in ("A", "B", "C"))
    for query_filter in (first, second, third):
        make_records(make_company(query_filter=query_filter), date(2026, 1, 5), 1)

    everything = {one.name: one.slot for one in chart().series}
    alone = {one.name: one.slot for one in chart(query_filter=third).series}

    assert everything == {"A": 1, "B": 2, "C": 3}
    assert alone == {"C": 3}


def test_the_number_of_queries_does_not_grow(db, django_assert_num_queries) -> None:
    for number in range(1, 13):
        make_records(make_company(query_filter=make_filter()), date(2025, number, 5), 1)

    with django_assert_num_queries(5):
        chart(ReportPeriod(date(2025, 1, 3), None))


def test_nothing_stored_is_no_chart(db) -> None:
    assert chart() == MonthlyUsage((), (), Totals())
    assert MonthState.NOT_FETCHED.label == "not fetched"
