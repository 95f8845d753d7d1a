"""Signing in, out, and changing the password."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.web.conftest import ClientAs

PASSWORD = "correct horse battery staple"


@pytest.fixture
def user(db, settings) -> User:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return User.objects.create_user("ada", password=PASSWORD)


def sign_in(client: Client, **fields: str) -> "object":
    return client.post("/accounts/login/", {"username": "ada", "password": PASSWORD, **fields})


def test_the_right_password_leads_to_the_page_that_was_asked_for(client: Client, user: User) -> None:
    asked = client.get("/reports/?filter=Other")

    answer = sign_in(client, next="/reports/?filter=Other")

    assert asked.url == "/accounts/login/?next=/reports/%3Ffilter%3DOther"
    assert (answer.status_code, answer.url) == (302, "/reports/?filter=Other")


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_signing_in_never_leads_to_another_site(client: Client, user: User, target: str) -> None:
    assert sign_in(client, next=target).url == "/"


def test_a_wrong_password_and_an_unknown_user_are_told_the_same(client: Client, user: User) -> None:
    wrong = sign_in(client, password="wrong")
    unknown = sign_in(client, username="nobody")

    message = "Please enter a correct username and password."
    assert message in wrong.content.decode()
    assert message in unknown.content.decode()


def test_a_new_session_key_is_given_at_sign_in(client: Client, user: User) -> None:
    client.session.save()
    before = client.session.session_key

    sign_in(client)

    assert client.session.session_key != before


def test_signing_out_needs_a_post_and_ends_the_session(client_as: ClientAs) -> None:
    client = client_as("Viewer")

    assert client.get("/accounts/logout/").status_code == 405
    assert client.post("/accounts/logout/").url == "/accounts/login/"
    assert client.get("/reports/").status_code == 302


def test_a_changed_password_ends_the_other_sessions_and_keeps_this_one(user: User) -> None:
    here, elsewhere = Client(), Client()
    sign_in(here)
    sign_in(elsewhere)

    here.post(
        "/accounts/password/",
        {
            "old_password": PASSWORD,
            "new_password1": "another long passphrase",
            "new_password2": "another long passphrase",
        },
    )

    assert (here.get("/about/").status_code, elsewhere.get("/about/").status_code) == (200, 302)


def test_a_refused_password_change_lists_the_reasons_first(client: Client, user: User) -> None:
    sign_in(client)

    page = client.post("/accounts/password/", {"old_password": "x", "new_password1": "short", "new_password2": "short"})

    assert "Your password is as before." in page.content.decode()
    assert "This password is too short. It must contain at least 12 characters." in page.content.decode()


def test_a_script_of_a_signed_out_page_is_told_where_to_sign_in(db, client: Client) -> None:
    fragment = client.get(
        "/reports/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/reports/?a=1"}
    )
    data = client.get("/reports/", headers={"Accept": "application/json"})

    assert fragment.headers["HX-Redirect"] == "/accounts/login/?next=%2Freports%2F%3Fa%3D1"
    assert (data.status_code, data.json()["error"]) == (401, "signed out")
