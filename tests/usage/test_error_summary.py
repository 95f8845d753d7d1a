"""One cause is one line, however many companies it hits and whatever their messages name."""

from datetime import UTC, datetime

import pytest

from tests.factories import make_company, make_failing_company, make_filter
from usage.analysis.error_summary import error_summary, normalised
from usage.periods import ALL_DATA
from usage.reports import ReportScope

EVERYTHING = ReportScope(None, ALL_DATA)


@pytest.mark.parametrize(
    ("text", "names", "plain"),
    [
        ("Sign-in refused for company 'acme'.", (), "Sign-in refused for company …."),
        ("Company UK_Acme is inactive", ("UK_Acme",), "Company … is inactive"),
        ("company uk_acme is inactive", ("UK_Acme",), "company … is inactive"),
        ("acmeish is inactive", ("acme",), "acmeish is inactive"),
        ("Request 8f3a77c88d99e1 failed", (), "Request … failed"),
        ("Waited 30.5 seconds\n  twice", (), "Waited … seconds twice"),
        ("Name (a+b) is bad", ("(a+b)",), "Name … is bad"),
        ("", ("",), ""),
    ],
)
def test_a_message_loses_what_differs_between_companies(text: str, names: tuple[str, ...], plain: str) -> None:
    assert normalised(text, names=names) == plain


def test_messages_that_differ_in_names_only_are_one_group(db) -> None:
    for number in range(3):
        make_failing_company(f"c{number}", error_text=f"Sender 'x' is not authorised in c{number}, id {number * 7919}")
    make_failing_company("other", error_text="Something else")

    groups = error_summary(EVERYTHING)

    assert [(group.count, group.description) for group in groups] == [
        (3, "Sender … is not authorised in …, id …"),
        (1, "Something else"),
    ]
    assert [company.intacct_id for company in groups[0].companies] == ["c0", "c1", "c2"]


def test_other_numbers_and_families_are_other_groups(db) -> None:
    make_failing_company(error_number="A1")
    make_failing_company(error_number="A2")
    make_failing_company(error_number="A1", error_family="offline")

    assert [group.count for group in error_summary(EVERYTHING)] == [1, 1, 1]


def test_first_and_last_seen_span_the_group(db) -> None:
    early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 9, tzinfo=UTC)
    make_failing_company(failing_since=late, last_attempt_at=early)
    make_failing_company(failing_since=early, last_attempt_at=late)

    (group,) = error_summary(EVERYTHING)

    assert (group.first_seen, group.last_seen) == (early, late)


def test_healthy_skipped_and_removed_companies_and_other_filters_are_not_in_it(db) -> None:
    chosen = make_filter()
    make_company(query_filter=chosen)
    make_failing_company(query_filter=chosen, skipped_at=datetime(2026, 1, 1, tzinfo=UTC))
    make_failing_company(query_filter=chosen, removed_at=datetime(2026, 1, 1, tzinfo=UTC))
    make_failing_company()

    assert error_summary(ReportScope(chosen, ALL_DATA)) == []


def test_an_unknown_family_has_general_words(db) -> None:
    make_failing_company(error_family="of_a_later_version", error_text="")

    assert error_summary(EVERYTHING)[0].label == "Fetch failed"


def test_one_query_serves_any_number_of_companies(db, django_assert_num_queries) -> None:
    for number in range(30):
        make_failing_company(error_text=f"kind {'abc'[number % 3]}", query_filter=make_filter())

    with django_assert_num_queries(1):
        groups = error_summary(EVERYTHING)
        named = {company.filter_name for group in groups for company in group.companies}

    assert ([group.count for group in groups], len(named)) == ([10, 10, 10], 30)
