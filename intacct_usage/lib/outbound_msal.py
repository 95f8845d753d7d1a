"""Lets msal sign in over a guarded session (its `http_client`)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from intacct_usage.lib.outbound import CallLimits, OutboundResponse, OutboundSession

MAX_BYTES = 1024 * 1024


@dataclass(frozen=True)
class MsalResponse:
    """An answer as msal reads it."""

    status_code: int
    headers: Mapping[str, str] = field(repr=False)
    text: str = field(repr=False)

    def json(self) -> object:
        return json.loads(self.text)

    def raise_for_status(self) -> None:
        """Raises RuntimeError for a status of 400 and up, without the body, which may hold a token."""
        if self.status_code >= 400:
            raise RuntimeError(f"the sign-in service answered with status {self.status_code}")


class MsalHttpClient:
    """msal's view of an OutboundSession; raises OutboundError as the session does, and never closes it."""

    def __init__(self, session: OutboundSession, *, deadline_seconds: float | None = None) -> None:
        self._session = session
        self._deadline_seconds = deadline_seconds

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_ignored: object,
    ) -> MsalResponse:
        full_url = _with_query(url, params)
        return _answer(
            self._session.get(full_url, headers=headers, deadline_seconds=self._deadline_seconds, max_bytes=MAX_BYTES)
        )

    def post(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | str | None = None,
        headers: Mapping[str, str] | None = None,
        **_ignored: object,
    ) -> MsalResponse:
        limits: CallLimits = {"deadline_seconds": self._deadline_seconds, "max_bytes": MAX_BYTES}
        full_url = _with_query(url, params)
        return _answer(self._session.post(full_url, data=data, headers=headers, **limits))

    def close(self) -> None:
        """Nothing to do: whoever opened the session closes it."""


def _answer(response: OutboundResponse) -> MsalResponse:
    return MsalResponse(response.status, response.headers, response.text)


def _with_query(url: str, params: Mapping[str, str] | None) -> str:
    if not params:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(params)}"
