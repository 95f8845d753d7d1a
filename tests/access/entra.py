"""A browser's way through sign-in by Microsoft, and the product set up for the stand-in."""

from urllib.parse import parse_qsl, urlsplit

from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client

from intacct_usage.accounts.entra_settings import EntraSettings
from intacct_usage.lib.outbound import OutboundPolicy, parse_outbound_allow
from tests.access.openid_provider import CLIENT, SECRET, TENANT, OpenIdProvider

VIEWERS, MANAGERS, ROOTS = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "abc")


def set_up(settings, provider: OpenIdProvider) -> None:
    roles = {VIEWERS: frozenset({"Viewer"}), MANAGERS: frozenset({"Manager"}), ROOTS: frozenset({"Superuser"})}
    settings.ENTRA = EntraSettings(TENANT, CLIENT, provider.url, SECRET, roles)
    host, port = provider.host_and_port
    settings.OUTBOUND_POLICY = OutboundPolicy(allow=parse_outbound_allow(f"{host}:{port}"), deadline_seconds=30)
    cache.clear()


def leave_for_microsoft(client: Client, target: str = "/guide/") -> dict[str, str]:
    """What the browser carries to Microsoft."""
    answer = client.get("/accounts/entra/", {"next": target})
    return dict(parse_qsl(urlsplit(answer.url).query))


def come_back(client: Client, address: str) -> HttpResponse:
    parts = urlsplit(address)
    return client.get(f"{parts.path}?{parts.query}")


def go_through(client: Client, provider: OpenIdProvider, target: str = "/guide/") -> HttpResponse:
    return come_back(client, provider.authorize(leave_for_microsoft(client, target)))
