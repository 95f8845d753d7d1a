"""The only door for outbound HTTP: guarded addresses, verified TLS, no redirects, a deadline and a size cap per call.

Everything other modules need of outbound connections can be imported from here.
"""

import logging
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from typing import Self, TypedDict, Unpack
from urllib.parse import SplitResult, urlsplit

import requests
from urllib3.exceptions import HTTPError

from intacct_usage.lib.outbound_adapter import GuardedAdapter
from intacct_usage.lib.outbound_body import BodyIncompleteError, BodyTooLargeError, BodyUndecodableError, read_body
from intacct_usage.lib.outbound_failures import incomplete_message, translated
from intacct_usage.lib.outbound_guard import (
    OutboundError,
    OutboundErrorKind,
    OutboundPolicy,
    check_without_lookup,
    normal_host,
    parse_outbound_allow,
    shown_target,
)
from intacct_usage.lib.outbound_sockets import call_deadline, tls_context
from intacct_usage.lib.outbound_tunnel import ProxySettings, open_connection, proxy_refusal

__all__ = [
    "CallLimits",
    "OutboundError",
    "OutboundErrorKind",
    "OutboundPolicy",
    "OutboundResponse",
    "OutboundSession",
    "ProxySettings",
    "call_deadline",
    "open_connection",
    "parse_outbound_allow",
    "tls_context",
]

MIB = 1024 * 1024
DEFAULT_MAX_BYTES = 64 * MIB
REDIRECTS = frozenset({301, 302, 303, 307, 308})
DEFAULT_PORTS = {"http": 80, "https": 443}
BASE_HEADERS = {"User-Agent": "intacct-api-usage", "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
_CONTROL = re.compile(r"[\x00-\x20\x7f]")

Data = bytes | str | Mapping[str, str] | None


class _WithoutQueryStrings(logging.Filter):
    """Cuts what follows `?` from urllib3's lines about requests: a query string may hold a token."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                re.sub(r"\?.*", "?…", part, flags=re.S) if isinstance(part, str) else part for part in record.args
            )
        return True


for _name in ("urllib3.connectionpool", "urllib3.connection"):
    logging.getLogger(_name).addFilter(_WithoutQueryStrings())


@dataclass(frozen=True)
class OutboundResponse:
    """A complete answer, whatever its status. `headers` finds names in any case; `body` is decoded."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class CallLimits(TypedDict, total=False):
    """Limits of one call: over all of connecting, sending and reading, and over the decoded body."""

    deadline_seconds: float | None
    max_bytes: int


class OutboundSession:
    """HTTP for many threads at once, on kept connections. Environment variables (proxies, netrc) are never read.

    Every failure is an OutboundError; nothing is ever sent twice.
    """

    def __init__(self, policy: OutboundPolicy, proxy: ProxySettings | None = None, pool_size: int = 32) -> None:
        self.policy = policy
        self.proxy = proxy
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = GuardedAdapter(policy, proxy, pool_size)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def __repr__(self) -> str:
        return f"OutboundSession(proxy={self.proxy.shown if self.proxy else None})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the kept connections; calls in flight end as they would have."""
        self._session.close()

    def get(
        self, url: str, *, headers: Mapping[str, str] | None = None, **limits: Unpack[CallLimits]
    ) -> OutboundResponse:
        """Fetch; answers of any status but redirects are returned. Raises OutboundError."""
        return self._send(requests.Request("GET", url, headers={**BASE_HEADERS, **(headers or {})}), limits)

    def post(
        self,
        url: str,
        *,
        data: Data = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        **limits: Unpack[CallLimits],
    ) -> OutboundResponse:
        """Send bytes, text (as UTF-8), a form or JSON; answers as for `get`. Raises OutboundError."""
        body = data.encode("utf-8") if isinstance(data, str) else data
        full_headers = {**BASE_HEADERS, **(headers or {})}
        return self._send(requests.Request("POST", url, data=body, json=json, headers=full_headers), limits)

    def _send(self, request: requests.Request, limits: CallLimits) -> OutboundResponse:
        seconds = limits.get("deadline_seconds") or self.policy.deadline_seconds
        ends_at = time.monotonic() + seconds
        target = self._checked_target(request.url)
        try:
            with call_deadline(seconds):
                return self._exchange(request, target, limits.get("max_bytes", DEFAULT_MAX_BYTES))
        except OutboundError as error:
            failure = error
        except (requests.RequestException, HTTPError, HTTPException, OSError, ValueError) as error:
            failure = translated(error, target=target, late=time.monotonic() >= ends_at, seconds=seconds)
        raise failure  # outside of the handler: the library's exception holds the whole request, secrets and all

    def _checked_target(self, url: str) -> str:
        """Refuse what no call may use, before anything is looked up or sent; return the target as messages show it."""
        try:
            parts = urlsplit(url)
            port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
        except ValueError:
            parts, port = SplitResult("", "", "", "", ""), 0
        if not port or not parts.hostname or _CONTROL.search(url):
            raise OutboundError(OutboundErrorKind.PROTOCOL, "The address is not a valid http:// or https:// URL.")
        host = normal_host(parts.hostname)
        target = shown_target(host, port)
        if parts.username is not None or parts.password is not None:
            message = f"The URL for {target} holds a user name or password, which belong into their own fields."
            raise OutboundError(OutboundErrorKind.PROTOCOL, message)
        check_without_lookup(host, port, self.policy)
        if parts.scheme == "http" and not self.policy.allows(host, port):
            advice = (
                f"Use https, or, if this is meant, have an administrator add OUTBOUND_ALLOW={target} to the settings."
            )
            message = f"{target} was not contacted, because plain http is not encrypted. {advice}"
            raise OutboundError(OutboundErrorKind.BLOCKED, message)
        return target

    def _exchange(self, request: requests.Request, target: str, max_bytes: int) -> OutboundResponse:
        prepared = request.prepare()
        answer = self._session.send(prepared, stream=True, allow_redirects=False, proxies={}, timeout=self._timeouts)
        whole = False
        try:
            self._check_status(answer.status_code, target, encrypted=request.url.lower().startswith("https:"))
            body = read_body(answer.raw, max_bytes=max_bytes)
            if not body and answer.status_code == HTTPStatus.OK and not _tells_length(answer.headers):
                raise BodyIncompleteError  # nothing tells it from an answer cut in its headers
            whole = True
            return OutboundResponse(answer.status_code, answer.headers, body)
        except BodyTooLargeError:
            advice = "Nothing of it was kept. Check that the address is the right one."
            message = f"The answer of {target} is larger than {_shown_bytes(max_bytes)}. {advice}"
            raise OutboundError(OutboundErrorKind.TOO_LARGE, message) from None
        except BodyIncompleteError:
            raise OutboundError(OutboundErrorKind.INCOMPLETE, incomplete_message(target)) from None
        except BodyUndecodableError:
            message = f"The answer of {target} is compressed in a way that cannot be read. Nothing of it was kept."
            raise OutboundError(OutboundErrorKind.PROTOCOL, message) from None
        finally:
            if whole:
                answer.raw.release_conn()  # kept for the next call
            else:
                answer.raw.close()

    def _check_status(self, status: int, target: str, *, encrypted: bool) -> None:
        if status in REDIRECTS:
            advice = "Redirects are never followed: enter the final address instead."
            message = f"{target} answered with a redirect to another address ({status}). {advice}"
            raise OutboundError(OutboundErrorKind.PROTOCOL, message)
        if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED and self.proxy is not None and not encrypted:
            raise proxy_refusal(self.proxy, target, status)

    @property
    def _timeouts(self) -> tuple[float, float]:
        """Per socket operation; the deadline of the call is shorter or equal and rules."""
        return self.policy.connect_timeout_seconds, max(self.policy.deadline_seconds, 1)


def _tells_length(headers: Mapping[str, str]) -> bool:
    return "Content-Length" in headers or "Transfer-Encoding" in headers


def _shown_bytes(count: int) -> str:
    return f"{count // MIB} MiB" if count >= MIB else f"{count} bytes"
