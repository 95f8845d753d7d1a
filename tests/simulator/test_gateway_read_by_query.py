"""`readByQuery` and `readMore`."""

from datetime import timedelta

import pytest

from intacct_usage.simulator.gateway_conditions import IllegalCondition, parse_condition
from intacct_usage.simulator.gateway_filters import Comparison, Junction, Negation
from intacct_usage.simulator.scenario import CompanyScenario
from tests.simulator.gateway_calls import NOON, Clock, make_scenario, serving

BUSY = CompanyScenario("acme", history_days=10, records_per_day=(3, 3))


def read(condition: str = "", fields: str = "RECORDNO", page_size: int = 10, name: str = "APIUSAGEDETAIL") -> str:
    parts = f"<object>{name}</object><fields>{fields}</fields><query>{condition}</query>"
    return f"<readByQuery>{parts}<pagesize>{page_size}</pagesize></readByQuery>"


def test_a_result_is_a_snapshot_given_out_page_by_page() -> None:
    with serving(make_scenario(BUSY)) as caller:
        expected = [row.record_no for row in caller.acme.rows]
        answer = caller.call(read(page_size=20))
        seen = answer.column("RECORDNO")
        caller.acme.add_row(NOON)
        caller.acme.delete_row(expected[-1])

        more = caller.call(f"<readMore><resultId>{answer.data.get('resultId')}</resultId></readMore>")

        assert seen + more.column("RECORDNO") == expected
        assert (more.data.get("numremaining"), more.data.get("resultId")) == ("0", "")
        assert list(answer.data.attrib) == ["listtype", "count", "totalcount", "numremaining", "resultId"]
        assert answer.data[0].tag == "apiusagedetail"


def test_read_more_by_object_goes_on_with_the_newest_result() -> None:
    with serving(make_scenario(BUSY)) as caller:
        caller.call(read())

        assert len(caller.call("<readMore><object>APIUSAGEDETAIL</object></readMore>").rows) == 10


def test_a_result_can_no_longer_be_read_after_its_time() -> None:
    clock = Clock()
    with serving(make_scenario(BUSY), clock) as caller:
        caller.call(read())
        clock.advance(minutes=31)

        assert caller.call("<readMore><object>APIUSAGEDETAIL</object></readMore>").level == "result"


def test_conditions_are_read_with_the_usual_precedence() -> None:
    condition = parse_condition(r"A = 1 or NOT b like 'x\'%' AND (C not in ('p', 'q') AND D IS NOT NULL)")

    inner = Junction("and", (Comparison("C", "notin", ("p", "q")), Comparison("D", "isnotnull")))
    right = Junction("and", (Negation(Comparison("B", "like", ("x'%",))), inner))
    assert condition == Junction("or", (Comparison("A", "equalto", ("1",)), right))


@pytest.mark.parametrize(
    "text", ["A =", "A == 1", "(A = 1", "A = 1)", "A LIKE", "= 1", "A IN ()", "NOT " * 60 + "A = 1"]
)
def test_conditions_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(IllegalCondition):
        parse_condition(text)


def test_a_condition_over_the_wire_finds_the_day() -> None:
    with serving(make_scenario(BUSY)) as caller:
        caller.acme.add_row(NOON - timedelta(days=3))
        condition = "CREATED_DATE &gt;= '08/29/2026' AND CREATED_DATE &lt; '08/30/2026'"

        days = caller.call(read(condition, "CREATED_DATE")).column("CREATED_DATE")

        assert days == ["08/29/2026"] * 4


@pytest.mark.parametrize(
    ("function", "number"),
    [
        (read(name="NOSUCHOBJECT"), "Query Failed"),
        (read("NOSUCH = 1"), "Query Failed"),
        (read("N_TRANS = 'many'"), "Query Failed"),
        (read("N_TRANS ="), "Query Failed"),
        (read(fields="NOSUCH"), "Invalid fields list NOSUCH"),
        ("<readMore><resultId>none</resultId></readMore>", "readMore failed"),
    ],
)
def test_mistakes_fail_the_function(function: str, number: str) -> None:
    with serving() as caller:
        answer = caller.call(function)

        assert (answer.level, answer.error[0]) == ("result", number)


def test_a_star_stands_for_all_fields() -> None:
    with serving(make_scenario(BUSY)) as caller:
        assert len(caller.call(read(fields="*", page_size=1)).rows[0]) == 13
