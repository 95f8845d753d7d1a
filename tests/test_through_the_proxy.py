"""One authenticated proxy carries everything: gateway, companies API, Microsoft Graph and SMTP; nothing goes direct."""

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from intacct_usage.lib.outbound import OutboundPolicy, parse_outbound_allow
from intacct_usage.simulator.scenario import DEFAULT_SCENARIO
from intacct_usage.simulator.suite import SimulatorSuite
from notifications.models import EmailConfiguration
from tests.independent_proxy import IndependentProxy
from tests.worlds import QUICK, save_credentials
from usage.models import Company, CompanyFetch, FetchRun, OutboundProxy


@pytest.fixture
def suite(
    transactional_db: None, tmp_path: Path, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SimulatorSuite]:
    scenario = replace(DEFAULT_SCENARIO, companies=(), faults=(), company_count=3, history_days=2)
    with SimulatorSuite(scenario, tmp_path) as suite:
        settings.INTACCT_ENDPOINT_URL = suite.endpoints.gateway_url
        settings.GRAPH_BASE_URL = settings.GRAPH_LOGIN_URL = suite.endpoints.graph_url
        settings.OUTBOUND_POLICY = OutboundPolicy(
            allow=parse_outbound_allow(suite.allow), extra_ca_file=Path(suite.endpoints.ca_file)
        )
        monkeypatch.setattr("usage.fetching.lane.retry_policy", lambda companies: QUICK)
        monkeypatch.setenv("COMPANIES_API_TOKEN", scenario.companies_api.token)
        monkeypatch.setenv("PROXY_PASSWORD", scenario.proxy.password)
        save_credentials(scenario)
        manage("set_proxy", "--url", suite.endpoints.proxy_url, "--username", scenario.proxy.username)
        yield suite


def manage(*arguments: str) -> str:
    output = io.StringIO()
    call_command(*arguments, stdout=output, stderr=output)
    return output.getvalue()


def add_smtp(suite: SimulatorSuite, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("EMAIL_SECRET", "")
    host, port = suite.endpoints.mail_host, str(suite.endpoints.mail_port)
    server = ["--provider", "smtp", "--host", host, "--port", port, "--security", "none"]
    return manage(
        "add_email_configuration", "Relay", *server, "--from-address", "a@example.com", "--to", "b@example.com"
    )


def add_graph(suite: SimulatorSuite, monkeypatch: pytest.MonkeyPatch) -> str:
    graph = suite.scenario.graph
    monkeypatch.setenv("EMAIL_SECRET", graph.client_secret)
    account = ["--provider", "graph", "--tenant-id", graph.tenant_id, "--client-id", graph.client_id]
    people = ["--from-address", graph.mailboxes[0], "--to", "b@example.com"]
    return manage("add_email_configuration", "Graph", *account, *people)


def ports(suite: SimulatorSuite) -> set[int]:
    return {int(target.rsplit(":", 1)[1]) for target in suite.proxy.targets}


def service_ports(suite: SimulatorSuite) -> set[int]:
    services = (suite.gateway.url, suite.companies_api.url, suite.graph.url)
    return {int(url.split(":")[2].split("/")[0]) for url in services} | {suite.mail.port}


def use_all_four(suite: SimulatorSuite, monkeypatch: pytest.MonkeyPatch) -> None:
    manage("load_companies", "--url", suite.endpoints.companies_url)
    add_smtp(suite, monkeypatch)
    add_graph(suite, monkeypatch)
    manage("fetch_usage")
    assert FetchRun.objects.get().companies_done == 3


def refusals_of_all_four(suite: SimulatorSuite, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What each says when it cannot go through the proxy."""
    CompanyFetch.objects.all().delete()
    EmailConfiguration.objects.all().delete()
    refusals = []
    for attempt in (
        lambda: manage("load_companies", "--url", suite.endpoints.companies_url),
        lambda: add_smtp(suite, monkeypatch),
        lambda: add_graph(suite, monkeypatch),
    ):
        with pytest.raises(CommandError) as refused:
            attempt()
        refusals.append(str(refused.value))
    with pytest.raises(SystemExit):
        manage("fetch_usage")
    return [*refusals, CompanyFetch.objects.exclude(message="").values_list("message", flat=True)[0]]


def test_all_four_services_are_reached_through_the_proxy(
    suite: SimulatorSuite, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_all_four(suite, monkeypatch)

    assert ports(suite) >= service_ports(suite)


def test_with_the_proxy_stopped_all_four_fail_with_a_sentence_that_names_it(
    suite: SimulatorSuite, monkeypatch: pytest.MonkeyPatch
) -> None:
    Company.objects.create(intacct_id=next(iter(suite.gateway.companies)))
    suite.proxy.stop()

    refusals = refusals_of_all_four(suite, monkeypatch)

    assert all("proxy" in refusal.lower() and suite.proxy.address in refusal for refusal in refusals), refusals
    assert not any(suite.scenario.proxy.password in refusal for refusal in refusals)
    assert (suite.gateway.ledger.count(), len(suite.mail.messages())) == (0, 0)


def test_proxies_of_the_environment_carry_none_of_them(suite: SimulatorSuite, monkeypatch: pytest.MonkeyPatch) -> None:
    OutboundProxy.objects.all().delete()
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, suite.proxy.url)

    use_all_four(suite, monkeypatch)

    assert tuple(suite.proxy.requests) == ()


def test_a_proxy_written_by_others_carries_all_four_and_stopped_none_of_them(
    suite: SimulatorSuite, tmp_path: Path, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = suite.scenario.proxy
    (tmp_path / "independent").mkdir()
    with IndependentProxy(tmp_path / "independent", user=login.username, password=login.password) as proxy:
        policy = settings.OUTBOUND_POLICY
        settings.OUTBOUND_POLICY = replace(policy, allow=policy.allow | parse_outbound_allow(proxy.address))
        manage("set_proxy", "--url", proxy.url, "--username", login.username)
        use_all_four(suite, monkeypatch)

    ways = [f"127.0.0.1:{port}" for port in service_ports(suite)]
    assert proxy.targets >= set(ways)
    assert ports(suite) == set()  # nothing by the proxy of before
    calls, mails = suite.gateway.ledger.count(), len(suite.mail.messages())
    assert all(proxy.address in refusal for refusal in refusals_of_all_four(suite, monkeypatch))
    assert (suite.gateway.ledger.count(), len(suite.mail.messages())) == (calls, mails)
