"""Limits and audit see the client's address behind a listed proxy, and cannot be fooled by anybody else."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from intacct_usage.accounts.client_address import ClientAddressMiddleware, networks
from intacct_usage.audit.models import Action
from tests.access.people import on_record

PROXIES = ["127.0.0.1", "10.0.0.0/8", "2001:db8::1"]


def seen(peer: str, forwarded: str, proxies: list[str]) -> str:
    request = RequestFactory().get("/", REMOTE_ADDR=peer, headers={"X-Forwarded-For": forwarded} if forwarded else {})
    found = []

    def view(asked: HttpRequest) -> HttpResponse:
        found.append(asked.META["REMOTE_ADDR"])
        return HttpResponse()

    middleware = ClientAddressMiddleware(view)
    middleware.proxies = networks(proxies)
    middleware(request)
    return found[0]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("198.51.100.1", "203.0.113.9", "198.51.100.1"),
        ("127.0.0.1", "192.0.2.66, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "192.0.2.66, 203.0.113.9, 10.1.2.3", "203.0.113.9"),
        ("127.0.0.1", "10.1.2.3", "10.1.2.3"),
        ("2001:db8::1", "2001:db8:9::9", "2001:db8:9::9"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9, <script>, 10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", ",,,", "127.0.0.1"),
        ("", "203.0.113.9", "203.0.113.9"),
    ],
)
def test_the_last_address_that_is_no_proxy_of_ours_counts(peer: str, forwarded: str, client: str) -> None:
    assert seen(peer, forwarded, PROXIES) == client


def test_a_star_believes_everybody() -> None:
    assert seen("198.51.100.1", "203.0.113.9", ["*"]) == "203.0.113.9"


def test_the_audit_record_names_the_client(db) -> None:
    Client(headers={"X-Forwarded-For": "203.0.113.9"}).post("/accounts/login/", {"username": "x", "password": "y"})

    assert [event.address for event in on_record(Action.SIGN_IN_FAILED)] == ["203.0.113.9"]
