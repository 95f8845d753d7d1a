"""Opens guarded connections, straight or through an HTTP proxy, with time limits over everything done on them.

`open_connection` is what SMTP uses; HTTP goes through `intacct_usage.lib.outbound`.
"""

import base64
import re
import socket
import ssl
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from urllib.parse import urlsplit

from intacct_usage.lib.outbound_guard import (
    PROXY_MAY_BE,
    OutboundError,
    OutboundErrorKind,
    OutboundPolicy,
    check_without_lookup,
    checked_addresses,
    normal_host,
    shown_target,
)
from intacct_usage.lib.outbound_relay import plain_end
from intacct_usage.lib.outbound_sockets import (
    DeadlineSocket,
    call_deadline,
    connect_one_of,
    reason,
    seconds_left,
    tls_context,
)

PROXY_ANSWER_LIMIT = 16 * 1024
_CHECK_PROXY = "Check its URL and port under Configuration, and that it is running."
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class ProxySettings:
    """An HTTP proxy. Raises ValueError, with a sentence fit to show, for an address that cannot be one."""

    url: str
    username: str = ""
    password: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            port = parts.port
        except ValueError:
            raise ValueError(_PROXY_FORM) from None
        if parts.username is not None or parts.password is not None:
            raise ValueError("Put the user name and the password of the proxy in their own fields, not into its URL.")
        if parts.scheme not in ("http", "https") or not parts.hostname or not port:
            raise ValueError(_PROXY_FORM)
        if parts.path not in ("", "/") or parts.query or parts.fragment or _CONTROL.search(self.url):
            raise ValueError(_PROXY_FORM)
        try:
            normal_host(parts.hostname)
        except OutboundError:
            raise ValueError(_PROXY_FORM) from None
        if ":" in self.username or _CONTROL.search(self.username + self.password):
            raise ValueError(
                "The user name of a proxy holds no colon, and neither it nor the password control characters."
            )

    @cached_property
    def host(self) -> str:
        return normal_host(urlsplit(self.url).hostname or "")

    @cached_property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    @property
    def secured(self) -> bool:
        """True when the way to the proxy itself is encrypted."""
        return urlsplit(self.url).scheme == "https"

    @property
    def shown(self) -> str:
        return shown_target(self.host, self.port)

    @property
    def authorization(self) -> str:
        """The Proxy-Authorization value; empty without a user name."""
        if not self.username:
            return ""
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


_PROXY_FORM = "The proxy URL must be http:// or https://, a host and a port, for example http://proxy.example.com:8080."


def open_connection(
    host: str, port: int, *, policy: OutboundPolicy, proxy: ProxySettings | None = None, timeout_seconds: float = 10
) -> socket.socket:
    """Open a guarded TCP connection, through the proxy by CONNECT if there is one; never direct then.

    Looking up, connecting and the talk with the proxy together take at most `timeout_seconds`, which is also the
    timeout left on the socket. Raises OutboundError. TLS is the caller's (see `tls_context`).
    """
    host = normal_host(host)
    target = shown_target(host, port)
    try:
        with call_deadline(timeout_seconds):
            if proxy is None:
                sock = _connect_direct(host, port, policy)
            else:
                check_without_lookup(host, port, policy)
                sock = _tunnel(open_proxy(proxy, policy), proxy, target)
    except TimeoutError:
        through = f" through the proxy {proxy.shown}" if proxy else ""
        advice = "Check the firewall of this server and whether a proxy is needed."
        message = f"{target} could not be reached{through} within {round(timeout_seconds, 1):g} seconds. {advice}"
        raise OutboundError(OutboundErrorKind.PROXY if proxy else OutboundErrorKind.TIMEOUT, message) from None
    sock.settimeout(timeout_seconds)
    return sock


def open_proxy(proxy: ProxySettings, policy: OutboundPolicy) -> socket.socket:
    """Connect to the proxy itself; encrypted if its URL says so, and then still a plain socket for the caller."""
    timeout_seconds = seconds_left(policy.connect_timeout_seconds)
    try:
        with call_deadline(timeout_seconds):
            addresses = checked_addresses(
                proxy.host, proxy.port, policy, timeout_seconds=seconds_left(timeout_seconds), tolerated=PROXY_MAY_BE
            )
            sock = connect_one_of(addresses, seconds_left(timeout_seconds))
            if not proxy.secured:
                return sock
            secured = _proxy_tls_context(policy).wrap_socket(sock, server_hostname=proxy.host)
            return plain_end(secured, DeadlineSocket)
    except OutboundError as error:
        if error.kind is OutboundErrorKind.BLOCKED:
            raise
        raise OutboundError(OutboundErrorKind.PROXY, f"The proxy cannot be used. {error.message}") from None
    except ssl.SSLError as error:
        failed = (
            f"the secure connection to it failed ({error.verify_message})"
            if isinstance(error, ssl.SSLCertVerificationError)
            else "it does not speak TLS"
        )
        advice = "Check its URL (http or https), or put its CA certificate into the file named by EXTRA_CA_FILE."
        raise OutboundError(
            OutboundErrorKind.PROXY, f"The proxy {proxy.shown} cannot be used: {failed}. {advice}"
        ) from None
    except TimeoutError:
        message = f"The proxy {proxy.shown} did not answer within {round(timeout_seconds, 1):g} seconds. {_CHECK_PROXY}"
        raise OutboundError(OutboundErrorKind.PROXY, message) from None
    except OSError as error:
        message = f"The proxy {proxy.shown} cannot be reached ({reason(error)}). {_CHECK_PROXY}"
        raise OutboundError(OutboundErrorKind.PROXY, message) from None


@lru_cache(maxsize=8)
def _proxy_tls_context(policy: OutboundPolicy) -> ssl.SSLContext:
    """One context for all connections to proxies: reading the certificates costs more than a handshake."""
    return tls_context(policy)


def _connect_direct(host: str, port: int, policy: OutboundPolicy) -> socket.socket:
    timeout_seconds = seconds_left(policy.connect_timeout_seconds)
    addresses = checked_addresses(host, port, policy, timeout_seconds=timeout_seconds)
    try:
        return connect_one_of(addresses, seconds_left(timeout_seconds))
    except TimeoutError:
        raise
    except OSError as error:
        advice = "Check the address and port, the firewall of this server, and whether a proxy is needed."
        message = f"{shown_target(host, port)} cannot be reached ({reason(error)}). {advice}"
        raise OutboundError(OutboundErrorKind.CONNECT, message) from None


def _tunnel(sock: socket.socket, proxy: ProxySettings, target: str) -> socket.socket:
    """Ask the proxy for a tunnel to `host:port` and return the socket when it stands."""
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if proxy.authorization:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    try:
        sock.sendall("\r\n".join([*lines, "", ""]).encode("ascii"))
        status = _read_proxy_status(sock)
    except TimeoutError:
        sock.close()
        raise
    except OSError as error:
        sock.close()
        message = f"The proxy {proxy.shown} ended the connection to {target} ({reason(error)}). {_CHECK_PROXY}"
        raise OutboundError(OutboundErrorKind.PROXY, message) from None
    if status == 200:
        return sock
    sock.close()
    raise proxy_refusal(proxy, target, status)


def _read_proxy_status(sock: socket.socket) -> int:
    """Read the proxy's answer byte by byte, as what follows the blank line belongs to the server; 0 if it is none."""
    answer = bytearray()
    while not answer.endswith((b"\r\n\r\n", b"\n\n")):
        byte = sock.recv(1)
        if not byte or len(answer) >= PROXY_ANSWER_LIMIT:
            return 0
        answer += byte
    match = _STATUS_LINE.match(answer)
    return int(match.group(1)) if match else 0


def proxy_refusal(proxy: ProxySettings, target: str, status: int) -> OutboundError:
    """The error for a proxy that answered with `status` instead of a tunnel to `target`."""
    shown = f"The proxy {proxy.shown}"
    if status == 407:
        wrong = "refused its user name or password" if proxy.username else "wants a user name and password"
        message = f"{shown} {wrong} (407). Enter them under Configuration, Proxy."
        return OutboundError(OutboundErrorKind.PROXY_AUTH, message)
    if status == 403:
        advice = "Many proxies allow port 443 only: ask your network administrator to allow this host and port."
        return OutboundError(OutboundErrorKind.PROXY, f"{shown} does not allow connections to {target} (403). {advice}")
    if status in (502, 503, 504):
        advice = "Check the address, and ask your network administrator whether the proxy can reach it."
        return OutboundError(OutboundErrorKind.PROXY, f"{shown} cannot reach {target} ({status}). {advice}")
    answer = f"with status {status}" if status else "in a way that is not HTTP"
    message = f"{shown} answered the request for {target} {answer}. Check that its URL is that of an HTTP proxy."
    return OutboundError(OutboundErrorKind.PROXY, message)
