"""The first administrator, the second factor and the sessions in a real browser, accessible in light and dark."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from intacct_usage.accounts import totp
from intacct_usage.accounts.first_administrator import issue_token
from intacct_usage.lib import clock
from tests.browser.conftest import PASSWORD, Visitor

pytestmark = pytest.mark.browser

VisitorAs = Callable[[str], Visitor]


def test_the_printed_address_leads_to_the_first_steps(visitor_as: VisitorAs) -> None:
    visitor = visitor_as("Viewer")
    visitor.page.context.clear_cookies()
    token, _ = issue_token()

    page = visitor.open(f"/accounts/first-administrator/#{token}")
    assert (page.url.partition("#")[2], visitor.violations(), visitor.scrolls_sideways()) == ("", [], False)
    page.get_by_label("Username").fill("root")
    page.get_by_label("Password", exact=False).nth(0).fill(PASSWORD)
    page.get_by_label("Password confirmation").fill(PASSWORD)
    page.get_by_role("button", name="Make the account and sign in").click()

    expect(page).to_have_url(f"{visitor.site}/")
    expect(page.get_by_text("Enter the API credentials")).to_be_visible()


def test_a_second_factor_is_set_up_and_asked_for(visitor_as: VisitorAs, django_user_model) -> None:
    visitor = visitor_as("Viewer")
    user = django_user_model.objects.get()
    visitor.page.context.clear_cookies()
    page = visitor.open("/accounts/login/?next=/accounts/second-factor/")
    sign_in(visitor, user.username)

    page.get_by_role("textbox", name="Your password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    secret = page.locator("code.recovery-code").inner_text().replace(" ", "")
    assert (visitor.violations(), visitor.scrolls_sideways()) == ([], False)
    page.get_by_role("textbox", name="Code").fill(totp.code_at(secret, int(clock.now().timestamp()) // 30))
    page.get_by_role("button", name="Switch on").click()
    expect(page.locator("#recovery-codes li")).to_have_count(8)
    codes = page.locator("#recovery-codes li").all_inner_texts()
    assert (visitor.violations(), visitor.scrolls_sideways()) == ([], False)

    sign_out(visitor)
    visitor.open("/accounts/login/?next=/accounts/")
    sign_in(visitor, user.username)
    expect(page).to_have_url(f"{visitor.site}/accounts/login/code/")
    assert visitor.violations() == []
    page.get_by_role("textbox", name="Code").fill(codes[0])
    page.keyboard.press("Enter")
    expect(page.get_by_text("7 recovery codes left.")).to_be_visible()
    assert visitor.violations() == []


def test_a_manager_ends_the_session_of_somebody_else(visitor_as: VisitorAs) -> None:
    other, manager = visitor_as("Viewer"), visitor_as("Manager")
    other.open("/guide/")

    page = manager.open("/accounts/people/")
    assert (manager.violations(), manager.scrolls_sideways()) == ([], False)
    page.get_by_role("button", name=re.compile("End the session of someone-Viewer")).click()

    expect(page.get_by_text("The session of someone-Viewer is ended.")).to_be_visible()
    assert "/accounts/login/" in other.open("/guide/").url


def sign_in(visitor: Visitor, name: str) -> None:
    visitor.page.get_by_label("Username").fill(name)
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.page.get_by_role("button", name="Sign in").click()
    visitor.page.wait_for_load_state()


def sign_out(visitor: Visitor) -> None:
    visitor.page.locator("summary.tool-user").click()
    visitor.page.get_by_role("button", name="Sign out").click()
    expect(visitor.page).to_have_url(f"{visitor.site}/accounts/login/")
