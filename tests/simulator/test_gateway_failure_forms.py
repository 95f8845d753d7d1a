"""Each form in which the gateway answers, as bytes on the wire."""

import pytest

from intacct_usage.simulator.scenario import CompanyScenario, Fault
from tests.simulator.gateway_calls import make_scenario, query, serving


def test_form_a_a_success_echoes_control_ids_and_names_user_company_and_session_times() -> None:
    with serving() as caller:
        caller.control["controlid"] = "päge & <1>"

        answer = caller.call("<getAPISession/>")

        assert answer.http.status_code == 200
        assert answer.http.headers["Content-Type"] == 'text/xml; encoding="UTF-8"'
        assert answer.http.content.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
        assert answer.text("control/controlid") == "päge & <1>"
        assert answer.text("control/senderid") == "usagewatch"
        assert answer.text("operation/authentication/companyid") == "acme"
        assert answer.text("operation/authentication/sessiontimestamp") == "2026-09-01T12:00:00+00:00"
        assert answer.text("operation/authentication/sessiontimeout") == "2026-09-01T14:00:00+00:00"
        assert answer.text("operation/result/controlid") == "f-0"


def test_form_b_a_wrong_sender_password_is_refused_in_a_full_control_block() -> None:
    with serving() as caller:
        caller.control["password"] = "wrong"

        answer = caller.call("<getAPISession/>")

        assert (answer.http.status_code, answer.level) == (200, "control")
        assert answer.text("control/senderid") == "usagewatch"
        number, words = answer.error
        assert number == "XL03000006"
        assert words.startswith("Incorrect Intacct XML Partner ID or password. [Support ID: ")
        assert answer.root.find("operation") is None


def test_form_c_an_unknown_company_is_refused_with_http_400_and_no_echo() -> None:
    with serving() as caller:
        caller.login["companyid"] = "nobody"

        answer = caller.call("<getAPISession/>")

        assert (answer.http.status_code, answer.error[0]) == (400, "GW-0011")
        assert [child.tag for child in answer.root.find("control")] == ["status"]
        assert [child.tag for child in next(answer.root.iter("error"))] == ["errorno", "description"]


def test_form_d_a_wrong_user_password_is_refused_at_sign_in_without_a_result() -> None:
    with serving() as caller:
        caller.login["password"] = "wrong"

        answer = caller.call("<getAPISession/>")

        assert (answer.http.status_code, answer.level) == (200, "authentication")
        assert answer.error[1].startswith("Sign-in information is incorrect")
        assert answer.text("operation/authentication/userid") == "reader"
        assert answer.root.find("operation/result") is None


def test_form_d_a_refused_session_has_empty_user_and_company_elements() -> None:
    with serving() as caller:
        caller.session = "never-given-out"

        answer = caller.query()

        assert answer.level == "authentication"
        assert answer.error[1].startswith("Invalid session never-given-out")
        assert answer.text("operation/authentication/userid") == ""
        assert answer.text("operation/authentication/companyid") == ""


def test_form_e_a_missing_right_fails_the_function_only() -> None:
    with serving(make_scenario(CompanyScenario("acme", readers=()))) as caller:
        answer = caller.query()

        assert (answer.http.status_code, answer.level, answer.error[0]) == (200, "result", "PL04000005")
        assert "READ_BY_QUERY on objects of type apiusagedetail" in answer.error[1]
        assert answer.text("operation/authentication/status") == "success"


def test_form_f_a_failing_function_in_a_transaction_aborts_all() -> None:
    with serving() as caller:
        answer = caller.call(query(), query(["NO_SUCH_FIELD"]), query(), transaction="true")

        assert [result.findtext("status") for result in answer.root.iter("result")] == ["aborted", "aborted"]
        last = answer.root.findall("operation/result")[-1]
        assert [error.findtext("errorno") for error in last.iter("error")] == ["XL03000006", "XL03000009"]


def test_without_a_transaction_the_other_functions_still_succeed() -> None:
    with serving() as caller:
        answer = caller.call(query(["NO_SUCH_FIELD"]), query())

        assert [result.findtext("status") for result in answer.root.iter("result")] == ["failure", "success"]


@pytest.mark.parametrize(
    ("kind", "status", "start"),
    [("html_502", 502, b"<!DOCTYPE html>"), ("http_500", 500, b""), ("not_one_document", 200, b"<errorno>")],
)
def test_forms_g_and_h_are_not_xml_documents(kind: str, status: int, start: bytes) -> None:
    with serving(make_scenario(faults=(Fault(kind),))) as caller:
        answer = caller.query()

        assert (answer.http.status_code, answer.root) == (status, None)
        assert answer.http.content.startswith(start)
        assert bool(answer.http.content) is bool(start)


def test_white_space_between_elements_is_left_out_on_request_and_never_fills_an_empty_element() -> None:
    with serving() as caller:
        dense = caller.call("<getAPISession/>")
        caller.control["includewhitespace"] = "true"
        spaced = caller.call("<getAPISession/>")

        assert b">\n<" not in dense.http.content.partition(b"?>\n")[2]
        assert b"</control>\n<operation>" in spaced.http.content
        assert spaced.text("operation/authentication/locationid") == ""
