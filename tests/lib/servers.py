"""Servers on 127.0.0.1 that misbehave byte by byte, which no honest HTTP server can be asked to do."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme

from intacct_usage.lib.outbound import OutboundPolicy, OutboundSession, ProxySettings, parse_outbound_allow
from intacct_usage.simulator.listening import Listener

Script = Callable[[socket.socket], None]


class ScriptedServer(Listener):
    """Runs `script` on every connection; `heads` are the requests' first parts, `connections` how many came."""

    def __init__(self, script: Script, *, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls=tls)
        self.script = script
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []
        self.connections = 0

    def handle(self, connection: socket.socket) -> None:
        self.connections += 1
        self.script(connection)

    def url(self, path: str = "/") -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}{path}"

    def answer(self, script: Script) -> None:
        """Read whole requests, and answer each by the script, until the other side leaves."""

        def serve(connection: socket.socket) -> None:
            while (request := read_request(connection)) is not None:
                self.heads.append(request[0])
                self.bodies.append(request[1])
                script(connection)

        self.script = serve


@contextmanager
def answering(script: Script, *, tls: ssl.SSLContext | None = None) -> Iterator[ScriptedServer]:
    """A server that reads each request and then runs the script."""
    server = ScriptedServer(lambda connection: None, tls=tls)
    server.answer(script)
    with server:
        yield server


def read_request(connection: socket.socket) -> tuple[bytes, bytes] | None:
    """Head and body of one request; None when the other side has left."""
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(65536)
        if not part:
            return None
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head, body


def sends(*parts: bytes, close: bool = False, pause_seconds: float = 0) -> Script:
    """Send the parts as they are, with a pause before each, then perhaps hang up."""

    def script(connection: socket.socket) -> None:
        for part in parts:
            time.sleep(pause_seconds)
            connection.sendall(part)
        if close:
            connection.shutdown(socket.SHUT_RDWR)

    return script


def http(body: bytes = b"ok", *, status: str = "200 OK", headers: str = "") -> bytes:
    """A complete HTTP answer."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


def says(body: bytes = b"ok", *, status: str = "200 OK", headers: str = "") -> Script:
    return sends(http(body, status=status, headers=headers))


def silence(connection: socket.socket) -> None:
    """Never answer; end when the other side does."""
    while connection.recv(65536):
        pass


@contextmanager
def session_for(*servers: Listener, proxy: ProxySettings | None = None, **policy: object) -> Iterator[OutboundSession]:
    """A session that may reach exactly these servers."""
    with OutboundSession(policy_for(*servers, **policy), proxy) as session:
        yield session


def policy_for(*servers: Listener, **policy: object) -> OutboundPolicy:
    allow = parse_outbound_allow(",".join(server.address for server in servers))
    return OutboundPolicy(allow=allow, **{"connect_timeout_seconds": 10, "deadline_seconds": 30, **policy})


class Authority:
    """A certificate authority with its file, and server contexts it vouches for."""

    def __init__(self, folder: Path) -> None:
        self.ca = trustme.CA()
        self.file = folder / "ca.pem"
        self.ca.cert_pem.write_to_path(str(self.file))

    def server_context(self, *names: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(*(names or ("127.0.0.1",))).configure_cert(context)
        return context
