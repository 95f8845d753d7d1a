"""Saved filters are checked as a set, and every company is grouped by them in the same transaction."""

import pytest

from tests.factories import make_company, make_filter
from usage.filters.assignment import (
    FilterSetError,
    assign_filters,
    current_rules,
    preview_rules,
    remove_filter,
    save_filters,
    set_filter,
)
from usage.filters.grouping import FilterRule
from usage.models import Company, FetchRun, QueryFilter

pytestmark = pytest.mark.django_db


def rule(name: str, value: str, *, kind: str = "prefix", pk: int | None = None) -> FilterRule:
    return FilterRule(pk, name, kind, value, 0)


def groups() -> dict[str, str]:
    return {company.intacct_id: company.filter_name for company in Company.objects.select_related("query_filter")}


def refusal_of(*rules: FilterRule) -> FilterSetError:
    with pytest.raises(FilterSetError) as refusal:
        save_filters(rules)
    return refusal.value


def test_saving_filters_groups_all_companies_removed_ones_too() -> None:
    for each in ("UK_1", "UK_North_1", "UKX", "Acme_DE"):
        make_company(each)
    make_company("UK_old", removed_at="2026-01-01T00:00Z")

    save_filters([rule("UK", "UK_"), rule("North", "UK_North"), rule("DE", "*_DE", kind="glob")])

    assert groups() == {"UK_1": "UK", "UK_North_1": "North", "UKX": "Other", "Acme_DE": "DE", "UK_old": "UK"}


def test_a_filter_that_is_renamed_or_moved_keeps_its_row_and_one_left_out_is_deleted() -> None:
    first, second, third = make_filter("One", "1"), make_filter("Two", "2"), make_filter("Three", "3")

    save_filters([rule("Two", "22", pk=first.pk), rule("One", "2", pk=second.pk)])

    rows = [(row.pk, row.name, row.value, row.position) for row in QueryFilter.objects.all()]
    assert rows == [(first.pk, "Two", "22", 0), (second.pk, "One", "2", 1)]
    assert not QueryFilter.objects.filter(pk=third.pk).exists()


@pytest.mark.parametrize(
    ("rules", "rows"),
    [
        ([rule("", "UK_")], {0: "Filter 1: Enter a name."}),
        ([rule("UK", "")], {0: "Filter “UK”: Enter what the company IDs of this filter begin with."}),
        ([rule("A", "a"), rule("a", "b")], {1: "Filter “a”: Two filters have this name."}),
        ([rule("A", "a"), rule("B", "a")], {1: "Filter “B”: The filter “A” already has this value."}),
        (
            [rule("other", "a")],
            {0: "Filter “other”: “other” has a meaning of its own in reports; choose another name."},
        ),
        ([rule("A", "a", pk=987)], {0: "Filter “A”: It was deleted in the meantime; add it again."}),
        ([rule("n" * 101, "a")], {0: f"Filter “{'n' * 101}”: The name has 101 characters; at most 100 are possible."}),
    ],
)
def test_a_set_with_a_wrong_filter_is_refused_as_a_whole_and_the_row_is_named(rules, rows) -> None:
    kept = make_filter("Kept", "K")

    assert refusal_of(*rules).rows == rows
    assert list(QueryFilter.objects.all()) == [kept]


def test_a_filter_of_a_run_that_is_not_over_cannot_be_deleted() -> None:
    used = make_filter("UK", "UK_")
    run = FetchRun.objects.create(query_filter=used, asked_by="ann")

    assert refusal_of().message == f"Run {run.pk} still works on the filter “UK”; delete it after the run."


def test_a_pattern_that_is_too_slow_for_a_company_changes_nothing() -> None:
    make_company("a" * 90)
    make_filter("Kept", "K")
    before = current_rules()

    assert "takes too long" in refusal_of(rule("Slow", "(a|aa)+b", kind="regex")).message
    assert current_rules() == before


def test_a_preview_counts_listed_companies_and_adds_up_even_with_an_unusable_rule() -> None:
    for each in ("UK_1", "UK_2", "UKX", "DE_1"):
        make_company(each)
    make_company("UK_gone", removed_at="2026-01-01T00:00Z")

    preview = preview_rules([rule("UK", "UK_"), rule("Typing", "[", kind="regex"), rule("None", "ZZ")])

    assert [count.companies for count in preview.rules] == [2, 0, 0]
    assert preview.rules[1].error == "“[” is not a regular expression: unterminated character set at position 1."
    assert (preview.other, preview.total) == (2, 4)
    assert not QueryFilter.objects.exists()


def test_assigning_is_safe_to_repeat_and_takes_few_queries(django_assert_max_num_queries) -> None:
    for number in range(60):
        make_company(f"{'AB'[number % 2]}{number}")
    make_filter("A", "A")
    make_filter("B", "B")

    with django_assert_max_num_queries(7):
        assert assign_filters() == 60
    assert assign_filters() == 0


def test_only_the_companies_given_are_assigned() -> None:
    first, _second = make_company("A1"), make_company("A2")
    make_filter("A", "A")

    assert assign_filters([first]) == 1
    assert groups() == {"A1": "A", "A2": "Other"}


def test_setting_a_filter_by_name_creates_it_and_changes_it_afterwards() -> None:
    make_company("UK_1")
    created = set_filter("UK", kind="prefix", value="UK")
    changed = set_filter(" uk ", kind="glob", value="*_1")

    assert (changed.pk, changed.name, changed.kind, changed.value) == (created.pk, "uk", "glob", "*_1")
    assert groups() == {"UK_1": "uk"}


def test_removing_a_filter_by_name_moves_its_companies_to_the_next_that_matches() -> None:
    make_company("UK_1")
    set_filter("All", kind="prefix", value="U")
    set_filter("UK", kind="prefix", value="UK_")

    assert remove_filter("uk") == 1
    assert groups() == {"UK_1": "All"}
    with pytest.raises(FilterSetError, match=r"^There is no filter named “uk”\. Filters: “All”\.$"):
        remove_filter("uk")
