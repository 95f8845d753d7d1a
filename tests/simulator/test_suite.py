"""The suite runs all simulated services over one set of companies and stops them without leftovers."""

import re
import smtplib
import socket

import pytest
import requests

from intacct_usage.lib.outbound import parse_outbound_allow
from intacct_usage.simulator.scenario import (
    CompaniesApiOptions,
    CompanyScenario,
    MailOptions,
    Scenario,
    ScenarioError,
)
from intacct_usage.simulator.suite import SERVICES, SimulatorError, SimulatorSuite
from tests.ports import free_ports
from tests.simulator.gateway_calls import SENDER, make_scenario
from tests.simulator.simulator_threads import simulator_threads


def companies_of(suite: SimulatorSuite) -> list[str]:
    options = suite.scenario.companies_api
    headers = {options.token_header: f"{options.token_prefix}{options.token}"}
    answer = requests.get(suite.endpoints.companies_url, headers=headers, timeout=30)
    return [row[options.id_field] for row in answer.json()[options.list_key]]


def test_every_service_is_reached_at_its_endpoint_and_is_allowed(tmp_path) -> None:
    with SimulatorSuite(Scenario(company_count=20, history_days=1), tmp_path) as suite:
        listed = companies_of(suite)
        refused = requests.post(suite.endpoints.gateway_url, data=b"<request/>", timeout=30)
        discovery = (
            f"{suite.endpoints.graph_url}/{suite.scenario.graph.tenant_id}/v2.0/.well-known/openid-configuration"
        )
        graph = requests.get(discovery, verify=suite.endpoints.ca_file, timeout=30)
        with smtplib.SMTP(suite.endpoints.mail_host, suite.endpoints.mail_port, timeout=30) as client:
            client.sendmail("a@demo.example", ["b@demo.example"], b"Subject: x\r\n\r\nx\r\n")
        allowed = parse_outbound_allow(suite.allow)

    assert (len(listed), set(listed)) == (20, set(suite.gateway.companies))
    assert ("XL03000003" in refused.text, graph.status_code) == (True, 200)
    assert [path.suffix for path in sorted((tmp_path / "mail").iterdir())] == [".eml", ".json"]
    assert len(allowed) == len(SERVICES)
    assert ("127.0.0.1", suite.endpoints.mail_port) in allowed


def test_the_proxy_asks_for_the_scenarios_password_and_carries_the_others(tmp_path) -> None:
    with SimulatorSuite(make_scenario(), tmp_path) as suite:
        options = suite.scenario.proxy
        proxy = f"http://{options.username}:{options.password}@{suite.proxy.address}"
        answers = [
            requests.get(suite.endpoints.companies_url, proxies={"http": address}, timeout=30).status_code
            for address in (suite.endpoints.proxy_url, proxy)
        ]

    assert answers == [407, 401]
    assert suite.proxy.targets == (suite.companies_api.address,)


def test_the_first_company_that_lets_the_user_in_is_named(tmp_path) -> None:
    others = [CompanyScenario("gone", state="inactive"), CompanyScenario("closed", senders=())]
    changed = CompanyScenario("changed", users={"reader": "another"})
    suite = SimulatorSuite(make_scenario(*others, changed, CompanyScenario("open")), tmp_path)

    assert (suite.sign_in_company, suite.first_sender[0]) == ("open", SENDER)


def test_ports_follow_the_first_one_and_stay_over_a_restart(tmp_path) -> None:
    base = free_ports(len(SERVICES))
    suite = SimulatorSuite(make_scenario(), tmp_path, port_base=base)

    for _ in range(2):
        with suite:
            ports = sorted(port for _, port in parse_outbound_allow(suite.allow))
            assert ports == list(range(base, base + len(SERVICES)))
            assert suite.endpoints.gateway_url.startswith(f"http://127.0.0.1:{base}/")


def test_a_taken_port_is_told_in_one_sentence_and_nothing_keeps_running(tmp_path) -> None:
    base, before = free_ports(len(SERVICES)), simulator_threads()
    suite = SimulatorSuite(make_scenario(), tmp_path, port_base=base)
    sentence = f"The simulated Microsoft Graph cannot listen on port {base + 4}: address already in use. Choose another"

    with socket.create_server(("127.0.0.1", base + 4)), pytest.raises(SimulatorError, match=re.escape(sentence)):
        suite.start()

    assert simulator_threads() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", base))


def test_impossible_ports_are_refused(tmp_path) -> None:
    with pytest.raises(SimulatorError, match=r"^The first port must lie between 1 and 65530\.$"):
        SimulatorSuite(make_scenario(), tmp_path, port_base=65_531)


def test_a_dozen_suites_run_side_by_side_and_leave_no_thread(tmp_path) -> None:
    before = simulator_threads()
    suites = [SimulatorSuite(make_scenario(), tmp_path / str(number)).start() for number in range(12)]
    listed = [companies_of(suite) for suite in suites]

    for suite in suites:
        suite.stop()
        suite.stop()

    assert listed == [["acme"]] * 12
    assert simulator_threads() == before


def test_the_scenario_shapes_the_services(tmp_path) -> None:
    api = CompaniesApiOptions(token="t", token_header="X-Key", token_prefix="", shape="nested", pagination="cursor")
    mail = MailOptions(username="us", password="pw", security="starttls", size_limit=1_000_000)
    with SimulatorSuite(make_scenario(companies_api=api, mail=mail), tmp_path) as suite:
        listed = requests.get(suite.endpoints.companies_url, headers={"X-Key": "t"}, timeout=30).json()
        with smtplib.SMTP(suite.endpoints.mail_host, suite.endpoints.mail_port, timeout=30) as client:
            client.starttls(context=suite.certificate.client_context())
            signed_in = client.login("us", "pw")[0]
            size = client.esmtp_features["size"]

    assert ([row["company_id"] for row in listed["data"]["companies"]["items"]], listed["meta"]) == (
        ["acme"],
        {"next_cursor": None},
    )
    assert (signed_in, size) == (235, "1000000")


def test_paging_told_in_the_body_needs_an_envelope_in_the_scenario_too() -> None:
    with pytest.raises(ScenarioError, match='"pagination" cursor needs the "shape" wrapped or nested'):
        CompaniesApiOptions(shape="strings", pagination="cursor")
