"""However slowly the other side answers, a call ends at its deadline (F12, F14)."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from intacct_usage.lib.outbound import OutboundError, OutboundPolicy, OutboundSession, call_deadline, open_connection
from intacct_usage.lib.outbound_sockets import seconds_left
from tests.lib.servers import Authority, ScriptedServer, answering, policy_for, sends, session_for, silence

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
DEADLINE_SECONDS = 0.5


@contextmanager
def ends_in_time() -> Iterator[None]:
    """The block ends at the deadline or shortly after it, not before: the other sides would take 5 seconds or more."""
    started = time.monotonic()
    yield
    assert DEADLINE_SECONDS * 0.9 <= time.monotonic() - started < DEADLINE_SECONDS + 4


DRIPS = {
    "before the answer": silence,
    "in the status line": sends(*[b"H"] * 100, pause_seconds=0.05),
    "in the headers": sends(b"HTTP/1.1 200 OK\r\n", *[b"x"] * 100, pause_seconds=0.05),
    "in the body": sends(HEAD, *[b"x"] * 100, pause_seconds=0.05),
    "in the body, without length": sends(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x"] * 100, pause_seconds=0.05),
    "in the chunks": sends(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *[b"1\r\nx\r\n"] * 100, pause_seconds=0.05
    ),
}


@pytest.mark.parametrize("script", DRIPS.values(), ids=DRIPS)
def test_a_dripping_server_is_left_at_the_deadline(script: object) -> None:
    with (
        answering(script) as server,
        session_for(server) as session,
        ends_in_time(),
        pytest.raises(OutboundError) as late,
    ):
        session.get(server.url("/?token=sesame"), deadline_seconds=DEADLINE_SECONDS)

    assert late.value.kind == "timeout"
    assert late.value.message == (
        f"Too slow: {server.address} did not answer completely within 0.5 seconds. Try again later."
    )


def test_a_dripping_tls_server_is_left_at_the_deadline(tmp_path) -> None:
    authority = Authority(tmp_path)
    script = sends(HEAD, *[b"x"] * 100, pause_seconds=0.05)
    with (
        answering(script, tls=authority.server_context()) as server,
        session_for(server, extra_ca_file=authority.file) as session,
        ends_in_time(),
        pytest.raises(OutboundError, match="Too slow") as late,
    ):
        session.get(server.url(), deadline_seconds=DEADLINE_SECONDS)

    assert late.value.kind == "timeout"


def test_a_server_that_never_reads_a_large_request_is_left_at_the_deadline() -> None:
    with (
        ScriptedServer(lambda connection: server.stopping.wait(60)) as server,
        session_for(server) as session,
        ends_in_time(),
        pytest.raises(OutboundError) as late,
    ):
        session.post(server.url(), data=b"x" * 30_000_000, deadline_seconds=DEADLINE_SECONDS)

    assert late.value.kind == "timeout"


def test_a_tls_handshake_that_is_never_answered_ends_with_the_connect_timeout() -> None:
    with ScriptedServer(silence) as server:
        policy = policy_for(server, connect_timeout_seconds=DEADLINE_SECONDS)
        with OutboundSession(policy) as session, ends_in_time(), pytest.raises(OutboundError) as late:
            session.get(f"https://{server.address}/")

    assert late.value.kind == "timeout"
    assert late.value.message == (
        f"{server.address} accepted the connection but then did not answer in time. "
        "Try again later, or check the firewall."
    )


def test_a_black_hole_ends_with_the_connect_timeout() -> None:
    with full_backlog() as port:
        policy = OutboundPolicy(allow=frozenset({("127.0.0.1", port)}), connect_timeout_seconds=DEADLINE_SECONDS)
        with OutboundSession(policy) as session, ends_in_time(), pytest.raises(OutboundError) as late:
            session.get(f"http://127.0.0.1:{port}/")

    assert late.value.kind == "timeout"
    assert late.value.message == (
        f"127.0.0.1:{port} could not be reached within 0.5 seconds. "
        "Check the firewall of this server and whether a proxy is needed."
    )


def test_name_servers_that_never_answer_end_with_the_connect_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    real, gate = socket.getaddrinfo, threading.Event()

    def lookup(host: str, port: int, **options: int) -> list[object]:
        if not options["flags"]:
            gate.wait(60)
        return real(host, port, **options)

    monkeypatch.setattr("intacct_usage.lib.outbound_guard.socket.getaddrinfo", lookup)
    with ends_in_time(), pytest.raises(OutboundError) as failed:
        open_connection("slow.invalid", 443, policy=OutboundPolicy(), timeout_seconds=DEADLINE_SECONDS)
    gate.set()

    assert failed.value.kind == "dns"
    assert "slow.invalid could not be looked up: its name servers did not answer in time" in failed.value.message


def test_deadlines_nest_and_never_extend() -> None:
    with call_deadline(20):
        with call_deadline(60):
            assert seconds_left(100) <= 20
        with call_deadline(0.05), pytest.raises(TimeoutError):
            time.sleep(0.06)
            seconds_left(100)
        assert 0 < seconds_left(100) <= 20

    assert seconds_left(100) == 100


@contextmanager
def full_backlog() -> Iterator[int]:
    """A port whose queue of waiting connections is full, so that further ones get no answer at all."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        waiting = []
        for _ in range(3):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(server.getsockname())
            waiting.append(client)
        time.sleep(0.05)
        yield server.getsockname()[1]
        for client in waiting:
            client.close()
