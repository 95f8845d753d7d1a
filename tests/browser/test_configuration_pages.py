"""Lists with a selection, worked by the keyboard alone."""

from collections.abc import Callable

import pytest

from tests.browser.conftest import Visitor
from tests.factories import make_company

pytestmark = pytest.mark.browser


def test_a_page_is_worked_by_the_keyboard_alone(visitor_as: Callable[[str], Visitor]) -> None:
    company = make_company("UK_Acme")
    page = visitor_as("Operator").open("/configuration/companies/")

    page.locator("[data-select-row]").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Skip…").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/skip/")
    page.get_by_label("Reason").focus()
    page.keyboard.type("On holiday")
    page.keyboard.press("Enter")
    page.wait_for_url("**/configuration/companies/")

    company.refresh_from_db()
    assert company.skip_reason == "On holiday"
