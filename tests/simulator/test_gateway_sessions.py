"""Signing in, and how long a session lasts."""

import pytest

from intacct_usage.simulator.scenario import CompanyScenario, GatewayOptions
from tests.simulator.gateway_calls import Clock, make_scenario, query, serving


def test_a_session_replaces_the_password_and_each_call_makes_it_last_longer() -> None:
    clock = Clock()
    with serving(make_scenario(CompanyScenario("acme", session_minutes=30)), clock) as caller:
        caller.sign_in()
        clock.advance(minutes=29)
        first = caller.query()
        clock.advance(minutes=29)

        second = caller.query()

        assert (first.level, second.level) == ("success", "success")
        assert second.text("operation/authentication/sessiontimestamp") == "2026-09-01T12:00:00+00:00"
        assert second.text("operation/authentication/sessiontimeout") == "2026-09-01T13:28:00+00:00"


def test_a_session_left_alone_for_its_whole_time_is_refused() -> None:
    clock = Clock()
    with serving(make_scenario(CompanyScenario("acme", session_minutes=30)), clock) as caller:
        caller.sign_in()
        clock.advance(minutes=30)

        answer = caller.query()

        assert (answer.level, answer.error[0]) == ("authentication", "XL03000006")
        assert answer.error[1].startswith("Invalid session ")


def test_all_sessions_can_be_ended_by_a_test() -> None:
    with serving() as caller:
        caller.sign_in()
        caller.gateway.end_sessions()

        assert caller.query().level == "authentication"


def test_sign_in_must_be_alone_in_its_request() -> None:
    with serving() as caller:
        answer = caller.call("<getAPISession/>", query())

        assert [result.findtext("status") for result in answer.root.iter("result")] == ["failure", "success"]


@pytest.mark.parametrize("endpoint", ["own", "pod", "https://na12.intacct.example/ia/xml/xmlgw.phtml"])
def test_the_returned_endpoint_is_the_one_of_the_scenario(endpoint: str) -> None:
    with serving(make_scenario(gateway=GatewayOptions(endpoint=endpoint))) as caller:
        returned = caller.sign_in().data.findtext("api/endpoint")

        own, pod = caller.gateway.url, caller.gateway.pod_url
        assert returned == {"own": own, "pod": pod}.get(endpoint, endpoint)
        assert own != pod


def test_a_session_works_at_the_pod() -> None:
    with serving() as caller:
        caller.sign_in()
        caller.url = caller.gateway.pod_url

        assert caller.query().level == "success"


def test_the_company_is_found_in_any_case_and_answered_with_its_own_spelling() -> None:
    with serving(make_scenario(CompanyScenario("UK_Acme"))) as caller:
        caller.login["companyid"] = "uk_acme"

        assert caller.sign_in().text("operation/authentication/companyid") == "UK_Acme"


def test_a_console_user_slides_into_a_client_company() -> None:
    console, client = CompanyScenario("console", clients=("client",)), CompanyScenario("client", users={})
    with serving(make_scenario(console, client)) as caller:
        caller.login["companyid"] = "console|client"

        answer = caller.sign_in()

        assert answer.level == "success"
        assert answer.text("operation/authentication/clientid") == "client"
        caller.query()
        assert caller.gateway.ledger.calls()[-1].company == "client"


def test_a_user_of_another_company_does_not_slide_in() -> None:
    with serving(make_scenario(CompanyScenario("other"), CompanyScenario("client"))) as caller:
        caller.login["companyid"] = "other|client"

        assert caller.call("<getAPISession/>").error[1].startswith("Sign-in information is incorrect")


def test_a_function_control_id_runs_once_where_uniqueness_is_asked_for() -> None:
    with serving() as caller:
        caller.control["uniqueid"] = "true"

        first, second = caller.query(), caller.query()

        assert first.level == "success"
        assert "with the control ID f-0 is in process" in second.error[1]
