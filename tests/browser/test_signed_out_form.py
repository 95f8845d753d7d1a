"""A form that was open longer than the session keeps what was typed, and is sent once its writer is back."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from intacct_usage.accounts.models import SignInSession
from scheduling.models import Schedule
from tests.browser.conftest import PASSWORD, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_what_was_typed_survives_the_end_of_the_session(visitor_as: Callable[[str], Visitor]) -> None:
    visitor = visitor_as("Manager")
    user = User.objects.get()
    page = visitor.page
    page.context.clear_cookies()
    sign_in(visitor, "/schedules/new/")
    page.get_by_label("Schedule Name").fill("Typed for half an hour")
    SignInSession.objects.all().delete()
    page.get_by_label("Schedule Name").press("Tab")  # asks for the preview of the next runs
    expect(page.get_by_role("alert")).to_contain_text("What you typed is still here.")

    page.get_by_role("button", name="Save Schedule").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was sent.")
    assert visitor.violations("light") == []
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in in a new tab").click()
    opened.value.get_by_label("Username").fill(user.username)
    opened.value.get_by_label("Password").fill(PASSWORD)
    opened.value.get_by_role("button", name="Sign in").click()
    opened.value.wait_for_url(f"{visitor.site}/**")
    page.get_by_role("button", name="Save Schedule").click()
    expect(page.locator("[data-reminder]")).to_contain_text("Typed for half an hour is saved but disabled.")

    assert Schedule.objects.get().name == "Typed for half an hour"
    visitor.complaints[:] = [text for text in visitor.complaints if "status of 401" not in text]


def sign_in(visitor: Visitor, page: str) -> None:
    visitor.open(f"/accounts/login/?next={page}")
    visitor.page.get_by_label("Username").fill("someone-Manager")
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.page.get_by_role("button", name="Sign in").click()
    visitor.page.wait_for_url(f"{visitor.site}{page}")
