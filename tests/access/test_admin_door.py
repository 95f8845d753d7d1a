"""The administration's addresses for coming in and going out lead through the same door as the pages."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from intacct_usage.accounts.second_factor import begin
from intacct_usage.lib import clock
from tests.access.people import ADMIN, PASSWORD, is_in, sign_in
from tests.web.conftest import ClientAs


@pytest.fixture
def root(db) -> User:
    return User.objects.create_superuser("root", password=PASSWORD)


def test_it_lets_a_superuser_in(root: User, browser: Client) -> None:
    assert sign_in(browser, name="root", door=ADMIN).url == "/admin/"
    assert browser.get("/admin/").status_code == 200


def test_it_shows_the_products_own_page(db, browser: Client) -> None:
    page = browser.get(ADMIN)

    assert page.status_code == 200
    assert "accounts/sign_in.html" in [template.name for template in page.templates]


def test_it_asks_for_the_second_factor(root: User, browser: Client) -> None:
    factor = begin(root)
    factor.confirmed_at = clock.now()
    factor.save()

    answer = sign_in(browser, name="root", door=ADMIN)

    assert answer.url == "/accounts/login/code/"
    assert browser.get("/admin/").status_code == 302


@pytest.mark.parametrize("role", ["", "Viewer", "Operator", "Manager"])
def test_who_is_in_and_may_not_enter_is_told_so(client_as: ClientAs, role: str) -> None:
    client = client_as(role)

    first = client.get("/admin/")
    told = client.get(first.url)

    assert told.status_code == 403
    assert "The administration is for superusers." in told.content.decode()


def test_its_sign_out_is_the_same_and_needs_a_post(root: User, browser: Client) -> None:
    sign_in(browser, name="root")

    assert browser.get("/admin/logout/").status_code == 405
    assert browser.post("/admin/logout/").headers["Clear-Site-Data"] == '"cache", "storage"'
    assert not is_in(browser)


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_it_leads_to_no_other_site(root: User, browser: Client, target: str) -> None:
    answer = browser.post(ADMIN, {"username": "root", "password": PASSWORD, "next": target})

    assert answer.url == "/admin/"


def test_its_password_page_is_the_products(root: User, browser: Client) -> None:
    sign_in(browser, name="root")

    page = browser.get("/admin/password_change/")

    assert "accounts/change_password.html" in [template.name for template in page.templates]
