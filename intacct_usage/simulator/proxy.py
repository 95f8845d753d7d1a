"""HTTP proxies as company networks have them: one that works with user and password, one that refuses.

The package proxy.py is not used here: it serves from forked processes (what it saw stays in them, and forking a process
that runs the other simulated services in threads is unsafe) and takes over SIGINT and SIGTERM of its host.
"""

import base64
import hmac
import selectors
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Literal
from urllib.parse import urlsplit

from intacct_usage.simulator.listening import Ledger, Listener, reset

MAX_HEAD_BYTES = 65_536
CONNECT_SECONDS = 10.0
CHUNK_BYTES = 65_536
STOP_POLL_SECONDS = 0.1
LINGER_SECONDS = 2.0
HOP_BY_HOP = frozenset({"proxy-authorization", "proxy-connection", "connection", "keep-alive"})

Refusal = Literal["403", "407", "502", "close", "reset", "hang", "garbage"]


@dataclass(frozen=True)
class ProxiedRequest:
    """One request to a proxy. `target` is `host:port`; `status` is what the proxy itself answered, 0 if nothing.

    A forwarded plain-HTTP request has the status 200 here, whatever the target answered.
    """

    at: datetime
    method: str
    target: str
    status: int


@dataclass(frozen=True)
class _Head:
    """Request line and headers as received; `rest` came along behind the blank line."""

    method: str
    target: str
    version: str
    headers: tuple[tuple[str, str], ...]
    rest: bytes

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.casefold() == name.casefold()), "")


class _Proxy(Listener):
    """What both proxies share. `requests` tells what came, in order."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__(host=host, port=port)
        self.requests: Ledger[ProxiedRequest] = Ledger()

    @property
    def url(self) -> str:
        """Without user and password."""
        return f"http://{self.address}"

    def note(self, head: _Head, status: int) -> None:
        self.requests.add(ProxiedRequest(datetime.now(UTC), head.method, _target(head), status))


class AuthenticatedProxy(_Proxy):
    """Forwards CONNECT and plain HTTP between `start` and `stop`. Without a `user` anyone may use it.

    `routes` sends what is meant for a host and port to another address, as a name server inside a company would:
    `{"api.intacct.com:443": "127.0.0.1:8443"}`.
    """

    def __init__(
        self,
        user: str = "",
        password: str = "",
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        routes: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(host=host, port=port)
        self.user = user
        self.routes = dict(routes or {})
        self._password = password

    @property
    def targets(self) -> tuple[str, ...]:
        """`host:port` of each request that went through, in order."""
        return tuple(request.target for request in self.requests if request.status == 200)

    def handle(self, connection: socket.socket) -> None:
        head = _read_head(connection)
        if head is None:
            _refuse(connection, 400)
            return
        if not self._admits(head.header("Proxy-Authorization")):
            self.note(head, 407)
            _refuse(connection, 407)
            return
        try:
            upstream = self._connect(_target(head))
        except (OSError, ValueError):
            self.note(head, 502)
            _refuse(connection, 502)
            return
        self.note(head, 200)
        with upstream:
            if head.method == "CONNECT":
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                upstream.sendall(head.rest)
            else:
                upstream.sendall(_forwarded(head))
            self._relay(connection, upstream)

    def _admits(self, authorization: str) -> bool:
        if not self.user:
            return True
        scheme, _, given = authorization.partition(" ")
        pair = f"{self.user}:{self._password}"
        # which of the two encodings is meant RFC 7617 leaves open, and clients differ
        expected = [base64.b64encode(pair.encode(name, "replace")) for name in ("utf-8", "latin-1")]
        return scheme.casefold() == "basic" and any(
            hmac.compare_digest(given.strip().encode(), encoded) for encoded in expected
        )

    def _connect(self, target: str) -> socket.socket:
        host, _, port = self.routes.get(target, target).rpartition(":")
        upstream = socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS)
        upstream.settimeout(None)
        upstream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return upstream

    def _relay(self, client: socket.socket, upstream: socket.socket) -> None:
        """Carry bytes both ways until both sides are done, one of them fails, or the proxy stops."""
        peers = {client: upstream, upstream: client}
        with selectors.DefaultSelector() as selector:
            for side in peers:
                selector.register(side, selectors.EVENT_READ)
            while selector.get_map() and not self.stopping.is_set():
                for key, _ in selector.select(STOP_POLL_SECONDS):
                    side = client if key.fileobj is client else upstream
                    part = side.recv(CHUNK_BYTES)
                    if part:
                        peers[side].sendall(part)
                        continue
                    selector.unregister(side)
                    with suppress(OSError):
                        peers[side].shutdown(socket.SHUT_WR)


class RefusingProxy(_Proxy):
    """Answers every request alike: with a status, or with an ending instead of one. Nothing ever goes through."""

    def __init__(self, refusal: Refusal, *, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__(host=host, port=port)
        self.refusal = refusal

    def handle(self, connection: socket.socket) -> None:
        head = _read_head(connection)
        if head is None:
            return
        self.note(head, int(self.refusal) if self.refusal.isdecimal() else 0)
        match self.refusal:
            case "garbage":
                connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
            case "reset":
                reset(connection)
            case "hang":
                while connection.recv(CHUNK_BYTES):
                    pass
            case "403" | "407" | "502":
                _refuse(connection, int(self.refusal))


def _read_head(connection: socket.socket) -> _Head | None:
    """The request up to the blank line; None when there is none or it is no HTTP."""
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(CHUNK_BYTES)
        if not part or len(received) > MAX_HEAD_BYTES:
            return None
        received += part
    text, _, rest = received.partition(b"\r\n\r\n")
    first, *lines = text.decode("latin-1").split("\r\n")
    words = first.split()
    if len(words) != 3:
        return None
    pairs = [line.partition(":") for line in lines]
    headers = tuple((name, value.strip()) for name, _, value in pairs)
    return _Head(words[0], words[1], words[2], headers, rest)


def _target(head: _Head) -> str:
    """`host:port` a request is for; empty if it names none."""
    if head.method == "CONNECT":
        return head.target
    parts = urlsplit(head.target)
    with suppress(ValueError):
        return f"{parts.hostname or ''}:{parts.port or 80}" if parts.scheme == "http" else ""
    return ""


def _forwarded(head: _Head) -> bytes:
    """A plain-HTTP request as its target shall see it; the target closes after the answer."""
    parts = urlsplit(head.target)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = [f"{name}: {value}" for name, value in head.headers if name.casefold() not in HOP_BY_HOP]
    lines = [f"{head.method} {path} {head.version}", *headers, "Connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1") + head.rest


def _refuse(connection: socket.socket, status: int) -> None:
    """Answer, then read what the client still sends: closing on unread bytes would reset away the answer."""
    phrase = HTTPStatus(status).phrase
    body = f"<html><body><h1>{status} {phrase}</h1></body></html>"
    challenge = 'Proxy-Authenticate: Basic realm="demo proxy"\r\n' if status == 407 else ""
    head = f"HTTP/1.1 {status} {phrase}\r\n{challenge}Content-Type: text/html\r\nContent-Length: {len(body)}\r\n"
    connection.sendall(f"{head}Connection: close\r\n\r\n{body}".encode("latin-1"))
    connection.shutdown(socket.SHUT_WR)
    connection.settimeout(LINGER_SECONDS)
    while connection.recv(CHUNK_BYTES):
        pass
