"""Credentials and proxy: tried for real, saved when they work, secrets never shown and never sent elsewhere."""

import uuid

import pytest

from intacct_usage.simulator.gateway import GatewaySimulator
from intacct_usage.simulator.proxy import AuthenticatedProxy
from intacct_usage.simulator.scenario import CompanyScenario, Scenario
from tests.factories import make_company
from tests.usage.companies_api import policy_for
from tests.web.conftest import ClientAs
from tests.web.posting import post, said, text_of
from usage.models import ApiCredential, OutboundProxy
from usage.outbound_connections import save_proxy

SENDER, USER = "s3nder-canary", "us3r-canary"
SCENARIO = Scenario(
    company_count=0,
    history_days=0,
    senders={"usagewatch": SENDER},
    users={"reader": USER},
    companies=(CompanyScenario("A_first"),),
)
CREDENTIALS = "/configuration/credentials/"
PROXY_URL, PASSWORD = "http://proxy.example.com:8080", "pr0xy-canary"


@pytest.fixture
def gateway(db, settings):
    with GatewaySimulator(SCENARIO) as gateway:
        settings.INTACCT_ENDPOINT_URL = gateway.url
        settings.OUTBOUND_POLICY = policy_for(*gateway.addresses)
        yield gateway


def typed(**changes: str) -> dict[str, str]:
    values = {"sender_id": "usagewatch", "sender_password": SENDER, "user_id": "reader", "user_password": USER}
    return {f"credentials-{name}": value for name, value in ({**values, "company_id": "A_first"} | changes).items()}


def proxy_fields(**changes: str) -> dict[str, str]:
    return {
        f"proxy-{name}": value for name, value in ({"url": PROXY_URL, "username": "", "password": ""} | changes).items()
    }


def test_accepted_credentials_are_saved_and_the_page_says_for_which_company(gateway, client_as: ClientAs) -> None:
    answer = post(client_as("Manager"), CREDENTIALS, **typed())

    assert answer.url == "/configuration/"
    assert said(answer) == ["Intacct accepted the credentials for A_first. They are saved."]
    assert ApiCredential.current().user_id == "reader"


def test_refused_credentials_are_not_saved_and_all_but_the_secrets_is_kept(gateway, client_as: ClientAs) -> None:
    page = text_of(post(client_as("Manager"), CREDENTIALS, **typed(user_password="wrong-canary")))

    assert "User sign-in refused (A_first, XL03000006)." in page
    assert "Enter the user ID and the user password again." in page
    assert "run the company again" not in page
    assert page.count("Nothing was saved") == 1
    assert 'value="usagewatch"' in page
    assert "Enter it again: what was typed here is never sent back to the browser." in page
    assert not any(secret in page for secret in (SENDER, "wrong-canary"))
    assert not ApiCredential.objects.exists()


def test_a_double_submit_signs_in_once(gateway, client_as: ClientAs) -> None:
    client, token = client_as("Manager"), str(uuid.uuid4())

    for _ in range(2):
        post(client, CREDENTIALS, once=token, **typed(user_password="wrong"))

    assert gateway.ledger.count() == 1


def test_the_page_tells_since_when_a_secret_is_set_and_never_the_secret(
    gateway, client_as: ClientAs, time_machine
) -> None:
    time_machine.move_to("2026-05-03T10:00:00Z")
    client = client_as("Manager")
    post(client, CREDENTIALS, **typed())

    page = text_of(client.get("/configuration/"))

    assert page.count("Set on 3 May 2026. Leave it empty to keep it.") == 2
    assert not any(secret in page for secret in (SENDER, USER))


def test_without_companies_the_company_to_sign_in_to_must_be_named(gateway, client_as: ClientAs) -> None:
    page = text_of(post(client_as("Manager"), CREDENTIALS, **typed(company_id="")))

    assert "This field is required." in page
    assert gateway.ledger.count() == 0


def test_with_companies_an_empty_company_means_the_first(gateway, client_as: ClientAs) -> None:
    make_company("A_first")

    post(client_as("Manager"), CREDENTIALS, **typed(company_id=""))

    assert ApiCredential.current().validated_company == "A_first"


def test_a_proxy_is_saved_switched_on_and_turned_off(db, client_as: ClientAs) -> None:
    client = client_as("Manager")

    post(client, "/configuration/proxy/", **proxy_fields())
    switched = post(client, "/configuration/proxy/switch/", enabled="no")

    assert (OutboundProxy.current().url, OutboundProxy.current().enabled) == (PROXY_URL, False)
    assert said(switched)[-1] == "The proxy is off, from the next connection on."


def test_another_proxy_address_drops_the_stored_password_and_says_so(db, client_as: ClientAs) -> None:
    save_proxy(url=PROXY_URL, username="ann", password=PASSWORD)

    answer = post(
        client_as("Manager"), "/configuration/proxy/", **proxy_fields(url="http://evil.example:1", username="ann")
    )

    assert OutboundProxy.current().password == ""
    assert any("The stored proxy password was removed" in message for message in said(answer))


def test_a_refused_proxy_says_what_to_enter(db, client_as: ClientAs) -> None:
    page = text_of(post(client_as("Manager"), "/configuration/proxy/", **proxy_fields(url="proxy.example")))

    assert "The proxy URL must be http:// or https://, a host and a port" in page
    assert OutboundProxy.current() is None


def test_a_test_of_the_proxy_shows_each_hop_and_saves_nothing(gateway, client_as: ClientAs, settings) -> None:
    with AuthenticatedProxy("ann", PASSWORD) as proxy:
        settings.OUTBOUND_POLICY = policy_for(*gateway.addresses, proxy.address)
        fields = proxy_fields(url=f"http://{proxy.address}", username="ann", password=PASSWORD)
        works = text_of(post(client_as("Manager"), "/configuration/proxy/test/", **fields))

    assert "The way to Intacct is open." in works
    assert "Proxy reachable" in works
    assert PASSWORD not in works
    assert OutboundProxy.current() is None
