"""Which of several mistakes in one request the gateway answers to."""

import pytest

from intacct_usage.simulator.scenario import CompanyScenario, GatewayOptions
from tests.simulator.gateway_calls import GatewayCaller, make_scenario, query, serving


def spoil_everything(caller: GatewayCaller) -> None:
    caller.control["password"] = "wrong"
    caller.login.update(companyid="nobody", password="wrong")


def test_a_body_that_is_not_xml_comes_before_everything() -> None:
    with serving() as caller:
        answer = caller.post(b"<request><control>")

        assert (answer.level, answer.error[0]) == ("control", "XL03000003")
        assert answer.error[1].startswith("XML Parse error")


def test_an_element_out_of_order_comes_before_the_sender() -> None:
    with serving() as caller:
        spoil_everything(caller)
        caller.login = {name: caller.login[name] for name in ("companyid", "userid", "password")}

        answer = caller.call("<getAPISession/>")

        assert (answer.level, answer.error[0]) == ("control", "XL03000003")
        assert "XML Parse schema error" in answer.error[1]


@pytest.mark.parametrize(("order", "expected"), [("sender-first", "XL03000006"), ("company-first", "GW-0011")])
def test_the_scenario_sets_whether_sender_or_company_comes_first(order: str, expected: str) -> None:
    with serving(make_scenario(gateway=GatewayOptions(check_order=order))) as caller:
        spoil_everything(caller)

        assert caller.call("<getAPISession/>").error[0] == expected


@pytest.mark.parametrize(
    ("state", "level", "number"),
    [
        ("expired", "control", "PL04000055"),
        ("suspended", "authentication", "XL03000006"),
        ("inactive", "authentication", "XL03000006"),
        ("unknown", "control", "GW-0011"),
    ],
)
def test_the_state_of_the_company_comes_before_sender_and_user(state: str, level: str, number: str) -> None:
    with serving(make_scenario(CompanyScenario("acme", state=state, senders=()))) as caller:
        caller.login["password"] = "wrong"

        answer = caller.call("<getAPISession/>")

        assert (answer.level, answer.error[0]) == (level, number)
        assert "authorized" not in answer.error[1]


def test_an_unauthorised_sender_comes_before_a_wrong_password() -> None:
    with serving(make_scenario(CompanyScenario("acme", senders=()))) as caller:
        caller.login["password"] = "wrong"

        words = caller.call("<getAPISession/>").error[1]

        assert words.startswith("Invalid Web Services Authorization The sender ID 'usagewatch' is not authorized")
        assert "company ID 'acme'" in words


@pytest.mark.parametrize(
    "function",
    [
        "<noSuchFunction/>",
        "<query><select><field>RECORDNO</field></select></query>",
        query(tail="<pagesize>2001</pagesize>"),
        query(tail="<pagesize>0</pagesize>"),
        query(where="<equals><field>RECORDNO</field><value>1</value></equals>"),
        query(where="<and><isnull><field>RECORDNO</field></isnull></and>"),
        query(tail="<options><casesensitive>true</casesensitive></options>"),
        "<readByQuery><object>APIUSAGEDETAIL</object><pagesize>1001</pagesize></readByQuery>",
    ],
)
def test_a_function_that_breaks_the_schema_is_refused_in_the_control_block(function: str) -> None:
    with serving() as caller:
        answer = caller.call(function)

        assert (answer.level, answer.error[0]) == ("control", "XL03000003")


def test_a_policy_is_refused() -> None:
    with serving() as caller:
        caller.control["dtdversion"] = caller.control.pop("dtdversion")
        control = {**caller.control, "policyid": "nightly"}
        order = ("senderid", "password", "controlid", "uniqueid", "dtdversion", "policyid", "includewhitespace")
        caller.control = {name: control[name] for name in order}

        assert "'nightly' is not a valid transport policy" in caller.call("<getAPISession/>").error[1]


def test_documents_with_a_type_declaration_are_refused_unread() -> None:
    with serving() as caller:
        body = caller.document("<getAPISession/>").replace(b"?>", b"?><!DOCTYPE request [<!ENTITY a 'b'>]>", 1)

        assert caller.post(body).error[0] == "XL03000003"


def test_only_post_to_the_one_address_and_only_up_to_the_size_limit() -> None:
    with serving(make_scenario(gateway=GatewayOptions(max_request_bytes=100))) as caller:
        url = caller.url

        assert caller.http.get(url).status_code == 405
        assert caller.http.post(url.replace("xmlgw", "other")).status_code == 404
        assert caller.http.post(url, data=b" " * 101).status_code == 413
