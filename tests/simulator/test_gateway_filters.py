"""The filter engine against plain Python, and over the wire."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intacct_usage.simulator.gateway_filters import (
    Column,
    Comparison,
    Condition,
    IllegalValue,
    Junction,
    Negation,
    compile_condition,
    time_span,
)
from intacct_usage.simulator.usage_rows import CallTexts
from tests.simulator.gateway_calls import NOON, compare, make_scenario, serving

COLUMNS = {"NAME": Column(0, "TEXT"), "N": Column(1, "INTEGER"), "DAY": Column(2, "DATE")}
NAMES = ("", "a", "B", "b%", "c_d", "Œ")
NUMBERS = ("", "-3", "0", "7", "10")
DAYS = ("", "12/31/2025", "01/02/2026", "10/01/2026")
FIELDS = {"NAME": NAMES, "N": NUMBERS, "DAY": DAYS}
ORDERS: dict[str, Callable[[object, object], bool]] = {
    "equalto": lambda left, right: left == right,
    "notequalto": lambda left, right: left != right,
    "lessthan": lambda left, right: left < right,
    "lessthanorequalto": lambda left, right: left <= right,
    "greaterthan": lambda left, right: left > right,
    "greaterthanorequalto": lambda left, right: left >= right,
}


def plain_value(field: str, text: str) -> object:
    if field == "N":
        return int(text)
    month, day, year = (int(part) for part in text.split("/")) if field == "DAY" else (0, 0, 0)
    return (year, month, day) if field == "DAY" else text


def plain_comparison(part: Comparison, text: str) -> bool | None:
    if part.operator in ("isnull", "isnotnull"):
        return (text == "") is (part.operator == "isnull")
    if not text:
        return None
    value, operands = plain_value(part.field, text), [plain_value(part.field, one) for one in part.values]
    if part.operator in ("in", "notin"):
        return (value in operands) is (part.operator == "in")
    if part.operator == "between":
        return operands[0] <= value <= operands[1]
    return ORDERS[part.operator](value, operands[0])


def plain_truth(part: Condition, row: tuple[str, ...]) -> bool | None:
    """The textbook meaning, written without a look at the engine."""
    if isinstance(part, Comparison):
        return plain_comparison(part, row[list(FIELDS).index(part.field)])
    if isinstance(part, Negation):
        inner = plain_truth(part.part, row)
        return None if inner is None else not inner
    truths = [plain_truth(one, row) for one in part.parts]
    decisive = part.word == "or"
    if decisive in truths:
        return decisive
    return None if None in truths else not decisive


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    field = draw(st.sampled_from(list(FIELDS)))
    operator = draw(st.sampled_from([*ORDERS, "between", "in", "notin", "isnull", "isnotnull"]))
    count = {"between": 2, "in": 3, "notin": 2, "isnull": 0, "isnotnull": 0}.get(operator, 1)
    values = draw(st.lists(st.sampled_from([text for text in FIELDS[field] if text]), min_size=count, max_size=count))
    return Comparison(field, operator, tuple(values))


def grown(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return st.builds(Junction, st.sampled_from(["and", "or"]), several) | st.builds(Negation, inner)


conditions = st.recursive(comparisons(), grown, max_leaves=8)
rows = st.tuples(st.sampled_from(NAMES), st.sampled_from(NUMBERS), st.sampled_from(DAYS))


@given(condition=conditions, row=rows)
def test_a_condition_means_what_plain_python_says(condition: Condition, row: tuple[str, ...]) -> None:
    holds = compile_condition(condition, COLUMNS, ignore_case=False)

    assert holds(row) is plain_truth(condition, row)


TIMES = {"CREATED_DATE": Column(0, "DATE"), "CREATED_TIME": Column(1, "TIMESTAMP")}
labels = st.datetimes(NOON.replace(tzinfo=None) - timedelta(days=2), NOON.replace(tzinfo=None) + timedelta(days=2))


@st.composite
def time_conditions(draw: st.DrawFn) -> Condition:
    field = draw(st.sampled_from(list(TIMES)))
    pattern = "%m/%d/%Y" if field == "CREATED_DATE" else "%m/%d/%Y %H:%M:%S"
    operator = draw(st.sampled_from([*ORDERS, "between"]))
    count = 2 if operator == "between" else 1
    return Comparison(field, operator, tuple(draw(labels).strftime(pattern) for _ in range(count)))


@given(parts=st.lists(time_conditions(), min_size=2, max_size=3), moment=labels)
def test_the_span_of_a_condition_leaves_out_no_row_it_finds(parts: list[Condition], moment) -> None:
    condition = Junction("and", tuple(parts))
    moment = moment.replace(microsecond=0)
    row = (moment.strftime("%m/%d/%Y"), moment.strftime("%m/%d/%Y %H:%M:%S"))

    span = time_span(condition, TIMES)
    inside = (span.since is None or span.since <= moment) and (span.until is None or moment < span.until)

    found = compile_condition(condition, TIMES, ignore_case=False)(row) is True
    assert inside if found else (not inside or not span.exact)


@pytest.mark.parametrize(
    ("pattern", "ignore_case", "expected"),
    [("a%", False, ["ab", "a.b"]), ("A%", True, ["ab", "a.b"]), ("a_b", False, ["a.b"]), ("%.%", False, ["a.b"])],
)
def test_like_knows_percent_and_underscore_only(pattern: str, ignore_case: bool, expected: list[str]) -> None:
    holds = compile_condition(Comparison("NAME", "like", (pattern,)), COLUMNS, ignore_case=ignore_case)

    assert [text for text in ("ab", "a.b", "", "xab") if holds((text, "", "")) is True] == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (compare("in", "PARTNERID", "a", "c"), ["a", "c"]),
        (compare("notin", "PARTNERID", "a"), ["b & co", "c"]),
        (compare("isnull", "PARTNERID"), [""]),
        (compare("like", "PARTNERID", "% & %"), ["b & co"]),
        (compare("between", "N_TRANS", "2", "3"), ["b & co", "c"]),
        (f"<or>{compare('equalto', 'PARTNERID', 'a')}{compare('greaterthan', 'N_TRANS', '3')}</or>", ["a", ""]),
        (compare("greaterthanorequalto", "CREATED_TIME", "09/01/2026 10:02:00"), ["c", ""]),
        (compare("equalto", "CREATED_DATE", "09/01/2026"), ["a", "b & co", "c", ""]),
        (compare("lessthan", "CREATED_DATE", "09/01/2026"), []),
    ],
)
def test_filters_work_over_the_wire(where: str, expected: list[str]) -> None:
    with serving() as caller:
        for minute, partner in enumerate(("a", "b & co", "c", "")):
            moment = NOON - timedelta(hours=2, minutes=-minute)
            caller.acme.add_row(moment, transactions=minute + 1, texts=CallTexts(partner_id=partner))

        answer = caller.query(["PARTNERID"], where=where)

        assert answer.column("PARTNERID") == expected
        assert answer.data.get("totalcount") == str(len(expected))


def test_text_compares_without_case_only_when_asked_to() -> None:
    with serving() as caller:
        caller.acme.add_row(NOON, texts=CallTexts(partner_id="Expense"))
        where = compare("equalto", "PARTNERID", "EXPENSE")

        exact, loose = (
            caller.query(where=where, tail=f"<options><caseinsensitive>{word}</caseinsensitive></options>")
            for word in ("false", "true")
        )

        assert (len(exact.rows), len(loose.rows)) == (0, 1)


@pytest.mark.parametrize(
    ("field", "value"), [("CREATED_DATE", "2026-09-01"), ("CREATED_DATE", "02/30/2026"), ("N_TRANS", "many")]
)
def test_a_value_of_the_wrong_form_fails_the_function(field: str, value: str) -> None:
    with serving(make_scenario()) as caller:
        answer = caller.query(where=compare("equalto", field, value))

        assert (answer.level, answer.error[0]) == ("result", "BL03000018")
        assert f"Illegal format for {field}" in answer.error[1]


def test_the_last_day_of_all_can_be_asked_for() -> None:
    span = time_span(Comparison("CREATED_DATE", "lessthanorequalto", ("12/31/9999",)), TIMES)

    assert span.exact
    with pytest.raises(IllegalValue):
        time_span(Comparison("CREATED_DATE", "equalto", ("01/01/0000",)), TIMES)
