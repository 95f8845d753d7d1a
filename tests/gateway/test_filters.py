"""Filters as Intacct's grammar wants them, from Python values."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from lxml import etree

from usage.gateway import filters
from usage.gateway.envelope import EnvelopeError, filter_element

DAY = date(2026, 2, 3)
MOMENT = datetime(2026, 2, 3, 4, 5, 6)


def written(condition: filters.Filter) -> str:
    return etree.tostring(filter_element(condition)).decode()


@pytest.mark.parametrize(
    ("build", "operator"),
    [
        (filters.equal_to, "equalto"),
        (filters.not_equal_to, "notequalto"),
        (filters.less_than, "lessthan"),
        (filters.at_most, "lessthanorequalto"),
        (filters.greater_than, "greaterthan"),
        (filters.at_least, "greaterthanorequalto"),
        (filters.like, "like"),
        (filters.not_like, "notlike"),
    ],
)
def test_a_comparison_names_its_operator_field_and_value(build: object, operator: str) -> None:
    assert written(build("A", "x%")) == f"<{operator}><field>A</field><value>x%</value></{operator}>"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *(
            (DAY, "02/03/2026"),
            (MOMENT, "02/03/2026 04:05:06"),
            (7, "7"),
            (Decimal("1E+3"), "1000"),
            ("<&>", "&lt;&amp;&gt;"),
        ),
        ("", ""),
    ],
)
def test_values_are_written_in_intaccts_format(value: filters.Value, text: str) -> None:
    element = f"<value>{text}</value>" if text else "<value></value>"

    assert written(filters.equal_to("A", value)) == f"<equalto><field>A</field>{element}</equalto>"


def test_lists_ranges_and_empty_fields() -> None:
    assert written(filters.between("A", DAY, DAY)) == (
        "<between><field>A</field><value>02/03/2026</value><value>02/03/2026</value></between>"
    )
    assert written(filters.in_list("A", [1, 2])) == "<in><field>A</field><value>1</value><value>2</value></in>"
    assert written(filters.not_in_list("A", [1])) == "<notin><field>A</field><value>1</value></notin>"
    assert written(filters.is_null("A")) == "<isnull><field>A</field></isnull>"
    assert written(filters.is_not_null("A")) == "<isnotnull><field>A</field></isnotnull>"


def test_groups_nest_and_a_group_of_one_is_its_member() -> None:
    one, two = filters.is_null("A"), filters.is_null("B")

    assert filters.all_of(one) == filters.any_of(one) == one
    assert written(filters.any_of(one, filters.all_of(one, two))) == (
        "<or><isnull><field>A</field></isnull>"
        "<and><isnull><field>A</field></isnull><isnull><field>B</field></isnull></and></or>"
    )


@pytest.mark.parametrize(
    "build",
    [lambda: filters.all_of(), lambda: filters.in_list("A", []), lambda: filters.in_list("A", range(1001))],
)
def test_what_the_grammar_forbids_is_refused(build: object) -> None:
    with pytest.raises(ValueError, match=r"takes 1 to 1000 values|at least one filter"):
        build()


def test_a_value_with_a_control_character_is_refused() -> None:
    with pytest.raises(EnvelopeError, match="The filter value holds a control character"):
        filter_element(filters.equal_to("A", "x\x00"))
