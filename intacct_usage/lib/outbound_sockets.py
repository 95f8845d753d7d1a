"""Sockets with a time limit over everything one call does, however slowly the other side drips."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from intacct_usage.lib.outbound_guard import OutboundError, OutboundErrorKind, OutboundPolicy, SocketAddress

if TYPE_CHECKING:
    from typing_extensions import Buffer


class _Call(threading.local):
    """The moment (monotonic) at which everything the current thread does on the network must have ended."""

    ends_at: float | None = None


_call = _Call()


@contextmanager
def call_deadline(seconds: float) -> Iterator[None]:
    """Bound all network work of this thread in the block; what is late raises TimeoutError. Nests, never extends."""
    outer = _call.ends_at
    ends_at = time.monotonic() + seconds
    _call.ends_at = ends_at if outer is None else min(outer, ends_at)
    try:
        yield
    finally:
        _call.ends_at = outer


def seconds_left(at_most: float) -> float:
    """The time the current call may still take, `at_most` outside of `call_deadline`. Raises TimeoutError if none."""
    if _call.ends_at is None:
        return at_most
    left = _call.ends_at - time.monotonic()
    if left <= 0:
        raise TimeoutError("the deadline of the call has passed")
    return min(left, at_most)


def _bound(sock: socket.socket) -> None:
    if _call.ends_at is not None:
        sock.settimeout(seconds_left(float("inf")))


class DeadlineSocket(socket.socket):
    """A TCP socket on which every single operation also respects `call_deadline`."""

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        _bound(self)
        return super().recv(bufsize, flags)

    def recv_into(self, buffer: "Buffer", nbytes: int = 0, flags: int = 0) -> int:
        _bound(self)
        return super().recv_into(buffer, nbytes, flags)

    def send(self, data: "Buffer", flags: int = 0, /) -> int:
        _bound(self)
        return super().send(data, flags)

    def sendall(self, data: "Buffer", flags: int = 0, /) -> None:
        _bound(self)
        super().sendall(data, flags)


class DeadlineSSLSocket(ssl.SSLSocket):
    """A TLS socket on which every single operation also respects `call_deadline`."""

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        _bound(self)
        return super().recv(buflen, flags)

    def recv_into(self, buffer: "Buffer", nbytes: int | None = None, flags: int = 0) -> int:
        _bound(self)
        return super().recv_into(buffer, nbytes, flags)

    def send(self, data: "Buffer", flags: int = 0) -> int:
        _bound(self)
        return super().send(data, flags)


def tls_context(policy: OutboundPolicy) -> ssl.SSLContext:
    """A client context that always verifies certificate and name, against the public list and the extra CA file.

    Raises OutboundError if the extra CA file cannot be used.
    """
    context = ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = DeadlineSSLSocket
    if policy.extra_ca_file is not None:
        try:
            context.load_verify_locations(cafile=str(policy.extra_ca_file))
        except (OSError, ssl.SSLError):
            message = "EXTRA_CA_FILE cannot be used: it must be a readable file of certificates in PEM form."
            raise OutboundError(OutboundErrorKind.TLS, message) from None
    return context


def connect_one_of(addresses: list[SocketAddress], timeout_seconds: float) -> DeadlineSocket:
    """Connect to the first address that answers; each has its share of the time, so that a dead one costs little."""
    ends_at = time.monotonic() + timeout_seconds
    failure: OSError = TimeoutError()
    for position, address in enumerate(addresses):
        share = (ends_at - time.monotonic()) / (len(addresses) - position)
        if share <= 0:
            break
        sock = DeadlineSocket(socket.AF_INET6 if len(address) == 4 else socket.AF_INET, socket.SOCK_STREAM)
        try:
            sock.settimeout(share)
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            failure = error
            sock.close()
        else:
            return sock
    raise failure


def reason(error: OSError) -> str:
    """The system's words for a failed connection, without addresses."""
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return "connection closed by the other side"
    return (error.strerror or type(error).__name__).lower()
