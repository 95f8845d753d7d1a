"""Password managers and the clipboard work: every password field takes what is pasted and says what kind it is."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from intacct_usage.accounts.first_administrator import issue_token
from tests.browser.conftest import Visitor
from tests.browser.test_all_pages import ALWAYS

pytestmark = pytest.mark.browser

VisitorAs = Callable[[str], Visitor]

SECRET = "Päste-m3 “every” character \\ <b>&amp;"
CURRENT, NEW = "current-password", "new-password"
SIGNED_OUT = {
    "/accounts/login/": {"password": CURRENT},
    "/accounts/first-administrator/": {"password1": NEW, "password2": NEW},
}
SIGNED_IN = {
    "/configuration/": {
        "credentials-sender_password": NEW,
        "credentials-user_password": NEW,
        "proxy-password": NEW,
        "source-token": NEW,
    },
    "/notifications/add/smtp/": {"secret": NEW},
    "/notifications/add/graph/": {"secret": NEW},
    "/accounts/password/": {"old_password": CURRENT, "new_password1": NEW, "new_password2": NEW},
    "/accounts/second-factor/": {"password": CURRENT},
    "/admin/auth/user/add/": {"password1": NEW, "password2": NEW},
}


def copy(page: Page, text: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", text)


def paste_into_passwords(page: Page) -> Iterator[tuple[str, str]]:
    """Name and `autocomplete` of each password field of the page, after something was pasted into it."""
    for field in page.locator("input[type=password]").all():
        field.focus()
        page.keyboard.press("Control+V")
        expect(field).to_have_value(SECRET)
        yield str(field.get_attribute("name")), str(field.get_attribute("autocomplete"))


def fields_of(visitor: Visitor, addresses: list[str]) -> dict[str, dict[str, str]]:
    """The pages among these that have password fields."""
    found = {}
    for address in addresses:
        page = visitor.open(address)
        found[address] = dict(paste_into_passwords(page))
    return {address: fields for address, fields in found.items() if fields}


def with_clipboard(visitor: Visitor) -> Visitor:
    visitor.page.on("dialog", lambda dialog: dialog.accept())  # leaving what was pasted asks
    copy(visitor.open("/about/"), SECRET)
    return visitor


def test_every_password_field_takes_a_paste_and_names_its_kind(visitor_as: VisitorAs) -> None:
    visitor = with_clipboard(visitor_as("superuser"))
    pages = [addresses[0] for addresses in ALWAYS.values()]

    found = fields_of(visitor, list(dict.fromkeys([*pages, *SIGNED_IN])))
    visitor.complaints[:] = [text for text in visitor.complaints if "status of 40" not in text]

    assert found == SIGNED_IN


def test_the_fields_of_people_who_are_not_signed_in_do_too(visitor_as: VisitorAs) -> None:
    issue_token()
    visitor = with_clipboard(visitor_as("Viewer"))
    visitor.page.context.clear_cookies()

    found = fields_of(visitor, list(SIGNED_OUT))

    assert found == SIGNED_OUT


def test_names_and_codes_are_filled_in_by_the_browser_where_it_knows_them(visitor_as: VisitorAs) -> None:
    """And the names of other systems are not: they belong to nobody who sits here."""
    visitor = visitor_as("Manager")
    expected = {
        "/accounts/login/": {"username": "username"},
        "/configuration/": {"credentials-user_id": "off", "proxy-username": "off"},
        "/notifications/add/smtp/": {"username": "off"},
    }
    found = {}
    for address, fields in reversed(expected.items()):
        if address == "/accounts/login/":
            visitor.page.context.clear_cookies()
        page = visitor.open(address)
        found[address] = {name: page.locator(f"[name={name}]").get_attribute("autocomplete") for name in fields}

    assert found == expected
