"""Pages that ask before they act: the focus starts on Cancel where something goes away, and Esc leads back as well."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.factories import make_company
from tests.operate.rows import make_schedule
from usage.models import Company

pytestmark = pytest.mark.browser

VisitorAs = Callable[[str], Visitor]
CLEAR = "/configuration/companies/clear/"
COUNT_WAYS_BACK = """() => {
  window.waysBack = 0;
  document.querySelector("[data-cancel]").addEventListener("click", (event) => {
    event.preventDefault();
    window.waysBack += 1;
  });
}"""


def ways_back(page: Page) -> int:
    """How often Cancel was taken; the page stays, so that nothing can be missed."""
    return int(page.evaluate("window.waysBack"))


def clear_all(visitor: Visitor) -> str:
    visitor.open(CLEAR)
    return "/configuration/#companies"


def delete_schedule(visitor: Visitor) -> str:
    visitor.open(f"/schedules/{make_schedule('Nightly').pk}/delete/")
    return "/schedules/"


def remove_company(visitor: Visitor) -> str:
    visitor.open("/configuration/companies/?q=UK").get_by_role("button", name="Remove UK_Acme").click()
    expect(visitor.page).to_have_url(re.compile("/remove/$"))
    return "/configuration/companies/?q=UK"


@pytest.mark.parametrize("go_to", [clear_all, delete_schedule, remove_company])
def test_the_focus_starts_on_cancel_and_esc_leads_back_and_nothing_happens(
    visitor_as: VisitorAs, go_to: Callable[[Visitor], str]
) -> None:
    make_company("UK_Acme")
    visitor = visitor_as("Manager")
    page, back = visitor.page, go_to(visitor)

    expect(page.get_by_role("link", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")

    expect(page).to_have_url(visitor.site + back)
    assert Company.objects.listed().count() == 1


def test_esc_leads_back_from_the_reason_for_skipping_too(visitor_as: VisitorAs) -> None:
    company = make_company("UK_Acme")
    visitor = visitor_as("Operator")
    page = visitor.open("/configuration/companies/")
    page.get_by_role("button", name="Skip UK_Acme").click()

    page.get_by_label("Reason").fill("On holiday")
    page.keyboard.press("Escape")

    expect(page).to_have_url(f"{visitor.site}/configuration/companies/")
    company.refresh_from_db()
    assert company.skipped_at is None


def test_esc_in_the_field_for_the_word_leads_back(visitor_as: VisitorAs) -> None:
    make_company()
    visitor = visitor_as("Manager")
    page = visitor.open(CLEAR)

    page.get_by_label("Type “clear all” to go on").fill("clear all")
    page.keyboard.press("Escape")

    expect(page).to_have_url(f"{visitor.site}/configuration/#companies")


def test_what_is_open_closes_before_esc_leads_back(visitor_as: VisitorAs) -> None:
    make_company()
    page = visitor_as("Manager").open(CLEAR)
    page.evaluate(COUNT_WAYS_BACK)
    menu, keys = page.locator("details[data-menu]").first, page.get_by_role("dialog", name="Keyboard shortcuts")

    menu.locator("summary").click()
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    page.keyboard.press("?")
    expect(keys).to_be_visible()
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    page.keyboard.press("/")
    page.keyboard.type("acme")
    page.keyboard.press("Escape")
    assert ways_back(page) == 0
    page.get_by_role("link", name="Cancel").focus()
    page.keyboard.press("Escape")

    assert ways_back(page) == 1


def test_esc_does_not_leave_while_the_answer_is_outstanding(visitor_as: VisitorAs) -> None:
    """What was sent cannot be called back; leaving would look as if it could."""
    make_company()
    page = visitor_as("Manager").open(CLEAR)
    page.evaluate(COUNT_WAYS_BACK)

    page.evaluate("document.querySelector('main form').dataset.sending = 'yes'")
    page.keyboard.press("Escape")

    assert ways_back(page) == 0
