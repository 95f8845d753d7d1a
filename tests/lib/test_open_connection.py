"""The guarded connection for mail: direct, or by CONNECT, with nothing lost on the way."""

import smtplib
import socket

import pytest

from intacct_usage.lib.outbound import OutboundError, OutboundPolicy, ProxySettings, open_connection, tls_context
from intacct_usage.simulator.proxy import AuthenticatedProxy
from tests.lib.servers import Authority, ScriptedServer, policy_for, read_request, sends

BANNER = b"220 mail.example.com ready\r\n"
GREETED = sends(b"HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n" + BANNER)


def reply(connection: socket.socket) -> None:
    connection.sendall(BANNER)
    while connection.recv(1000):
        connection.sendall(b"250 ok\r\n")


def first_line(connection: socket.socket) -> bytes:
    with connection, connection.makefile("rb") as stream:
        return stream.readline()


def test_a_direct_connection_is_open_and_has_its_timeout() -> None:
    with ScriptedServer(reply) as server:
        connection = open_connection("127.0.0.1", server.port, policy=policy_for(server), timeout_seconds=3)

        assert connection.gettimeout() == 3
        assert first_line(connection) == BANNER


def test_a_mail_server_inside_is_blocked_until_it_is_listed() -> None:
    with ScriptedServer(reply) as server, pytest.raises(OutboundError) as blocked:
        open_connection("127.0.0.1", server.port, policy=OutboundPolicy())

    assert blocked.value.kind == "blocked"
    assert f"OUTBOUND_ALLOW=127.0.0.1:{server.port} " in blocked.value.message
    assert server.connections == 0


def test_a_closed_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    policy = OutboundPolicy(allow=frozenset({("127.0.0.1", port)}))

    with pytest.raises(OutboundError) as closed:
        open_connection("127.0.0.1", port, policy=policy)

    assert closed.value.kind == "connect"
    assert closed.value.message == (
        f"127.0.0.1:{port} cannot be reached (connection refused). "
        "Check the address and port, the firewall of this server, and whether a proxy is needed."
    )


def test_the_banner_that_comes_with_the_proxys_answer_is_not_swallowed() -> None:
    with ScriptedServer(lambda connection: (read_request(connection), GREETED(connection))) as proxy:
        settings = ProxySettings(f"http://{proxy.address}")
        connection = open_connection("mail.example.com", 587, policy=policy_for(proxy), proxy=settings)

        assert first_line(connection) == BANNER


def test_smtp_speaks_through_a_proxy_with_password() -> None:
    with AuthenticatedProxy("us@er", "p:w/d") as proxy, ScriptedServer(reply) as server:
        proxy.routes["mail.example.com:587"] = server.address
        settings = ProxySettings(proxy.url, "us@er", "p:w/d")
        smtp = smtplib.SMTP()
        smtp.sock = open_connection("mail.example.com", 587, policy=policy_for(proxy), proxy=settings)
        smtp.getreply()

        assert smtp.noop() == (250, b"ok")
        smtp.close()
    assert proxy.targets == ("mail.example.com:587",)


def test_tls_to_the_server_runs_inside_tls_to_the_proxy(tmp_path) -> None:
    authority = Authority(tmp_path)
    with (
        ScriptedServer(reply, tls=authority.server_context("mail.example.com")) as server,
        AuthenticatedProxy("user", "password") as proxy,
    ):
        proxy.tls = authority.server_context("127.0.0.1")
        proxy.routes["mail.example.com:465"] = server.address
        policy = policy_for(proxy, extra_ca_file=authority.file)
        settings = ProxySettings(f"https://{proxy.address}", "user", "password")
        plain = open_connection("mail.example.com", 465, policy=policy, proxy=settings)

        assert first_line(tls_context(policy).wrap_socket(plain, server_hostname="mail.example.com")) == BANNER


def test_an_https_proxy_with_an_unknown_certificate_is_refused(tmp_path) -> None:
    authority = Authority(tmp_path)
    with AuthenticatedProxy("user", "sesame") as proxy:
        proxy.tls = authority.server_context("127.0.0.1")
        settings = ProxySettings(f"https://{proxy.address}", "user", "sesame")
        with pytest.raises(OutboundError) as refused:
            open_connection("mail.example.com", 465, policy=policy_for(proxy), proxy=settings)

    assert refused.value.kind == "proxy"
    assert "the secure connection to it failed (unable to get local issuer certificate)" in refused.value.message
    assert len(proxy.requests) == 0


@pytest.mark.parametrize("host", ["", "a b", "a\r\nb", "a/b", "user@host", "-a", "x" * 300, "host:25"])
def test_what_is_no_host_name_is_refused(host: str) -> None:
    with pytest.raises(OutboundError) as refused:
        open_connection(host, 25, policy=OutboundPolicy())

    assert refused.value.message == "The address does not hold a valid host name. Check its spelling."


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "localhost", "10.0.0.1", "169.254.169.254", "::1"])
def test_an_inner_mail_server_is_blocked_through_a_proxy_too(host: str) -> None:
    with AuthenticatedProxy() as proxy, pytest.raises(OutboundError) as blocked:
        open_connection(host, 25, policy=policy_for(proxy), proxy=ProxySettings(proxy.url))

    assert blocked.value.kind == "blocked"
    assert len(proxy.requests) == 0
