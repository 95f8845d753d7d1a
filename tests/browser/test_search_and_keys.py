"""The search of every page and its keys, which can be switched off."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.factories import make_company

pytestmark = pytest.mark.browser
VisitorAs = Callable[[str], Visitor]


def test_a_company_is_found_from_any_page_without_the_mouse(visitor_as: VisitorAs) -> None:
    company = make_company("UK_Acme", name="Acme Limited")
    visitor = visitor_as("Viewer")
    page = visitor.open("/guide/")

    page.keyboard.press("/")
    expect(page.get_by_label("Search companies, schedules, runs")).to_be_focused()
    page.keyboard.type("acme")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="UK_Acme").click()

    expect(page).to_have_url(f"{visitor.site}/companies/{company.pk}/")


def test_on_a_phone_the_key_and_the_sign_lead_to_the_page_of_the_search(visitor_as: VisitorAs) -> None:
    visitor = visitor_as("Viewer")
    visitor.page.set_viewport_size({"width": 320, "height": 600})
    page = visitor.open("/about/")

    page.keyboard.press("/")
    expect(page.get_by_role("heading", name="Search")).to_be_visible()
    page.keyboard.press("/")

    expect(page.get_by_label("Search for")).to_be_focused()


def test_the_list_of_keys_opens_closes_and_switches_them_off(visitor_as: VisitorAs) -> None:
    visitor = visitor_as("Viewer")
    page = visitor.open("/about/")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")

    page.keyboard.press("?")
    expect(dialog).to_be_visible()
    assert visitor.violations() == []
    page.get_by_label("work on every page").uncheck()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    visitor.open("/guide/")
    page.keyboard.press("?")
    expect(dialog).to_be_hidden()
    page.locator("summary.tool-user").click()
    page.get_by_role("button", name="Keyboard shortcuts").click()

    expect(dialog).to_be_visible()


def test_a_field_takes_the_keys_as_text(visitor_as: VisitorAs) -> None:
    page = visitor_as("Viewer").open("/guide/")

    page.get_by_label("Search the guide").focus()
    page.keyboard.type("/?")

    expect(page.get_by_label("Search the guide")).to_have_value("/?")
    expect(page.get_by_role("dialog")).to_be_hidden()
