"""Which addresses the program may connect to, and the one error of every outbound connection.

Names are judged by what they resolve to, at the moment of connecting, and the connection goes to the very address that
was judged. The networks are listed here because `ipaddress` judges them differently from one Python to the next.
"""

import ipaddress
import queue
import re
import socket
import threading
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
SocketAddress = tuple[str, int] | tuple[str, int, int, int]


class OutboundErrorKind(StrEnum):
    """What went wrong with an outbound call."""

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    TOO_LARGE = "too_large"
    INCOMPLETE = "incomplete"
    BLOCKED = "blocked"
    PROXY = "proxy"
    PROXY_AUTH = "proxy_auth"
    PROTOCOL = "protocol"


class OutboundError(Exception):
    """An outbound call that failed. `message` names the host or proxy and the next step, and holds no secret."""

    def __init__(self, kind: OutboundErrorKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


class AddressKind(StrEnum):
    """Kinds of addresses that are not of the public internet."""

    LOOPBACK = "loopback"
    METADATA = "cloud metadata"
    LINK_LOCAL = "link-local"
    UNSPECIFIED = "unspecified"
    PRIVATE = "private"
    SHARED = "shared (carrier-grade NAT)"
    MULTICAST = "multicast"
    TRANSLATED = "translated (IPv4 inside IPv6)"
    RESERVED = "reserved"


PROXY_MAY_BE = frozenset({AddressKind.PRIVATE, AddressKind.SHARED})
"""A configured proxy usually stands in the company's own network."""

NEVER_BY_NAME = frozenset(
    {AddressKind.METADATA, AddressKind.LINK_LOCAL, AddressKind.UNSPECIFIED, AddressKind.MULTICAST}
)
"""Reached only when the allow list holds the address itself; a listed name may not be pointed there."""

_NETWORKS: tuple[tuple[AddressKind, str], ...] = (  # first match wins
    (
        AddressKind.METADATA,
        "169.254.169.254/32 169.254.170.0/24 100.100.100.200/32 168.63.129.16/32 192.0.0.192/32 fd00:ec2::/32",
    ),
    (AddressKind.LOOPBACK, "127.0.0.0/8 ::1/128"),
    (AddressKind.UNSPECIFIED, "0.0.0.0/8 ::/128"),
    (AddressKind.LINK_LOCAL, "169.254.0.0/16 fe80::/10"),
    (AddressKind.PRIVATE, "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7 fec0::/10"),
    (AddressKind.SHARED, "100.64.0.0/10"),
    (AddressKind.MULTICAST, "224.0.0.0/4 ff00::/8"),
    (AddressKind.TRANSLATED, "::ffff:0:0/96 ::ffff:0:0:0/96 ::/96 64:ff9b::/96 64:ff9b:1::/48 2002::/16 2001::/32"),
    (
        AddressKind.RESERVED,
        "192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4 "
        "2001::/23 2001:db8::/32 3fff::/20",
    ),
)
_BLOCKED_NETWORKS = tuple((kind, ipaddress.ip_network(text)) for kind, texts in _NETWORKS for text in texts.split())
_GLOBAL_IPV6 = ipaddress.ip_network("2000::/3")

_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?\.?")
_ALLOW_ENTRY = re.compile(r"(\[[^\[\]]+\]|[^\[\]:/@?#]+):(\d{1,5})")
HIGHEST_PORT = 65535


@dataclass(frozen=True)
class OutboundPolicy:
    """What outbound calls may do. `allow` names the exceptions from the address rules as (host, port)."""

    allow: frozenset[tuple[str, int]] = frozenset()
    extra_ca_file: Path | None = None
    connect_timeout_seconds: float = 10
    deadline_seconds: float = 120

    def allows(self, host: str, port: int) -> bool:
        """True if the allow list names exactly this host and port."""
        return (_plain_host(host), port) in self.allow


def parse_outbound_allow(text: str) -> frozenset[tuple[str, int]]:
    """Read `host:port` items separated by commas or blanks. Raises ValueError with a sentence fit to show."""
    return frozenset(_parse_allow_item(item) for item in re.split(r"[\s,]+", text) if item)


def _parse_allow_item(item: str) -> tuple[str, int]:
    match = _ALLOW_ENTRY.fullmatch(item)
    if match is None:
        shown = item.rsplit("@", 1)[-1]  # what stands before an @ may be a password
        raise ValueError(f"“{shown}” is not host:port, for example companies.example.com:443 or [::1]:8443.")
    try:
        host = normal_host(match.group(1))
    except OutboundError as error:
        raise ValueError(f"“{item}” does not name a host, for example companies.example.com:443.") from error
    port = int(match.group(2))
    if not 1 <= port <= HIGHEST_PORT:
        raise ValueError(f"“{item}” has no port between 1 and {HIGHEST_PORT}.")
    return host, port


def normal_host(host: str) -> str:
    """Return a host name or address in the one form used for comparing. Raises OutboundError for what is neither."""
    plain = _plain_host(host)
    try:
        return ipaddress.ip_address(plain).compressed
    except ValueError:
        pass
    try:
        name = plain.encode("idna").decode("ascii")
    except UnicodeError:
        name = ""
    if not _HOST.fullmatch(name):
        raise OutboundError(
            OutboundErrorKind.PROTOCOL, "The address does not hold a valid host name. Check its spelling."
        )
    return name


def address_kind(address: IPAddress) -> AddressKind | None:
    """Return the kind of an address outside the public internet, None for a public one."""
    for kind, network in _BLOCKED_NETWORKS:
        if address.version == network.version and address in network:
            return kind
    if address.version == 6 and address not in _GLOBAL_IPV6:
        return AddressKind.RESERVED
    return None


def check_without_lookup(host: str, port: int, policy: OutboundPolicy) -> None:
    """Judge addresses in any notation, and localhost: all that can be judged where a proxy does the looking up."""
    if host == "localhost" or host.endswith(".localhost"):
        _require_allowed(host, port, AddressKind.LOOPBACK, policy)
    for family_address in _numeric_addresses(host, port):
        _require_allowed(host, port, address_kind(_ip_address(family_address)), policy)


def checked_addresses(
    host: str,
    port: int,
    policy: OutboundPolicy,
    *,
    timeout_seconds: float,
    tolerated: frozenset[AddressKind] = frozenset(),
) -> list[SocketAddress]:
    """Look the host up once and return its addresses, all of them judged. Raises OutboundError (dns, blocked)."""
    addresses = _numeric_addresses(host, port) or _look_up(host, port, timeout_seconds)
    for address in addresses:
        kind = address_kind(_ip_address(address))
        if kind not in tolerated:
            _require_allowed(host, port, kind, policy)
    return addresses


def shown_target(host: str, port: int) -> str:
    """`host:port` as the allow list and messages write it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _require_allowed(host: str, port: int, kind: AddressKind | None, policy: OutboundPolicy) -> None:
    if kind is None:
        return
    listed = policy.allows(host, port)
    if listed and (kind not in NEVER_BY_NAME or _is_address(host)):
        return
    target = shown_target(host, port)
    if listed:
        advice = "OUTBOUND_ALLOW lists the name, but a name may never lead to such an address: check the DNS entry."
    else:
        advice = (
            f"If this is meant, an administrator adds OUTBOUND_ALLOW={target} to the settings and restarts the program."
        )
    message = f"{target} was not contacted, because its address is of a blocked kind ({kind.value}). {advice}"
    raise OutboundError(OutboundErrorKind.BLOCKED, message)


def _plain_host(host: str) -> str:
    return host.strip("[]").partition("%")[0].lower().removesuffix(".")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _ip_address(address: SocketAddress) -> IPAddress:
    return ipaddress.ip_address(address[0].partition("%")[0])


def _numeric_addresses(host: str, port: int) -> list[SocketAddress]:
    """The address a host text stands for without any lookup, also as `127.1`, `0x7f.1` or `2130706433`; else none."""
    try:
        return _addresses(host, port, socket.AI_NUMERICHOST)
    except OSError:
        return []


def _look_up(host: str, port: int, timeout_seconds: float) -> list[SocketAddress]:
    """Resolve in a thread of its own, because the system's resolver knows no time limit."""
    answers: queue.SimpleQueue[list[SocketAddress] | OSError] = queue.SimpleQueue()

    def work() -> None:
        try:
            answers.put(_addresses(host, port, 0))
        except (OSError, UnicodeError) as error:
            answers.put(error if isinstance(error, OSError) else OSError(str(error)))

    threading.Thread(target=work, name="host-lookup", daemon=True).start()
    try:
        answer = answers.get(timeout=max(timeout_seconds, 0.001))
    except queue.Empty:
        answer = TimeoutError()
    if isinstance(answer, OSError) or not answer:
        why = (
            "its name servers did not answer in time" if isinstance(answer, TimeoutError) else "the name was not found"
        )
        advice = "Check the spelling of the host and the DNS of this server; set a proxy if this network needs one."
        raise OutboundError(OutboundErrorKind.DNS, f"The address of {host} could not be looked up: {why}. {advice}")
    return answer


def _addresses(host: str, port: int, flags: int) -> list[SocketAddress]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    internet: dict[SocketAddress, None] = {}
    for family, _, _, _, address in found:
        if family in (socket.AF_INET, socket.AF_INET6):
            internet[address] = None  # type: ignore[index]  # typeshed also knows builds without IPv6
    return list(internet)
