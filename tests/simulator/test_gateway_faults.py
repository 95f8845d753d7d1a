"""Faults: which requests they meet, and the refusals of the error catalogue on the wire."""

import pytest

from intacct_usage.simulator.fault_kinds import FAULT_KINDS
from intacct_usage.simulator.scenario import CompanyScenario, Fault
from tests.simulator.gateway_calls import GatewayCaller, make_scenario, query, serving

LEVELS = {"control": "control", "short": "control", "authentication": "authentication", "function": "result"}
REFUSALS = sorted(name for name, kind in FAULT_KINDS.items() if kind.stage in LEVELS)
REPLACEMENTS = sorted(name for name, kind in FAULT_KINDS.items() if kind.stage == "replacement")
# errorno, level and words as the catalogue has them
CATALOGUE = [
    ("wrong_sender_password", "XL03000006", "control", "Incorrect Intacct XML Partner ID or password"),
    ("invalid_policy", "XL03000006", "control", "is not a valid transport policy"),
    ("wrong_password", "XL03000006", "authentication", "Sign-in information is incorrect"),
    ("sender_not_authorised", "XL03000006", "authentication", "Invalid Web Services Authorization"),
    ("invalid_session", "XL03000006", "authentication", "Invalid session"),
    ("fields_not_readable", "XL03000006", "result", ": [APIUSAGEDETAIL: [STATUS] ]"),
    ("schema_error", "XL03000003", "control", "XML Parse schema error"),
    ("parse_error", "XL03000003", "control", "XML Parse error"),
    ("object_not_found", "XL03000009", "result", "Object definition APIUSAGEDETAIL not found"),
    ("object_not_found_legacy", "Query Failed", "result", "Object definition APIUSAGEDETAIL not found"),
    ("object_not_found_by_key", "WS", "result", "Object definition APIUSAGEDETAIL not found"),
    ("invalid_fields_list", "Invalid fields list STATUS", "result", ""),
    ("no_permission", "PL04000005", "result", "You do not have permission for API operation"),
    ("company_expired", "PL04000055", "control", "This company is a demo company and has expired"),
    ("data_layer_failure", "DL02000001", "result", "There was an error processing the request"),
    ("temporarily_offline", "XL03000009", "result", "The Service is Temporarily Off-line"),
    ("try_again_later", "XL03000009", "result", "Please Try Again Later"),
    ("too_many_operations", "XL03000009", "result", "too many operations running for this company (200024)"),
    ("too_many_requests", "GW-0010", "control", ""),
    ("invalid_request", "GW-0011", "control", "Invalid Request"),
    ("invalid_request_old", "invalidRequest", "control", "Invalid Request"),
    ("sign_in_refused_by_gateway", "XMLGW_JPP0002", "control", "Sign-in information is incorrect"),
    ("sign_in_refused_by_gateway_old", "UJPP0002", "control", "Sign-in information is incorrect"),
    ("business_logic", "BL01001973", "result", ""),
    ("illegal_format", "BL03000018", "result", "Illegal format for"),
    ("already_exists", "BL34000061", "result", "already exists"),
    ("ip_denied", "XL03000006", "authentication", "IP address denied"),
    ("control_id_in_process", "XL03000009", "result", "control ID f-0 is in process"),
    ("company_suspended", "XL03000006", "authentication", "suspended"),
    ("company_inactive", "XL03000006", "authentication", "inactive"),
    ("user_locked", "XL03000006", "authentication", "Sign-in information is incorrect"),
]


def faulty(caller: GatewayCaller, kind: str, **parameters: object) -> None:
    caller.gateway.faults.clear()
    caller.gateway.faults.add(Fault(kind, **parameters))


@pytest.mark.parametrize(("kind", "number", "level", "words"), CATALOGUE)
def test_a_refusal_of_the_catalogue_has_its_number_level_and_words(
    kind: str, number: str, level: str, words: str
) -> None:
    with serving() as caller:
        faulty(caller, kind, fields=("STATUS",))

        answer = caller.query(["RECORDNO", "STATUS"])

        assert (answer.level, answer.error[0]) == (level, number)
        assert words in answer.error[1]


def test_every_fault_that_refuses_says_so_at_its_level_and_with_its_status() -> None:
    with serving() as caller:
        for name in REFUSALS:
            faulty(caller, name)
            answer = caller.query()

            kind = FAULT_KINDS[name]
            assert (name, answer.level) == (name, LEVELS[kind.stage])
            assert (name, answer.http.status_code) == (name, kind.status)
            assert caller.gateway.ledger.calls()[-1].level == kind.stage


def test_every_fault_that_replaces_the_answer_sends_its_own_body() -> None:
    with serving() as caller:
        for name in REPLACEMENTS:
            faulty(caller, name)
            answer = caller.query()

            kind = FAULT_KINDS[name]
            assert (name, answer.http.status_code) == (name, kind.status)
            assert answer.http.content == kind.body.encode()


def test_any_code_and_words_can_be_sent_at_any_level() -> None:
    with serving() as caller:
        for level, stage in LEVELS.items():
            faulty(caller, "error", level=level, number="UJPP0007", text="Never seen before", status=None)

            answer = caller.query()

            assert (answer.level, answer.error[0]) == (stage, "UJPP0007")
            assert answer.error[1].startswith("Never seen before")


def test_the_words_of_a_refusal_can_be_replaced() -> None:
    with serving() as caller:
        faulty(caller, "temporarily_offline", text="Maintenance until <b>nine</b>")

        assert "Maintenance until <b>nine</b>" in caller.query().error[1]


@pytest.mark.parametrize("kind", ["too_many_requests", "html_503", "too_many_operations"])
def test_retry_after_is_sent_only_where_it_is_given(kind: str) -> None:
    with serving() as caller:
        faulty(caller, kind)
        without = caller.query()
        faulty(caller, kind, retry_after="17")

        assert "Retry-After" not in without.http.headers
        assert caller.query().http.headers["Retry-After"] == "17"


def test_a_fault_meets_its_company_its_function_and_its_turns_only() -> None:
    fault = Fault("html_503", company="ACME", function="query", after=1, times=2)
    with serving(make_scenario(CompanyScenario("acme"), CompanyScenario("other"), faults=(fault,))) as caller:
        caller.sign_in()
        statuses = [caller.query().http.status_code for _ in range(5)]
        caller.session, caller.login["companyid"] = "", "other"

        assert statuses == [200, 503, 503, 200, 200]
        assert caller.query().http.status_code == 200


def test_a_cleared_fault_is_over() -> None:
    with serving(make_scenario(faults=(Fault("html_503"), Fault("slow")))) as caller:
        caller.gateway.faults.clear("html_503")

        assert caller.query().level == "success"
        assert [fault.kind for fault in caller.gateway.faults.current()] == ["slow"]


def test_unreadable_fields_matter_only_to_a_query_that_names_them() -> None:
    with serving(make_scenario(faults=(Fault("fields_not_readable", fields=("STATUS", "LOGINID")),))) as caller:
        refused = caller.query(["RECORDNO", "STATUS"])
        degraded = caller.query(["RECORDNO"])

        assert "[APIUSAGEDETAIL: [STATUS, LOGINID] ]" in refused.error[1]
        assert degraded.level == "success"


def test_more_about_an_error_is_told_on_request() -> None:
    with serving() as caller:
        caller.control["showadditionalerrorinfo"] = "true"

        answer = caller.call(query(["NOSUCH"]))

        assert next(answer.root.iter("additionalinfo")).findtext("errorid") == "GW.XL03000006"
