"""Usage by day and month: the filters of the pages, the sums of the reports, page by page."""

import random
from datetime import date, timedelta

import pytest

from tests.api.conftest import Caller
from tests.factories import make_company, make_filter, make_records, make_signature
from usage.periods import ReportPeriod
from usage.reports.scope import ReportScope
from usage.reports.totals import sum_totals

FIRST = date(2026, 1, 1)


@pytest.fixture
def usage(db: None) -> dict[str, object]:
    """Three companies of two groups with records of two partners on random days of four months."""
    uk = make_filter("UK Companies", "UK_")
    companies = [make_company("UK_A", query_filter=uk), make_company("UK_B", query_filter=uk), make_company("US_C")]
    dice = random.Random(7)  # noqa: S311  # made-up records
    signatures = [make_signature("partner-1"), make_signature("partner-2")]
    for company in companies:
        for day in sorted(dice.sample(range(120), 25)):
            count, made = dice.randint(1, 3), dice.randint(1, 5)
            make_records(
                company, FIRST + timedelta(days=day), count, transactions=made, signature=dice.choice(signatures)
            )
    return {"uk": uk}


PERIODS = {
    "everything": (None, None),
    "whole months": (date(2026, 2, 1), date(2026, 3, 31)),
    "both ends inside months": (date(2026, 1, 10), date(2026, 4, 12)),
    "within one month": (date(2026, 2, 3), date(2026, 2, 20)),
    "over the border of two": (date(2026, 1, 20), date(2026, 2, 10)),
    "open at the end": (date(2026, 3, 5), None),
}


@pytest.mark.parametrize("kind", ["days", "months"])
@pytest.mark.parametrize("period", PERIODS)
def test_the_sums_over_all_pages_are_those_of_the_reports(reader: Caller, usage, kind: str, period: str) -> None:
    first, last = PERIODS[period]
    named = {name: day.isoformat() for name, day in (("from", first), ("to", last)) if day}

    rows = reader.all_items(f"usage/{kind}", limit=7, filter="UK Companies", **named)

    expected = sum_totals(ReportScope(usage["uk"], ReportPeriod(first, last)))
    assert (sum(row["records"] for row in rows), sum(row["transactions"] for row in rows)) == expected
    assert {row["company_id"] for row in rows} == {"UK_A", "UK_B"}
    by_partner = [(one["records"], one["transactions"]) for row in rows for one in row["partners"]]
    assert tuple(map(sum, zip(*by_partner, strict=True))) == expected


@pytest.mark.parametrize("kind", ["days", "months"])
def test_pages_neither_skip_nor_repeat_nor_change_the_order(reader: Caller, usage, kind: str) -> None:
    whole = reader.items(f"usage/{kind}", limit=500)

    assert reader.all_items(f"usage/{kind}", limit=1) == whole
    assert reader.all_items(f"usage/{kind}", limit=len(whole)) == whole
    keys = [(row["company_id"], row.get("day") or row["month"]) for row in whole]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


def test_a_month_that_is_cut_says_which_days_it_counts(reader: Caller) -> None:
    company = make_company("UK_A")
    for day in (date(2026, 1, 19), date(2026, 1, 20), date(2026, 2, 10), date(2026, 2, 11)):
        make_records(company, day, 1)

    rows = reader.items("usage/months", **{"from": "2026-01-20", "to": "2026-02-10", "company": "uk_a"})

    shown = [(row["month"], row["first_day"], row["last_day"], row["records"]) for row in rows]
    assert shown == [("2026-01", "2026-01-20", "2026-01-31", 1), ("2026-02", "2026-02-01", "2026-02-10", 1)]


def test_other_and_one_company_can_be_asked_for(reader: Caller, usage) -> None:
    other = reader.items("usage/months", filter="Other")
    one = reader.items("usage/days", company="US_C")

    assert {row["company_id"] for row in other} == {row["company_id"] for row in one} == {"US_C"}


def test_complete_months_leave_the_running_month_out(reader: Caller, usage, time_machine) -> None:
    time_machine.move_to("2026-03-15T12:00:00Z", tick=False)

    months = {row["month"] for row in reader.items("usage/months", complete_months="true", limit=500)}

    assert months == {"2026-01", "2026-02"}


@pytest.mark.parametrize(
    ("parameters", "field", "problem"),
    [
        ({"filter": "No such"}, "filter", "Select a valid choice. No such is not one of the available choices."),
        ({"from": "2026-02-01", "to": "2026-01-01"}, "to", "The last day is before the first."),
        ({"from": "1999-12-31"}, "from", "Enter a day from 2000 to 2099."),
    ],
)
def test_what_the_pages_refuse_is_refused_in_the_same_words(
    reader: Caller, parameters: dict[str, str], field: str, problem: str
) -> None:
    answer = reader.get("usage/days", **parameters)

    assert (answer.status_code, answer.json()["fields"]) == (400, {field: problem})


def test_an_unknown_company_is_not_an_empty_list(reader: Caller) -> None:
    assert reader.get("usage/days", company="XX").status_code == 404


@pytest.mark.parametrize("kind", ["days", "months"])
def test_a_page_costs_the_same_queries_for_few_and_for_many_rows(
    reader: Caller, usage, kind: str, django_assert_num_queries, django_assert_max_num_queries
) -> None:
    parameters = {"from": "2026-01-10", "to": "2026-04-12"}
    reader.items(f"usage/{kind}")
    with django_assert_max_num_queries(14) as few:
        reader.items(f"usage/{kind}", limit=6, **parameters)

    with django_assert_num_queries(len(few.captured_queries)):
        reader.items(f"usage/{kind}", limit=500, **parameters)
