"""How this installation connects to the outside: its policy from the settings, its proxy from the database."""

import logging
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from intacct_usage.lib.crypto import SecretUnreadableError
from intacct_usage.lib.outbound import (
    OutboundError,
    OutboundErrorKind,
    OutboundPolicy,
    OutboundSession,
    ProxySettings,
    call_deadline,
    open_connection,
    tls_context,
)
from intacct_usage.lib.outbound_tunnel import open_proxy
from intacct_usage.lib.redaction import register_secret
from usage.models import OutboundProxy

logger = logging.getLogger(__name__)

TEST_SECONDS: Final = 15.0
ANSWER_BYTES: Final = 1024 * 1024
KEPT_CONNECTIONS: Final = 8
FIRST_SERVER_ERROR: Final = 500
DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class ProxyRefusedError(Exception):
    """A proxy that cannot be saved; `message` says what to enter instead. The stored one is unchanged."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


@dataclass(frozen=True)
class SavedProxy:
    """`password_dropped`: the stored password was removed, because it belonged to another address or user name."""

    proxy: OutboundProxy
    password_dropped: bool


@dataclass(frozen=True)
class Hop:
    """One step of the way through a proxy: what it is called, whether it works, and what was seen or is to be done."""

    name: str
    ok: bool
    message: str


def open_outbound_session() -> OutboundSession:
    """A session to the outside, through the proxy if one is enabled; close it. Raises SecretUnreadableError.

    It keeps as many connections to one host as there are companies in flight.
    """
    pool_size = max(KEPT_CONNECTIONS, settings.FETCH_CONCURRENCY)
    return OutboundSession(settings.OUTBOUND_POLICY, OutboundProxy.in_use(), pool_size)


def save_proxy(*, url: str, username: str = "", password: str = "", enabled: bool = True) -> SavedProxy:
    """Check and store the proxy; the next call uses it. An empty password keeps the stored one.

    A stored password is dropped when URL or user name change: it would be sent to another server or for another user.
    Raises ProxyRefusedError.
    """
    url, username = url.strip(), username.strip()
    register_secret(password)
    try:
        wanted = ProxySettings(url=url, username=username, password=password)
    except ValueError as refusal:
        raise ProxyRefusedError(str(refusal)) from None
    if password and not username:
        raise ProxyRefusedError("A proxy password needs a user name.")
    if len(url) > 300 or len(username) > 200:
        raise ProxyRefusedError("The proxy URL has at most 300 characters, its user name at most 200.")
    with transaction.atomic():
        proxy = OutboundProxy.current() or OutboundProxy()
        dropped = bool(proxy.password) and not password and _leads_elsewhere(proxy, wanted)
        if password or dropped:
            proxy.seal("password", password)
        proxy.url, proxy.username, proxy.enabled = url, username, enabled
        proxy.save()
    logger.info("Proxy %s saved, %s.", wanted.shown, "enabled" if enabled else "disabled")
    return SavedProxy(proxy, dropped)


def switch_proxy(*, enabled: bool) -> OutboundProxy:
    """Turn the stored proxy on or off without changing it. Raises ProxyRefusedError if there is none."""
    proxy = OutboundProxy.current()
    if proxy is None:
        raise ProxyRefusedError("There is no proxy to switch; enter its URL first.")
    proxy.enabled = enabled
    proxy.save(update_fields=["enabled", "saved_at"])
    logger.info("Proxy %s.", "enabled" if enabled else "disabled")
    return proxy


def password_is_kept(*, url: str, username: str) -> bool:
    """Whether saving this proxy without a password keeps a stored one. Raises ProxyRefusedError."""
    try:
        wanted = ProxySettings(url=url.strip(), username=username.strip())
    except ValueError as refusal:
        raise ProxyRefusedError(str(refusal)) from None
    stored = OutboundProxy.current()
    return stored is not None and bool(stored.password) and not _leads_elsewhere(stored, wanted)


def settings_to_try(*, url: str, username: str = "", password: str = "") -> ProxySettings:
    """What a test is to use: as entered, with the stored password where none was entered and nothing else changed.

    Raises ProxyRefusedError.
    """
    try:
        wanted = ProxySettings(url=url.strip(), username=username.strip(), password=password)
        stored = OutboundProxy.current()
        if password or stored is None or not password_is_kept(url=url, username=username):
            return wanted
        return ProxySettings(url=wanted.url, username=wanted.username, password=stored.reveal("password"))
    except ValueError as refusal:
        raise ProxyRefusedError(str(refusal)) from None
    except SecretUnreadableError as unreadable:
        raise ProxyRefusedError(unreadable.message) from None


def test_proxy(proxy: ProxySettings, *, seconds: float = TEST_SECONDS) -> list[Hop]:
    """Walk the way to Intacct through a proxy, saved or not, hop by hop, up to the first that fails.

    Sends no credentials but the proxy's own. Takes at most about `seconds`.
    """
    hops: list[Hop] = []
    ends_at = time.monotonic() + seconds
    for name, walk in _steps(settings.INTACCT_ENDPOINT_URL):
        try:
            with call_deadline(ends_at - time.monotonic()):
                hops.append(Hop(name, True, walk(proxy, settings.OUTBOUND_POLICY, settings.INTACCT_ENDPOINT_URL)))
        except OutboundError as error:
            hops.append(Hop(name, False, error.message))
        except TimeoutError:
            hops.append(Hop(name, False, f"The way to Intacct took longer than {seconds:g} seconds."))
        except OSError as error:
            hops.append(Hop(name, False, _tls_failure(error)))
        if not hops[-1].ok:
            break
    return hops


_Walk = Callable[[ProxySettings, OutboundPolicy, str], str]


def _steps(endpoint_url: str) -> list[tuple[str, _Walk]]:
    steps: list[tuple[str, _Walk]] = [("Proxy reachable", _reach_proxy)]
    if endpoint_url.startswith("https:"):
        steps += [("Tunnel accepted (CONNECT)", _open_tunnel), ("Secure connection (TLS)", _secure_tunnel)]
    return [*steps, ("Intacct answers", _ask_intacct)]


def _reach_proxy(proxy: ProxySettings, policy: OutboundPolicy, endpoint_url: str) -> str:
    open_proxy(proxy, policy).close()
    return f"{proxy.shown} accepts connections."


def _open_tunnel(proxy: ProxySettings, policy: OutboundPolicy, endpoint_url: str) -> str:
    host, port = _target(endpoint_url)
    open_connection(host, port, policy=policy, proxy=proxy).close()
    return f"The proxy opens a way to {host}:{port}."


def _secure_tunnel(proxy: ProxySettings, policy: OutboundPolicy, endpoint_url: str) -> str:
    host, port = _target(endpoint_url)
    with open_connection(host, port, policy=policy, proxy=proxy) as tunnel:
        secured = tls_context(policy).wrap_socket(tunnel, server_hostname=host)
        version = secured.version()
        secured.close()
    return f"The certificate of {host} is valid ({version})."


def _ask_intacct(proxy: ProxySettings, policy: OutboundPolicy, endpoint_url: str) -> str:
    with OutboundSession(policy, proxy) as session:
        answer = session.get(endpoint_url, max_bytes=ANSWER_BYTES)
    if answer.status >= FIRST_SERVER_ERROR:
        host, _ = _target(endpoint_url)
        message = f"The answer for {host} was a fault (status {answer.status}). Try again later."
        raise OutboundError(OutboundErrorKind.PROTOCOL, message)
    return f"An answer came back (status {answer.status}; no sign-in was tried)."


def _tls_failure(error: OSError) -> str:
    reason = error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else "connection broken off"
    return (
        f"The secure connection failed ({reason}). If the proxy opens secure connections for inspection, put its CA "
        "certificate into the file named by EXTRA_CA_FILE."
    )


def _target(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme]


def _leads_elsewhere(stored: OutboundProxy, wanted: ProxySettings) -> bool:
    """Whether a password stored with the one would be sent to another server or for another user with the other."""
    try:
        present = ProxySettings(url=stored.url, username=stored.username)
    except ValueError:
        return True
    return any(getattr(present, name) != getattr(wanted, name) for name in ("host", "port", "secured", "username"))
