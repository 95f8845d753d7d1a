"""Who really asks, where a reverse proxy stands in front."""

import ipaddress
from collections.abc import Callable, Sequence

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ClientAddressMiddleware:
    """Put the address of the client into REMOTE_ADDR, from X-Forwarded-For of a listed proxy and of nobody else.

    The list is read from its end, which our own proxy wrote: what a client claims stands before that. A connection
    without an address came through a Unix socket, which only this machine can open.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.proxies = networks(settings.FORWARDED_ALLOW_IPS)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        peer = request.META.get("REMOTE_ADDR", "")
        claimed = request.META.get("HTTP_X_FORWARDED_FOR", "")
        if claimed and (not peer or self._is_proxy(peer)):
            request.META["REMOTE_ADDR"] = self._client(claimed.split(","), peer)
        return self.get_response(request)

    def _client(self, hops: Sequence[str], peer: str) -> str:
        """The last hop that is no proxy of ours; what is no address ends the search, it was made up."""
        found = peer
        for hop in reversed(hops):
            try:
                found = str(ipaddress.ip_address(hop.strip()))
            except ValueError:
                break
            if not self._is_proxy(found):
                break
        return found

    def _is_proxy(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self.proxies)


def networks(texts: Sequence[str]) -> list[Network]:
    """Addresses and networks; `*` stands for all. Raises ValueError for anything else."""
    expanded = [part for text in texts for part in (("0.0.0.0/0", "::/0") if text == "*" else (text,))]
    return [ipaddress.ip_network(text, strict=False) for text in expanded]
