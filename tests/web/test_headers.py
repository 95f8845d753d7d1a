"""The headers of every kind of answer."""

import pytest
from django.test import Client

from tests.web.conftest import ClientAs

POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}
ADDRESSES = ["/", "/reports/", "/reports/download/summary.csv", "/guide/", "/no-such-page/", "/admin/"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_carries_the_reference_headers(client_as: ClientAs, address: str) -> None:
    answer = client_as("superuser").get(address)

    assert set(answer.headers["Content-Security-Policy"].split("; ")) == POLICY
    assert {name: answer.headers[name] for name in HEADERS if name != "Cache-Control"} == {
        name: value for name, value in HEADERS.items() if name != "Cache-Control"
    }
    assert "no-store" in answer.headers["Cache-Control"]


def test_the_sign_in_page_carries_them_too(db) -> None:
    answer = Client().get("/accounts/login/")

    assert set(answer.headers["Content-Security-Policy"].split("; ")) == POLICY
    assert "no-store" in answer.headers["Cache-Control"]


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(db, client: Client, django_user_model) -> None:
    django_user_model.objects.create_user("ada", password="a long passphrase")

    client.post("/accounts/login/", {"username": "ada", "password": "a long passphrase"})

    cookie = client.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
