"""A filter that cannot be used is refused with a sentence, and no pattern can hold the program up."""

import time

import pytest

from usage.filters.grouping import FilterRule, FilterRuleError, MatchKind, matches, validate_rule
from usage.models import QueryFilter

TOO_SLOW = "takes too long. Write it without nested or overlapping repetitions, or use a pattern with * and ?."


def rule(value, kind="prefix") -> FilterRule:
    return FilterRule(None, "UK", kind, value, 0)


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        ("", "prefix", "Enter what the company IDs of this filter begin with."),
        (" ", "glob", "Enter what the company IDs of this filter look like."),
        ("x" * 201, "prefix", "The value has 201 characters; at most 200 are possible."),
        ("UK\x00", "prefix", "The value holds control characters or line breaks, which no company ID has."),
        ("\ud800", "prefix", "The value holds control characters or line breaks, which no company ID has."),
        ("[a", "regex", "“[a” is not a regular expression: unterminated character set at position 2."),
        (r"\L<x>", "regex", "“\\L<x>” is not a regular expression: undefined named list at position 5."),
        ("UK", "like", "“like” is not a kind of filter; use prefix, glob or regex."),
    ],
)
def test_a_filter_that_cannot_be_used_is_refused_with_its_reason(value, kind, message) -> None:
    with pytest.raises(FilterRuleError) as refusal:
        validate_rule(rule(value, kind))

    assert refusal.value.message == message


@pytest.mark.parametrize("value", ["(a|aa)+b", "(?R)?a", "(.|..)+z"])
def test_a_regular_expression_that_backtracks_without_end_is_refused_in_a_second(value) -> None:
    started = time.thread_time()  # of the processor, not of the clock: others use it too

    with pytest.raises(FilterRuleError) as refusal:
        validate_rule(rule(value, "regex"))

    assert refusal.value.message == f"The regular expression “{value}” of the filter “UK” {TOO_SLOW}"
    assert time.thread_time() - started < 2


def test_a_match_that_takes_too_long_is_an_error_and_never_a_guess() -> None:
    with pytest.raises(FilterRuleError) as refusal:
        matches(rule("(a|aa)+b", "regex"), "a" * 90)

    assert refusal.value.message.startswith("For the company “aaaa")
    assert refusal.value.message.endswith(TOO_SLOW)


def test_a_glob_of_nothing_but_stars_and_letters_is_answered_at_once() -> None:
    started = time.thread_time()  # of the processor, not of the clock: others use it too

    assert not matches(rule("*a" * 100, "glob"), "a" * 99 + "b")
    assert time.thread_time() - started < 0.2


@pytest.mark.parametrize(("value", "kind"), [("UK_", "prefix"), ("*_UK", "glob"), (r"(UK|IE)_\d{1,4}", "regex")])
def test_ordinary_filters_are_accepted(value, kind) -> None:
    validate_rule(rule(value, kind))


def test_the_kinds_are_those_of_the_table() -> None:
    assert set(MatchKind) == set(QueryFilter.Kind.values)
