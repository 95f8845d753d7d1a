"""Each company belongs to exactly one filter or to “Other”; the longest match wins."""

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage.filters.grouping import FilterRule, choose_filter, literal_length, matches

IDS = st.text(alphabet="UK_Xab%*.é", max_size=12)
RULES = st.lists(
    st.tuples(st.sampled_from(["prefix", "glob"]), st.text(alphabet="UK_Xab%*?.é", min_size=1, max_size=6)), max_size=8
)


def rule(value, kind="prefix", name="F", position=0, pk=None) -> FilterRule:
    return FilterRule(pk, name, kind, value, position)


def chosen_name(company_id, *rules) -> str | None:
    chosen = choose_filter(company_id, rules)
    return chosen.name if chosen else None


@pytest.mark.parametrize("company_id", ["UKX", "UKXFoo", "uk_Foo", "XUK_", "UK", ""])
def test_the_prefix_uk_underscore_matches_only_ids_that_begin_with_just_these_characters(company_id) -> None:
    assert matches(rule("UK_"), "UK_Foo")
    assert not matches(rule("UK_"), company_id)


@pytest.mark.parametrize("value", ["U%", "U_", "U*", "U?", "U.", "U["])
def test_no_character_of_a_prefix_has_a_second_meaning(value) -> None:
    assert matches(rule(value), value + "x")
    assert not matches(rule(value), "UKx")


@pytest.mark.parametrize(
    ("value", "company_id", "expected"),
    [
        ("*_UK", "Acme_UK", True),
        ("*_UK", "Acme_UK2", False),
        ("A?me", "Acme", True),
        ("A?me", "Ame", False),
        ("UK_*[1]", "UK_x[1]", True),
        ("a*b*c", "abbc", True),
        ("*a*a*", "a", False),
        ("**", "", True),
    ],
)
def test_a_glob_describes_the_whole_id(value, company_id, expected) -> None:
    assert matches(rule(value, "glob"), company_id) is expected


@given(value=st.text(alphabet="ab*?", max_size=8), company_id=st.text(alphabet="ab", max_size=10))
def test_a_glob_matches_what_shells_match(value, company_id) -> None:
    assert matches(rule(value, "glob"), company_id) == fnmatch.fnmatchcase(company_id, value)


@pytest.mark.parametrize(("value", "expected"), [("UK_", False), (r"UK_\w+", True), (r"^UK_.*$", True), ("cme", False)])
def test_a_regular_expression_describes_the_whole_id(value, expected) -> None:
    assert matches(rule(value, "regex"), "UK_Acme") is expected


def test_the_longest_match_wins_then_the_position_then_the_name() -> None:
    short, long = rule("UK_", name="short"), rule("UK_North", name="long", position=9)
    second, first = rule("*_UK", "glob", name="second", position=2), rule("AB_", name="first", position=1)

    assert chosen_name("UK_North1", short, long) == "long"
    assert chosen_name("UK_South1", short, long) == "short"
    assert chosen_name("AB_UK", second, first) == chosen_name("AB_UK", first, second) == "first"
    assert chosen_name("DE_1", short, long) is None


@pytest.mark.parametrize(
    ("value", "kind", "length"),
    [
        ("UK_*?", "prefix", 5),
        ("UK_*?", "glob", 3),
        ("UK_.*", "regex", 3),
        (r"(UK|IE)_\d+", "regex", 5),
        (r"^UK\.[A-Z\]]{2,3}$", "regex", 3),
        (r"(?i)uk", "regex", 2),
        (r"(?P<land>UK)(?:_)(?=x)", "regex", 4),
        (r"\p{Lu}\x41[]a]", "regex", 0),
    ],
)
def test_the_length_counts_the_characters_that_stand_for_themselves(value, kind, length) -> None:
    assert literal_length(rule(value, kind)) == length


@given(ids=st.lists(IDS, unique=True, max_size=30), values=RULES)
def test_every_company_is_in_one_filter_or_in_other_and_the_sums_add_up(ids, values) -> None:
    rules = [rule(value, kind, name=f"F{number}", position=number) for number, (kind, value) in enumerate(values)]

    chosen = [choose_filter(company_id, rules) for company_id in ids]
    turned = [choose_filter(company_id, rules[::-1]) for company_id in ids]

    assert chosen == turned
    assert sum(chosen.count(each) for each in [*rules, None]) == len(ids)
    for company_id, one in zip(ids, chosen, strict=True):
        lengths = [literal_length(each) for each in rules if matches(each, company_id)]
        assert (literal_length(one) if one else None) == max(lengths, default=None)


@given(prefix=st.text(min_size=1, max_size=5), company_id=st.text(max_size=10))
def test_a_prefix_matches_exactly_what_begins_with_it(prefix, company_id) -> None:
    assert matches(rule(prefix), company_id) == (company_id[: len(prefix)] == prefix)
    assert matches(rule(prefix), prefix + company_id)
