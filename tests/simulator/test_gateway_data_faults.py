"""Faults in the data of an answer that claims to be a success, and odd layouts of failures."""

import pytest

from intacct_usage.simulator.scenario import CompanyScenario, Fault
from tests.simulator.gateway_calls import ORDER, GatewayCaller, make_scenario, serving

BUSY = CompanyScenario("acme", history_days=10, records_per_day=(3, 3))
FIELDS = ["RECORDNO", "N_TRANS", "CREATED_DATE", "CREATED_TIME"]


def with_fault(kind: str, **parameters: object):
    return serving(make_scenario(BUSY, faults=(Fault(kind, **parameters),)))


def page(caller: GatewayCaller, offset: int = 0) -> str:
    return f"{ORDER}<pagesize>10</pagesize><offset>{offset}</offset>"


def test_total_drift_changes_the_total_on_some_pages_only() -> None:
    with with_fault("total_drift", after=1, rows=2) as caller:
        first, second = (caller.query(tail=page(caller, offset)) for offset in (0, 10))

        rows = len(caller.acme.rows)
        assert (first.data.get("totalcount"), second.data.get("totalcount")) == (str(rows), str(rows + 2))
        assert second.data.get("numremaining") == str(rows + 2 - 20)


def test_duplicate_rows_come_again_on_the_next_page() -> None:
    with with_fault("duplicate_rows", after=1, rows=3) as caller:
        first, second = (caller.query(tail=page(caller, offset)) for offset in (0, 10))

        assert first.column("RECORDNO")[-3:] == second.column("RECORDNO")[:3]
        assert second.data.get("count") == "10"


def test_duplicate_rows_on_a_first_page_repeat_its_beginning() -> None:
    with with_fault("duplicate_rows", rows=2) as caller:
        numbers = caller.query(tail=page(caller)).column("RECORDNO")

        assert (len(numbers), numbers[-2:]) == (12, numbers[:2])


def test_a_short_page_says_it_holds_more_than_it_does() -> None:
    with with_fault("short_page", rows=4) as caller:
        answer = caller.query(tail=page(caller))

        assert (answer.data.get("count"), len(answer.rows)) == ("10", 6)


def test_missing_fields_are_left_out_although_selected() -> None:
    with with_fault("missing_fields", fields=("N_TRANS",)) as caller:
        assert set(caller.query(FIELDS).rows[0]) == {"RECORDNO", "CREATED_DATE", "CREATED_TIME"}


def test_counts_can_be_missing() -> None:
    with with_fault("no_counts") as caller:
        assert dict(caller.query().data.attrib) == {"listtype": "APIUSAGEDETAIL"}


@pytest.mark.parametrize(
    ("kind", "field", "text"),
    [("bad_number", "N_TRANS", "1,234.5x"), ("bad_date", "CREATED_DATE", "31/31/2026")],
)
def test_values_can_be_unreadable(kind: str, field: str, text: str) -> None:
    with with_fault(kind) as caller:
        assert caller.query(FIELDS).rows[0][field] == text


def test_rows_can_change_their_dress() -> None:
    with serving(
        make_scenario(BUSY, faults=(Fault("iso_dates"), Fault("lower_case_rows"), Fault("record_url")))
    ) as caller:
        answer = caller.query(["CREATED_DATE", "RECORD_URL"])

        assert answer.data[0].tag == "apiusagedetail"
        assert answer.rows[0]["CREATED_DATE"] == "2026-08-22"
        assert answer.rows[0]["RECORD_URL"].startswith("https://www.intacct.com/")


def test_a_session_can_end_between_two_pages() -> None:
    with with_fault("session_expired", function="query", after=1, times=1) as caller:
        caller.sign_in()
        levels = [caller.query(tail=page(caller, offset)).level for offset in (0, 10, 10)]

        assert levels == ["success", "authentication", "authentication"]
        assert caller.gateway.ledger.calls()[-1].company == "acme"


def test_the_returned_endpoint_can_be_a_foreign_host() -> None:
    with with_fault("foreign_endpoint", text="https://intacct.com.evil.example/ia/xml/xmlgw.phtml") as caller:
        endpoint = caller.sign_in().data.findtext("api/endpoint")

        assert endpoint == "https://intacct.com.evil.example/ia/xml/xmlgw.phtml"


def test_the_answer_can_name_another_company_or_no_session_time() -> None:
    with with_fault("wrong_company_echo") as caller:
        caller.gateway.faults.add(Fault("no_session_timeout"))

        answer = caller.query()

        assert answer.text("operation/authentication/companyid") == "another-company"
        assert answer.root.find("operation/authentication/sessiontimeout") is None


@pytest.mark.parametrize(
    ("kind", "tags", "signed"),
    [
        ("error_after_data", ["data", "errormessage"], True),
        ("error_before_data", ["errormessage", "data"], False),
    ],
)
def test_a_failure_can_hold_data_as_well(kind: str, tags: list[str], signed: bool) -> None:
    with with_fault(kind) as caller:
        answer = caller.query()

        result = answer.root.find("operation/result")
        assert [child.tag for child in result] == ["status", "function", "controlid", *tags]
        assert result.findtext("status") == "failure"
        assert (answer.root.find("operation/authentication") is not None) is signed


def test_several_errors_come_in_one_message_the_cause_first() -> None:
    with with_fault("two_errors") as caller:
        numbers = [error.findtext("errorno") for error in caller.query().root.iter("error")]

        assert numbers == ["DL02000001", "BL01001973"]


def test_a_rolled_back_function_is_aborted() -> None:
    with with_fault("rolled_back") as caller:
        answer = caller.query()

        assert answer.text("operation/result/status") == "aborted"
        assert [error.findtext("errorno") for error in answer.root.iter("error")] == ["DL02000001", "XL03000009"]


def test_error_words_can_hold_tags_and_entities() -> None:
    with with_fault("html_error_text") as caller:
        assert "Please <b>contact</b> &#039;your&#039; administrator" in caller.query().error[1]
