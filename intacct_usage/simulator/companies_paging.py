"""The ways the simulated companies API hands out its list in pages."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from intacct_usage.simulator.web import Json

Paging = Literal["page", "offset", "next_link", "link_header", "cursor"]

TOLD_IN_BODY: tuple[Paging, ...] = ("next_link", "cursor")


@dataclass(frozen=True)
class Page:
    """Where one page lies: `size` rows from `start` on, of `total`."""

    start: int
    size: int
    total: int

    @property
    def number(self) -> int:
        """Counts from 1."""
        return self.start // self.size + 1

    @property
    def last(self) -> bool:
        return self.start + self.size >= self.total


@dataclass(frozen=True)
class Hints:
    """What an answer tells about further pages, in its envelope and in its headers."""

    envelope: dict[str, Json]
    headers: dict[str, str]


def asked_page(paging: Paging, query: Mapping[str, str], page_size: int | None, total: int) -> Page:
    """The page a request asks for. Without a page size there is one; a client may ask for fewer rows, not for more."""
    if page_size is None:
        return Page(0, max(1, total), total)
    size = max(1, min(_number(query, ("per_page", "page_size", "limit"), page_size), page_size))
    if paging == "cursor":
        start = _cursor_start(query.get("cursor", ""))
    elif paging == "offset":
        start = _number(query, ("offset",), 0)
    else:
        start = (max(1, _number(query, ("page",), 1)) - 1) * size
    return Page(start, size, total)


def hints(paging: Paging, page: Page, following: str | None) -> Hints:
    """`following` is the address of the next page, None on the last one."""
    if paging == "link_header":
        return Hints({}, {"Link": f'<{following}>; rel="next"'} if following else {})
    if paging == "next_link":
        return Hints({"next": following, "total": page.total}, {})
    if paging == "cursor":
        return Hints({"next_cursor": None if page.last else cursor(page.start + page.size)}, {})
    if paging == "offset":
        return Hints({"offset": page.start, "limit": page.size, "total": page.total}, {})
    pages = -(-page.total // page.size)
    envelope: dict[str, Json] = {"page": page.number, "per_page": page.size, "total_pages": pages, "total": page.total}
    return Hints(envelope, {})


def following_link(url: str, query: Mapping[str, str], page: Page) -> str | None:
    if page.last:
        return None
    return f"{url}?{urlencode({**query, 'page': page.number + 1, 'per_page': page.size})}"


def cursor(start: int) -> str:
    """An opaque mark for "from row `start` on"."""
    return base64.urlsafe_b64encode(f"from:{start}".encode()).decode()


def _cursor_start(mark: str) -> int:
    """Where a cursor points; one that was never given out counts as the beginning."""
    try:
        return max(0, int(base64.urlsafe_b64decode(mark).decode().removeprefix("from:")))
    except ValueError:
        return 0


def _number(query: Mapping[str, str], names: tuple[str, ...], default: int) -> int:
    for name in names:
        if query.get(name, "").isdecimal():
            return int(query[name])
    return default
