"""While the proxy is on, mail goes through it or not at all; errors name it and never its password."""

from collections.abc import Iterator

import pytest

from intacct_usage.simulator.graph import GraphStandIn
from intacct_usage.simulator.graph_sign_in import Application
from intacct_usage.simulator.mail_script import MailScript
from intacct_usage.simulator.proxy import AuthenticatedProxy
from intacct_usage.simulator.scripted_mail import ScriptedMailServer
from notifications.delivery import deliver
from notifications.models import OutgoingEmail
from tests.notifications.mailing import (
    CLIENT,
    PASSWORD,
    TENANT,
    allow,
    graph_configuration,
    queued_alert,
    smtp_configuration,
)
from usage.models import OutboundProxy

pytestmark = pytest.mark.django_db
PROXY_PASSWORD = "p:w/d @ proxy"


@pytest.fixture
def proxy(settings) -> Iterator[AuthenticatedProxy]:
    with AuthenticatedProxy(user="us@er", password=PROXY_PASSWORD) as server:
        allow(settings, server.address)
        enable(server)
        yield server


@pytest.fixture
def server(settings, certificate) -> Iterator[ScriptedMailServer]:
    with ScriptedMailServer(MailScript(), security="starttls", tls=certificate) as server:
        allow(settings, server.address, ca=certificate.ca)
        yield server


@pytest.fixture
def graph(settings, certificate, tmp_path) -> Iterator[GraphStandIn]:
    application = Application(TENANT, CLIENT, PASSWORD)
    with GraphStandIn(application, tmp_path, tls=certificate, mailboxes=frozenset({"usage@demo.example"})) as stand_in:
        allow(settings, stand_in.address, ca=certificate.ca)
        settings.GRAPH_LOGIN_URL = settings.GRAPH_BASE_URL = stand_in.url
        yield stand_in


def enable(server: AuthenticatedProxy, password: str = PROXY_PASSWORD, *, enabled: bool = True) -> None:
    OutboundProxy.objects.all().delete()
    stored = OutboundProxy(url=server.url, username="us@er", enabled=enabled)
    stored.seal("password", password)
    stored.save()


def sent_by_smtp(server: ScriptedMailServer, **fields: object) -> OutgoingEmail:
    configuration = smtp_configuration(server, security="starttls", **fields)
    return deliver(queued_alert(configuration).pk, stage_seconds=10.0)


def test_smtp_and_graph_go_through_the_proxy(proxy, server, graph) -> None:
    states = [sent_by_smtp(server).state, deliver(queued_alert(graph_configuration()).pk).state]

    assert states == ["sent", "sent"]
    assert {(seen.method, seen.target, seen.status) for seen in proxy.requests} == {
        ("CONNECT", server.address, 200),
        ("CONNECT", graph.address, 200),
    }


def test_with_the_proxy_stopped_nothing_goes_direct_and_the_error_names_it(proxy, server, graph) -> None:
    proxy.stop()

    emails = [sent_by_smtp(server), deliver(queued_alert(graph_configuration()).pk, stage_seconds=10.0)]

    assert [(email.state, email.delivery_attempts.get().stage) for email in emails] == [("pending", "proxy")] * 2
    assert all(proxy.address in email.message and PROXY_PASSWORD not in email.message for email in emails)
    assert (server.sessions(), len(graph.ledger)) == ((), 0)


def test_a_wrong_proxy_password_is_told_apart(proxy, server, graph) -> None:
    enable(proxy, "wrong proxy password")

    emails = [sent_by_smtp(server), deliver(queued_alert(graph_configuration()).pk, stage_seconds=10.0)]

    assert all("refused its user name or password (407)" in email.message for email in emails)
    assert not any("wrong proxy password" in email.message for email in emails)
    assert (server.sessions(), len(graph.ledger)) == ((), 0)


def test_the_switch_of_a_configuration_goes_around_the_proxy(proxy, server) -> None:
    email = sent_by_smtp(server, use_proxy=False)

    assert (email.state, len(proxy.requests)) == ("sent", 0)


def test_a_disabled_proxy_is_not_used(proxy, server) -> None:
    enable(proxy, enabled=False)

    email = sent_by_smtp(server)

    assert (email.state, len(proxy.requests)) == ("sent", 0)


def test_proxies_of_the_environment_are_never_used(monkeypatch, proxy, server, graph) -> None:
    OutboundProxy.objects.all().delete()
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)

    states = [sent_by_smtp(server).state, deliver(queued_alert(graph_configuration()).pk).state]

    assert (states, len(proxy.requests)) == (["sent", "sent"], 0)
