"""Who may open what. A route that no rule names fails here."""

import pytest
from django.test import Client

from intacct_usage.lib.access import Right
from intacct_usage.roles import ROLES
from tests.factories import make_company
from tests.web.conftest import ClientAs
from tests.web.routes import routes

FOR_STRANGERS = {
    "accounts/login/",
    "accounts/login/code/",
    "accounts/first-administrator/",
    "accounts/entra/",
    "accounts/entra/callback/",
    "healthz",
    "readyz",
    "metrics",
}
FOR_EVERY_ACCOUNT = {
    "guide/",
    "about/",
    "accounts/",
    "accounts/logout/",
    "accounts/still-here/",
    "accounts/password/",
    "accounts/second-factor/",
    "accounts/second-factor/confirm/",
    "accounts/second-factor/codes/",
    "accounts/second-factor/off/",
    "accounts/sessions/end/",
}
PAGES = {
    "/": Right.VIEW_REPORTS,
    "/reports/": Right.VIEW_REPORTS,
    "/reports/download/summary.csv": Right.VIEW_REPORTS,
    "/reports/download/exceptions.xlsx": Right.VIEW_REPORTS,
    "/reports/usage-by-month.csv": Right.VIEW_REPORTS,
    "/companies/1/": Right.VIEW_REPORTS,
}


def test_every_route_has_a_right_or_is_named_here() -> None:
    unruled = [
        route.address
        for route in routes()
        if not hasattr(route.view, "required_right") and route.address not in FOR_STRANGERS | FOR_EVERY_ACCOUNT
    ]

    assert unruled == []


def test_every_other_route_sends_a_stranger_to_the_sign_in(db) -> None:
    client = Client()
    addresses = [f"/{route.address}" for route in routes() if route.address not in FOR_STRANGERS]

    open_to_strangers = [
        address for address in addresses if "<" not in address and client.get(address).status_code != 302
    ]

    assert len(addresses) > 5
    assert open_to_strangers == []


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("role", [*ROLES, ""])
def test_a_page_opens_for_those_who_have_its_right(client_as: ClientAs, role: str, address: str) -> None:
    make_company(pk=1)

    answer = client_as(role).get(address)

    assert answer.status_code == (200 if PAGES[address] in ROLES.get(role, ()) else 403)


@pytest.mark.parametrize("address", [*PAGES, "/guide/", "/about/"])
def test_reading_pages_refuse_every_method_that_changes_something(client_as: ClientAs, address: str) -> None:
    client = client_as("superuser")

    assert [getattr(client, method)(address).status_code for method in ("post", "put", "delete")] == [405] * 3


def test_a_refusal_names_the_right_that_is_missing(client_as: ClientAs) -> None:
    answer = client_as("").get("/reports/")

    assert "This needs the right “See the overview, reports, downloads, schedules and runs”." in answer.content.decode()


def test_an_inactive_account_is_signed_out(client_as: ClientAs, django_user_model) -> None:
    client = client_as("Viewer")
    django_user_model.objects.update(is_active=False)

    assert client.get("/reports/").status_code == 302
