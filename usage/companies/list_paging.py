"""Finds the list in an answer of a companies API, and the address of the next page, however the API tells it.

Looked for in this order: a `Link` header, a next link in the answer, a cursor, page or offset numbers in the answer,
and for an answer that tells nothing, a page or offset parameter in the address itself, counted on until a page is
short. A bare list that tells nothing may still be cut off at a page's end: `guesses` are the addresses to try then.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from intacct_usage.lib.typed_numbers import typed_number
from usage.companies.entries import CompanyListError
from usage.companies.list_fields import Json, type_name

LIST_NAMES: Final = (
    "companies",
    "instances",
    "tenants",
    "items",
    "results",
    "data",
    "value",
    "records",
    "rows",
    "list",
    "content",
)
NO_LIST_NAMES: Final = frozenset({"links", "_links", "errors", "warnings", "messages", "fields", "columns", "meta"})
LIST_DEPTH: Final = 3
SMALLEST_PAGE: Final = 10
PAGE_SIZE_STEP: Final = 5
LINK_NAMES: Final = ("next", "nextlink", "nexturl", "nextpage", "odatanextlink", "nextpageurl", "nexthref")
CURSOR_NAMES: Final = ("nextcursor", "nextpagetoken", "continuationtoken", "nexttoken", "cursornext")
CURSOR_PARAMETERS: Final = {
    "nextcursor": "cursor",
    "cursornext": "cursor",
    "nexttoken": "token",
    "continuationtoken": "continuationToken",
}
PAGE_NAMES: Final = ("page", "currentpage", "pagenumber", "pageno")
PAGE_COUNT_NAMES: Final = ("totalpages", "pagecount", "pages", "lastpage")
OFFSET_NAMES: Final = ("offset", "skip", "start")
LIMIT_NAMES: Final = ("limit", "perpage", "pagesize", "top", "take", "count")
TOTAL_NAMES: Final = ("total", "totalcount", "totalitems", "totalresults", "totalrecords")
MORE_NAMES: Final = ("hasmore", "hasnext", "hasnextpage", "more")
_LINK_HEADER: Final = re.compile(r"<([^<>]*)>\s*((?:;\s*[\w*-]+\s*=\s*(?:\"[^\"]*\"|[^\s;,]+)\s*)*)")


@dataclass(frozen=True)
class ListPage:
    """One page: its items, the address of the next page if there is one, and the total if the answer tells it.

    `counted` says that nothing told of the next page but a number in the address; it may be one page too many.
    `guesses` are addresses that would hold more if this bare list were a first page; most servers ignore them.
    """

    items: list[Json]
    next_url: str | None
    total: int | None
    counted: bool = False
    guesses: tuple[str, ...] = ()


def read_page(url: str, document: Json, headers: Mapping[str, str], *, list_path: str, seen: int) -> ListPage:
    """One page of a list; `seen` is how many items the pages before held, `list_path` where the list is if known.

    Raises CompanyListError when the answer holds no list, or a next page that is not on the same server.
    """
    items = _find_list(document, list_path)
    facts = _facts(document)
    total = _number(facts, TOTAL_NAMES)
    following = _link_header(headers) or _told_next(url, facts, len(items), seen)
    counted = following is None and not facts
    if counted and items:
        following = _counted_on(url, len(items))
    if following is None and any(facts.get(name) is True for name in MORE_NAMES):
        raise CompanyListError(
            "The companies API says that there are more companies, but not in a way this program knows how to ask for "
            "them. Nothing was changed."
        )
    guesses = () if following or facts else _guesses(url, len(items))
    return ListPage(items, _same_server(url, following) if following else None, total, counted, guesses)


def _find_list(document: Json, list_path: str) -> list[Json]:
    if list_path:
        found: Json = document
        for key in list_path.split("."):
            found = found.get(key) if isinstance(found, dict) else None
        if not isinstance(found, list):
            raise CompanyListError(f"The answer of the companies API has no list under “{list_path}”.")
        return found
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        raise CompanyListError(f"The answer of the companies API is {type_name(document)}, not a list of companies.")
    level = [document]
    for _ in range(LIST_DEPTH):
        lists = {key: value for place in level for key, value in place.items() if _is_list_of_items(key, value)}
        if lists:
            return _preferred(lists)
        level = [value for place in level for value in place.values() if isinstance(value, dict)]
    names = ", ".join(f"“{key}”" for key in list(document)[:12]) or "none"
    raise CompanyListError(f"The answer of the companies API holds no list of companies (its fields: {names}).")


def _is_list_of_items(key: str, value: Json) -> bool:
    return isinstance(value, list) and key.lower() not in NO_LIST_NAMES


def _preferred(lists: Mapping[str, Json]) -> list[Json]:
    by_name = {key.lower(): value for key, value in lists.items()}
    found = next((by_name[name] for name in LIST_NAMES if name in by_name), None)
    if found is None and len(lists) == 1:
        found = next(iter(lists.values()))
    if not isinstance(found, list):
        names = ", ".join(f"“{key}”" for key in lists)
        raise CompanyListError(
            f"The answer of the companies API holds several lists ({names}). Name the one with the companies under "
            "Configuration, Companies."
        )
    return found


def _facts(document: Json) -> dict[str, Json]:
    """What the answer tells besides the list, from its top two levels, by names without case and punctuation."""
    if not isinstance(document, dict):
        return {}
    inner = [value for value in document.values() if isinstance(value, dict)]
    facts: dict[str, Json] = {}
    for place in (document, *inner):
        for key, value in place.items():
            facts.setdefault(re.sub(r"[\W_]+", "", key).lower(), value)
    return facts


def _told_next(url: str, facts: Mapping[str, Json], held: int, seen: int) -> str | None:
    link = _next_link(facts)
    if link is not None:
        return link
    for name in CURSOR_NAMES:
        cursor = facts.get(name)
        if isinstance(cursor, str | int) and not isinstance(cursor, bool) and cursor != "":
            return _with_parameter(url, CURSOR_PARAMETERS.get(name, "pageToken"), str(cursor))
    page, pages = _number(facts, PAGE_NAMES), _number(facts, PAGE_COUNT_NAMES)
    if page is not None and pages is not None:
        return _with_parameter(url, _parameter(url, PAGE_NAMES) or "page", str(page + 1)) if page < pages else None
    offset, total = _number(facts, OFFSET_NAMES), _number(facts, TOTAL_NAMES)
    if total is not None and held and seen + held < total:
        if page is not None:
            return _with_parameter(url, _parameter(url, PAGE_NAMES) or "page", str(page + 1))
        if offset is not None:
            return _with_parameter(url, _parameter(url, OFFSET_NAMES) or "offset", str(offset + held))
        return _counted_on(url, held)
    return None


def _next_link(facts: Mapping[str, Json]) -> str | None:
    for name in LINK_NAMES:
        value = facts.get(name)
        if isinstance(value, dict):
            value = value.get("href") or value.get("url")
        if isinstance(value, str) and re.match(r"https?://|[/?]", value, re.I):
            return value
    return None


def _counted_on(url: str, held: int) -> str | None:
    """The next address where the address itself counts pages or rows, or None."""
    parameters = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    limit = typed_number(next((parameters[name] for name in _named(parameters, LIMIT_NAMES)), ""))
    if limit is not None and held < limit:
        return None
    for names, step in ((PAGE_NAMES, 1), (OFFSET_NAMES, held)):
        for name in _named(parameters, names):
            if (present := typed_number(parameters[name])) is not None:
                return _with_parameter(url, name, str(present + step))
    return None


def _guesses(url: str, held: int) -> tuple[str, ...]:
    """Page sizes are round numbers, so a list of another length is a whole one."""
    parameters = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    counted = any(True for _ in _named(parameters, PAGE_NAMES + OFFSET_NAMES))
    if counted or held < SMALLEST_PAGE or held % PAGE_SIZE_STEP:
        return ()
    return _with_parameter(url, "page", "2"), _with_parameter(url, "offset", str(held))


def _parameter(url: str, names: tuple[str, ...]) -> str:
    """How the address itself spells one of these parameters; empty if it has none."""
    return next(_named(dict(parse_qsl(urlsplit(url).query, keep_blank_values=True)), names), "")


def _named(parameters: Mapping[str, str], names: tuple[str, ...]) -> Iterator[str]:
    return (name for name in parameters if re.sub(r"[\W_]+", "", name).lower() in names)


def _with_parameter(url: str, name: str, value: str) -> str:
    parts = urlsplit(url)
    parameters = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != name]
    return urlunsplit(parts._replace(query=urlencode([*parameters, (name, value)])))


def _number(facts: Mapping[str, Json], names: tuple[str, ...]) -> int | None:
    values = (facts.get(name) for name in names)
    return next((value for value in values if isinstance(value, int) and not isinstance(value, bool)), None)


def _link_header(headers: Mapping[str, str]) -> str | None:
    for target, parameters in _LINK_HEADER.findall(headers.get("Link", "")):
        if re.search(r"rel\s*=\s*(\"[^\"]*\bnext\b[^\"]*\"|next\b)", parameters, re.I):
            return str(target)
    return None


def _same_server(url: str, following: str) -> str:
    """The address of the next page in full. The token is sent along, so it must stay with the server it is for."""
    address = urljoin(url, following)
    try:
        here, there = (_origin(part) for part in (url, address))
    except ValueError:
        raise CompanyListError("The companies API names a next page whose address cannot be read.") from None
    if here != there:
        host = there[1] or "no host"
        raise CompanyListError(
            f"The companies API names a next page on another server ({there[0]}://{host}). Its token is for {here[1]} "
            "only, so the page was not asked for. Nothing was changed."
        )
    return urlunsplit(urlsplit(address)._replace(fragment=""))


def _origin(url: str) -> tuple[str, str, int, bool]:
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    return parts.scheme, (parts.hostname or "").lower(), port, parts.username is not None
