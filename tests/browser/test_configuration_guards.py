"""What guards a configuration: undo, the question before leaving with unsaved changes and before deleting."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from notifications.models import EmailConfiguration
from tests.browser.conftest import Visitor
from usage.models import QueryFilter

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_removed_filter_row_comes_back_by_undo_and_leaving_asks(visitor_as: Callable[[str], Visitor], db) -> None:
    QueryFilter.objects.create(name="UK", value="UK_")
    visitor, asked = visitor_as("Manager"), []
    page = visitor.open("/configuration/")
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))

    page.get_by_role("button", name="Remove filter").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#id_filters-0-name")).to_be_focused()
    page.get_by_role("link", name="Guide", exact=True).first.click()
    page.wait_for_url("**/guide/**")

    assert asked == ["beforeunload"]
    assert QueryFilter.objects.count() == 1


def test_a_configuration_is_deleted_only_after_the_question(visitor_as: Callable[[str], Visitor], db) -> None:
    EmailConfiguration.objects.create(
        name="Finance", host="mail.example.com", from_address="a@b.example", to="c@d.example"
    )
    page = visitor_as("Manager").open("/notifications/")

    page.get_by_role("button", name="Delete Finance").click()
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    for _ in range(4):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.matches('dialog *, body')")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Delete Finance")).to_be_focused()
    kept = EmailConfiguration.objects.count()
    page.get_by_role("button", name="Delete Finance").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator(".toast-note")).to_contain_text("is deleted")

    assert (kept, EmailConfiguration.objects.count()) == (1, 0)
