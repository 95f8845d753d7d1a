"""Reads the whole company list from an HTTP API: page after page, within limits, checked before anyone uses it."""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from intacct_usage.lib.outbound import OutboundError, OutboundResponse, OutboundSession
from usage.companies.entries import MOST_COMPANIES, CompanyEntry, CompanyListError
from usage.companies.list_fields import Json, read_entries
from usage.companies.list_paging import ListPage, read_page

MIB: Final = 1024 * 1024
HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
RESERVED_HEADERS: Final = frozenset(
    {"host", "content-length", "connection", "transfer-encoding", "proxy-authorization", "accept", "accept-encoding"}
)
UNCHANGED: Final = "Nothing was changed."


Progress = Callable[[int, int | None], None]
"""Called after each page with the items read so far and their total, if the API tells it."""


@dataclass(frozen=True)
class ListRequest:
    """Where the list is and how to ask for it. `field_mapping` has the keys of `list_fields.MAPPABLE`."""

    url: str
    token: str = field(default="", repr=False)
    token_header: str = "Authorization"  # noqa: S105 - the name of a header
    token_scheme: str = "Bearer"  # noqa: S105 - the name of a scheme
    field_mapping: Mapping[str, str] = field(default_factory=dict)

    def headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json"}
        if self.token:
            headers[self.token_header] = f"{self.token_scheme} {self.token}".strip()
        return headers


@dataclass(frozen=True)
class LoadLimits:
    """What an answer may cost, all its pages together; `max_bytes` counts decoded bytes."""

    max_bytes: int = 32 * MIB
    max_items: int = MOST_COMPANIES
    max_depth: int = 32
    max_pages: int = 5000
    total_seconds: float = 120


DEFAULT_LIMITS: Final = LoadLimits()


def check_request(request: ListRequest) -> None:
    """Raise CompanyListError with a sentence for an address, header or token that can never be used."""
    try:
        parts = urlsplit(request.url)
        port_is_right = parts.port is None or parts.port > 0
    except ValueError:
        parts, port_is_right = urlsplit(""), False
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_right:
        raise CompanyListError("The API URL must begin with https:// (or http://) and name a host.")
    if parts.username is not None or parts.password is not None:
        raise CompanyListError(
            "Put the token into its own field, not into the API URL: addresses are shown and logged."
        )
    if not HEADER_NAME.fullmatch(request.token_header) or request.token_header.lower() in RESERVED_HEADERS:
        raise CompanyListError(f"“{request.token_header}” cannot be the header of the token; usual is Authorization.")
    for what, value in (("token", request.token), ("word before the token", request.token_scheme)):
        if not value.isascii() or (value and not value.isprintable()) or value != value.strip():
            raise CompanyListError(f"The {what} holds characters that cannot be sent in a header.")


def read_company_list(
    session: OutboundSession,
    request: ListRequest,
    limits: LoadLimits = DEFAULT_LIMITS,
    *,
    on_progress: Progress | None = None,
) -> list[CompanyEntry]:
    """Every company the API lists, checked. Changes nothing; raises CompanyListError with what is wrong and where."""
    check_request(request)
    items: list[Json] = []
    total: int | None = None
    for page in _pages(session, request, limits):
        items += page.items
        total = page.total
        if len(items) > limits.max_items:
            raise CompanyListError(f"The list holds more than {limits.max_items} companies. {UNCHANGED}")
        if on_progress is not None:
            on_progress(len(items), total)
    if total is not None and total != len(items):
        raise CompanyListError(
            f"The companies API tells of {total} companies, but its pages hold {len(items)}. Load again; if it stays "
            f"so, ask the API for all pages at once. {UNCHANGED}"
        )
    return read_entries(items, request.field_mapping)


def _pages(session: OutboundSession, request: ListRequest, limits: LoadLimits) -> Iterator[ListPage]:
    reader = _PageReader(session, request, limits)
    first = page = reader.read(request.url)
    yield page
    following = page.next_url or reader.guessed(page)
    while following:
        previous, page = page, reader.read(following)
        if page.counted and page.items == previous.items:
            return  # a server that ignores the number of the page answers the same for ever
        yield page
        following = None if page.counted and len(page.items) < len(first.items) else page.next_url


class _PageReader:
    """Asks for pages until a limit is reached; never twice for the same one."""

    def __init__(self, session: OutboundSession, request: ListRequest, limits: LoadLimits) -> None:
        self._session = session
        self._request = request
        self._limits = limits
        self._ends_at = time.monotonic() + limits.total_seconds
        self._bytes = 0
        self._items = 0
        self._asked: set[str] = set()

    def read(self, url: str) -> ListPage:
        if url in self._asked:
            raise CompanyListError(f"The companies API names the same next page again and again. {UNCHANGED}")
        if len(self._asked) >= self._limits.max_pages:
            raise CompanyListError(f"The list has more than {self._limits.max_pages} pages. {UNCHANGED}")
        self._asked.add(url)
        answer = self._get(url)
        _check_status(answer)
        self._bytes += len(answer.body)
        document = _parse(answer.body, self._limits.max_depth)
        list_path = self._request.field_mapping.get("list", "")
        page = read_page(url, document, answer.headers, list_path=list_path, seen=self._items)
        self._items += len(page.items)
        return page

    def guessed(self, first: ListPage) -> str | None:
        """The second page of a bare list that was cut off without saying so, or None if the list is whole."""
        for url in first.guesses:
            try:
                page = _parse(self._get(url).body, self._limits.max_depth)
            except CompanyListError:
                continue
            if isinstance(page, list) and page and page != first.items:
                return url
        return None

    def _get(self, url: str) -> OutboundResponse:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise CompanyListError(
                f"The list did not arrive within {self._limits.total_seconds:g} seconds. Try again later, or ask the "
                f"API for larger pages. {UNCHANGED}"
            )
        try:
            return self._session.get(
                url,
                headers=self._request.headers(),
                deadline_seconds=left,
                max_bytes=max(self._limits.max_bytes - self._bytes, 1),
            )
        except OutboundError as error:
            raise CompanyListError(f"The companies API could not be read. {error.message} {UNCHANGED}") from error


def _check_status(answer: OutboundResponse) -> None:
    status = answer.status
    if status == 200:
        return
    if status in (401, 403):
        advice = "refused the token. Check the token, its header and the word before it"
    elif status == 404:
        advice = "knows nothing at this address. Check the API URL"
    elif status == 429:
        advice = "had too many requests. Wait some minutes, then load again"
    elif status >= 500:
        advice = "has a fault of its own. Try again later, or ask the people who run it"
    else:
        advice = "did not answer with a list. Check the API URL"
    raise CompanyListError(f"The companies API {advice} (status {status}). {UNCHANGED}")


def _parse(body: bytes, max_depth: int) -> Json:
    try:
        text = body.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise CompanyListError(f"The answer of the companies API is not UTF-8 text. {UNCHANGED}") from None
    if not text:
        raise CompanyListError(f"The companies API answered with nothing. {UNCHANGED}")
    if text.startswith("<"):
        raise CompanyListError(
            "The companies API answered with a web page, not with a list; often that is a sign-in page. Check the API "
            f"URL and the token. {UNCHANGED}"
        )
    try:
        document: Json = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise _too_deep(max_depth) from None
    except ValueError:
        raise CompanyListError(
            f"The answer of the companies API is not valid JSON, or was cut off. {UNCHANGED}"
        ) from None
    _check_depth(document, max_depth)
    return document


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _check_depth(document: Json, max_depth: int) -> None:
    level: list[Json] = [document]
    for _ in range(max_depth):
        level = [
            inner
            for outer in level
            if isinstance(outer, list | dict)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return
    if any(isinstance(value, list | dict) for value in level):
        raise _too_deep(max_depth)


def _too_deep(max_depth: int) -> CompanyListError:
    return CompanyListError(f"The answer of the companies API is nested deeper than {max_depth} levels. {UNCHANGED}")
