"""A walk over every page that links lead to: nothing inline, nothing from elsewhere, no dead link, no id twice."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from tests.web.conftest import ClientAs
from tests.web.full_site import HOSTILE, PageReader, fill_site

MOST_PAGES = 150
OTHERS = ("/admin/", "/api/", "/static/")
Pages = dict[str, PageReader]


def kind_of(address: str) -> tuple[str, ...]:
    """Addresses that differ only in the values of their parameters are one page."""
    parts = urlsplit(address)
    return (parts.path, *sorted(parse_qs(parts.query)))


def walk(client: Client) -> tuple[Pages, dict[str, int]]:
    """Pages by address, and the status of every address that was followed."""
    pages: Pages = {}
    statuses: dict[str, int] = {}
    seen: set[tuple[str, ...]] = set()
    waiting = ["/"]
    while waiting and len(statuses) < MOST_PAGES:
        address = waiting.pop(0)
        if kind_of(address) in seen or not address.startswith("/") or address.startswith(OTHERS):
            continue
        seen.add(kind_of(address))
        answer = client.get(address)
        statuses[address] = answer.status_code
        if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
            pages[address] = PageReader(address, answer.content.decode())
            waiting += sorted(pages[address].internal_links())
    return pages, statuses


def faults(pages: Pages, of: Callable[[PageReader], list[str]]) -> dict[str, list[str]]:
    return {address: found for address, page in pages.items() if (found := of(page))}


@pytest.mark.parametrize("filled", [True, False], ids=["full", "empty"])
def test_every_page_keeps_the_rules(client_as: ClientAs, filled: bool) -> None:
    if filled:
        fill_site()

    pages, statuses = walk(client_as("superuser"))

    plain_titles = [page.title for address, page in pages.items() if "?" not in address]
    assert len(pages) >= 8
    assert {address: status for address, status in statuses.items() if status not in (200, 302)} == {}
    assert faults(pages, lambda page: page.inline) == {}
    assert faults(pages, lambda page: [name for name, count in page.ids.items() if count > 1]) == {}
    assert faults(pages, lambda page: page.sources_elsewhere()) == {}
    assert faults(pages, lambda page: [] if page.title.endswith(" – Intacct API Usage") else [page.title]) == {}
    assert sorted(set(plain_titles)) == sorted(plain_titles)
    assert faults(pages, lambda page: [text for text in page.texts if "\u202e" in text]) == {}
    assert faults(pages, lambda page: [mark for mark in (HOSTILE, "<img src=x") if mark in page.html]) == {}
