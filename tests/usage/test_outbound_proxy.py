"""The proxy is checked before it is stored, its password never goes elsewhere, and a test names the hop that fails."""

import pytest

from intacct_usage.lib.outbound import OutboundPolicy, ProxySettings, parse_outbound_allow
from intacct_usage.simulator.certificates import make_certificate
from intacct_usage.simulator.gateway import GatewaySimulator
from intacct_usage.simulator.proxy import AuthenticatedProxy, RefusingProxy
from intacct_usage.simulator.scenario import Scenario
from tests.usage.companies_api import policy_for
from usage import outbound_connections
from usage.models import OutboundProxy
from usage.outbound_connections import ProxyRefusedError, save_proxy, settings_to_try, switch_proxy

URL, PASSWORD = "http://proxy.example.com:8080", "pr0xy-canary"
EMPTY = Scenario(company_count=0)


def saved(**changes: object) -> OutboundProxy:
    return save_proxy(**{"url": URL, "username": "ann", "password": PASSWORD} | changes).proxy


def hops(proxy: ProxySettings, seconds: float = 30) -> list[tuple[str, bool]]:
    return [(hop.name, hop.ok) for hop in outbound_connections.test_proxy(proxy, seconds=seconds)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"url": "http://ann:secret@proxy.example.com:8080"},
            "Put the user name and the password of the proxy in their own fields, not into its URL.",
        ),
        ({"username": ""}, "A proxy password needs a user name."),
        *(
            (
                {"url": url},
                "The proxy URL must be http:// or https://, a host and a port, for example "
                "http://proxy.example.com:8080.",
            )
            for url in (
                "socks5://p.example:1",
                "http://p.example",
                "p.example:8080",
                "http://:8080",
                "http://p.example:99999",
            )
        ),
    ],
)
def test_a_proxy_that_cannot_be_is_refused_and_the_stored_one_stays(db, options, message) -> None:
    saved()
    before = list(OutboundProxy.objects.values())

    with pytest.raises(ProxyRefusedError) as refusal:
        saved(**options)

    assert refusal.value.message == message
    assert list(OutboundProxy.objects.values()) == before


def test_a_proxy_is_stored_sealed_and_used_until_it_is_switched_off(db) -> None:
    saved()
    assert OutboundProxy.in_use() == ProxySettings(url=URL, username="ann", password=PASSWORD)
    assert PASSWORD not in OutboundProxy.current().password

    switch_proxy(enabled=False)
    assert OutboundProxy.in_use() is None
    switch_proxy(enabled=True)
    assert OutboundProxy.in_use().password == PASSWORD


@pytest.mark.parametrize(
    ("options", "dropped"),
    [
        ({}, False),
        ({"enabled": False}, False),
        ({"url": "http://PROXY.example.com:8080/"}, False),
        ({"url": "http://other.example.com:8080"}, True),
        ({"url": "http://proxy.example.com:8081"}, True),
        ({"url": "https://proxy.example.com:8080"}, True),
        ({"username": "bob"}, True),
        ({"username": ""}, True),
    ],
)
def test_the_stored_password_is_dropped_when_address_or_user_change(db, options, dropped) -> None:
    saved()

    result = save_proxy(**{"url": URL, "username": "ann"} | options)

    assert result.password_dropped is dropped
    assert OutboundProxy.current().reveal("password") == ("" if dropped else PASSWORD)


def test_a_test_uses_the_stored_password_for_the_stored_address_only(db) -> None:
    saved()

    assert settings_to_try(url=URL, username="ann").password == PASSWORD
    assert settings_to_try(url="http://evil.example.com:8080", username="ann").password == ""
    assert settings_to_try(url=URL, username="ann", password="new").password == "new"


def test_switching_needs_a_stored_proxy(db) -> None:
    with pytest.raises(ProxyRefusedError, match=r"^There is no proxy to switch; enter its URL first\.$"):
        switch_proxy(enabled=True)


@pytest.fixture
def secure_gateway(settings, tmp_path):
    """A gateway with TLS, reached by its public name through the proxy's own name service."""
    host = "api.intacct.com"
    files = make_certificate(tmp_path, names=(host,))
    with GatewaySimulator(EMPTY, tls=files.server_context()) as gateway:
        settings.INTACCT_ENDPOINT_URL = f"https://{host}/ia/xml/xmlgw.phtml"
        settings.EXTRA_CA_FILE = files.ca
        yield gateway


def allow(settings, *addresses: str, trusted: bool = True) -> None:
    settings.OUTBOUND_POLICY = OutboundPolicy(
        allow=parse_outbound_allow(",".join(addresses)),
        extra_ca_file=settings.EXTRA_CA_FILE if trusted else None,
        deadline_seconds=30,
    )


NAMES = ["Proxy reachable", "Tunnel accepted (CONNECT)", "Secure connection (TLS)", "Intacct answers"]


def test_a_working_proxy_passes_every_hop(settings, secure_gateway) -> None:
    with AuthenticatedProxy("ann", PASSWORD, routes={"api.intacct.com:443": secure_gateway.addresses[0]}) as proxy:
        allow(settings, proxy.address)

        assert hops(ProxySettings(proxy.url, "ann", PASSWORD)) == [(name, True) for name in NAMES]
        assert secure_gateway.ledger.count() == 0


def test_the_first_hop_that_fails_is_named_and_the_last_one_tried(settings, secure_gateway) -> None:
    with AuthenticatedProxy("ann", PASSWORD, routes={"api.intacct.com:443": secure_gateway.addresses[0]}) as proxy:
        allow(settings, proxy.address, trusted=False)

        wrong_password = outbound_connections.test_proxy(ProxySettings(proxy.url, "ann", "wrong"), seconds=30)
        untrusted = outbound_connections.test_proxy(ProxySettings(proxy.url, "ann", PASSWORD), seconds=30)

    assert [(hop.name, hop.ok) for hop in wrong_password] == [(NAMES[0], True), (NAMES[1], False)]
    assert wrong_password[1].message.endswith(
        "refused its user name or password (407). Enter them under Configuration, Proxy."
    )
    assert [hop.ok for hop in untrusted] == [True, True, False]
    assert "put its CA certificate into the file named by EXTRA_CA_FILE" in untrusted[2].message


def test_a_proxy_that_is_not_there_fails_at_the_first_hop(settings) -> None:
    with AuthenticatedProxy() as proxy:
        allow(settings, proxy.address, trusted=False)
        gone = ProxySettings(proxy.url)

    assert hops(gone) == [(NAMES[0], False)]


def test_a_proxy_that_does_not_answer_costs_no_more_than_its_time(settings) -> None:
    with RefusingProxy("hang") as proxy:
        allow(settings, proxy.address, trusted=False)

        assert hops(ProxySettings(proxy.url), seconds=1.5) == [(NAMES[0], True), (NAMES[1], False)]


def test_a_gateway_without_tls_is_asked_through_the_proxy_without_a_tunnel(settings) -> None:
    with GatewaySimulator(EMPTY) as gateway, AuthenticatedProxy() as proxy:
        settings.INTACCT_ENDPOINT_URL = gateway.url
        settings.OUTBOUND_POLICY = policy_for(*gateway.addresses, proxy.address)

        assert hops(ProxySettings(proxy.url)) == [("Proxy reachable", True), ("Intacct answers", True)]
