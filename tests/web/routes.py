"""Every address of the site, for the tests that must not miss one."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from django.urls import URLPattern, URLResolver, get_resolver

NOT_OURS = ("admin/", "static/", "api/")
"""The admin has its own permissions, the API its own keys and tests."""


class Route(NamedTuple):
    address: str
    view: Callable


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[Route]:
    for entry in (resolver or get_resolver()).url_patterns:
        address = prefix + str(entry.pattern)
        if address.startswith(NOT_OURS):
            continue
        if isinstance(entry, URLPattern):
            yield Route(address, entry.callback)
        else:
            yield from routes(entry, address)
