"""While a proxy is set everything goes through it, guarded all the same, and its errors name it (F37, D11)."""

import socket

import pytest

from intacct_usage.lib.outbound import OutboundError, OutboundPolicy, OutboundSession, ProxySettings
from intacct_usage.simulator.proxy import AuthenticatedProxy, RefusingProxy
from tests.lib.servers import Authority, ScriptedServer, answering, policy_for, says, session_for, silence

USER, PASSWORD = "us@er", "p:w/d é"


def signed_in(proxy: AuthenticatedProxy) -> ProxySettings:
    return ProxySettings(proxy.url, USER, PASSWORD)


def test_https_goes_through_a_tunnel_with_user_and_password(tmp_path) -> None:
    authority = Authority(tmp_path)
    with (
        AuthenticatedProxy(USER, PASSWORD) as proxy,
        answering(says(b"inside"), tls=authority.server_context("api.example.com")) as server,
        session_for(proxy, proxy=signed_in(proxy), extra_ca_file=authority.file) as session,
    ):
        proxy.routes["api.example.com:443"] = server.address

        assert session.get("https://api.example.com/").body == b"inside"

    assert [(request.method, request.target) for request in proxy.requests] == [("CONNECT", "api.example.com:443")]
    assert b"proxy-authorization" not in server.heads[0].lower()


def test_plain_http_is_fetched_by_the_proxy() -> None:
    with (
        AuthenticatedProxy(USER, PASSWORD) as proxy,
        answering(says(b"inside")) as server,
        session_for(proxy, server, proxy=signed_in(proxy)) as session,
    ):
        assert session.post(server.url("/a?b=c"), data=b"x").body == b"inside"

    assert [(request.method, request.target) for request in proxy.requests] == [("POST", server.address)]
    assert server.heads[0].startswith(b"POST /a?b=c HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [(("", ""), "wants a user name and password"), ((USER, "wrong"), "refused its user name or password")],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_wants_another_password_is_named(settings: tuple[str, str], sentence: str, scheme: str) -> None:
    with (
        AuthenticatedProxy(USER, PASSWORD) as proxy,
        ScriptedServer(silence) as server,
        session_for(proxy, server, proxy=ProxySettings(proxy.url, *settings)) as session,
        pytest.raises(OutboundError) as refused,
    ):
        session.get(f"{scheme}://{server.address}/")

    assert refused.value.kind == "proxy_auth"
    assert refused.value.message == (
        f"The proxy {proxy.address} {sentence} (407). Enter them under Configuration, Proxy."
    )
    assert server.connections == 0


NOT_HTTP = "answered the request for {} in a way that is not HTTP. Check that its URL is that of an HTTP proxy."
REFUSALS = {
    "403": "does not allow connections to {} (403). Many proxies allow port 443 only: "
    "ask your network administrator to allow this host and port.",
    "502": "cannot reach {} (502). "
    "Check the address, and ask your network administrator whether the proxy can reach it.",
    "close": NOT_HTTP,
    "garbage": NOT_HTTP,
    "reset": "ended the connection to {} (connection closed by the other side). "
    "Check its URL and port under Configuration, and that it is running.",
}


@pytest.mark.parametrize(("refusal", "sentence"), REFUSALS.items(), ids=REFUSALS)
def test_a_proxy_that_refuses_is_named_with_the_reason(refusal: str, sentence: str) -> None:
    with (
        RefusingProxy(refusal) as proxy,
        session_for(proxy, proxy=ProxySettings(proxy.url)) as session,
        pytest.raises(OutboundError) as refused,
    ):
        session.get("https://api.example.com/?token=sesame")

    assert refused.value.kind == "proxy"
    assert refused.value.message == f"The proxy {proxy.address} {sentence.format('api.example.com:443')}"


def test_a_proxy_that_is_down_is_named_and_nothing_goes_direct() -> None:
    with ScriptedServer(silence) as server, socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        taken.close()
        policy = OutboundPolicy(allow=policy_for(server).allow | {("127.0.0.1", port)})
        with (
            OutboundSession(policy, ProxySettings(f"http://127.0.0.1:{port}")) as session,
            pytest.raises(OutboundError) as down,
        ):
            session.get(f"https://{server.address}/")

        assert server.connections == 0
    assert down.value.kind == "proxy"
    assert down.value.message == (
        f"The proxy 127.0.0.1:{port} cannot be reached (connection refused). "
        "Check its URL and port under Configuration, and that it is running."
    )


def test_a_proxy_that_never_answers_is_left_at_the_connect_timeout() -> None:
    with RefusingProxy("hang") as proxy:
        settings = {"proxy": ProxySettings(proxy.url), "connect_timeout_seconds": 0.3}
        with session_for(proxy, **settings) as session, pytest.raises(OutboundError) as late:
            session.get("https://api.example.com/")

    assert late.value.kind == "proxy"
    assert late.value.message.startswith(f"api.example.com:443 could not be reached through the proxy {proxy.address} ")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "10.0.0.1", "169.254.169.254", "[::1]"])
def test_addresses_are_judged_although_the_proxy_does_the_looking_up(host: str) -> None:
    with (
        AuthenticatedProxy() as proxy,
        session_for(proxy, proxy=ProxySettings(proxy.url)) as session,
        pytest.raises(OutboundError) as blocked,
    ):
        session.get(f"https://{host}/")

    assert blocked.value.kind == "blocked"
    assert len(proxy.requests) == 0


@pytest.mark.parametrize(
    ("host", "kind"),
    [("10.255.255.1", "proxy"), ("127.0.0.1", "blocked"), ("169.254.169.254", "blocked"), ("0.0.0.0", "blocked")],
)
def test_a_proxy_may_stand_in_a_private_network_but_not_on_loopback(
    host: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_addresses: object, _timeout: float) -> None:
        raise ConnectionRefusedError(111, "refused")

    monkeypatch.setattr("intacct_usage.lib.outbound_tunnel.connect_one_of", refuse)
    with (
        OutboundSession(OutboundPolicy(), ProxySettings(f"http://{host}:3128")) as session,
        pytest.raises(OutboundError) as failed,
    ):
        session.get("https://api.example.com/")

    assert failed.value.kind == kind
