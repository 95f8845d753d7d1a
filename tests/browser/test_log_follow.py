"""Follow mode as a reader meets it: new lines appear at the end, never under the eyes of somebody who reads."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.logs.log_lines import say

pytestmark = pytest.mark.browser


@pytest.fixture
def page(visitor_as: Callable[[str], Visitor]) -> Page:
    """The Logs page with enough lines to scroll."""
    visitor = visitor_as("Viewer")
    say(*(f"line {number}" for number in range(120)))
    visitor.page.set_viewport_size({"width": 1200, "height": 800})
    page = visitor.open("/logs/")
    expect(page.locator("#log-follow")).to_have_attribute("hx-trigger", "every 2s")
    return page


def distance_from_end(page: Page) -> float:
    return page.evaluate("(() => { const v = document.getElementById('log-view');"
                         " return v.scrollHeight - v.scrollTop - v.clientHeight; })()")  # fmt: skip


def test_a_reader_at_the_end_sees_new_lines_by_themselves(page: Page) -> None:
    assert distance_from_end(page) < 2

    say("<b>brand new</b>", level="ERROR")

    expect(page.get_by_text("<b>brand new</b>")).to_be_in_viewport()
    assert distance_from_end(page) < 2


def test_nothing_moves_for_a_reader_who_scrolled_up_and_a_button_leads_to_the_end(page: Page) -> None:
    page.evaluate("document.getElementById('log-view').scrollTop = 100")

    say("new one", "new two")

    button = page.get_by_role("button", name="2 new lines")
    expect(button).to_be_visible()
    assert page.evaluate("document.getElementById('log-view').scrollTop") == 100
    button.click()
    expect(page.get_by_text("new two")).to_be_in_viewport()
    expect(button).to_be_hidden()


def test_pausing_stops_asking_and_continuing_brings_what_was_missed(page: Page) -> None:
    asked: list[str] = []
    page.get_by_role("button", name="Pause").click()
    page.on("request", lambda request: asked.append(request.url))
    say("while paused")
    page.wait_for_timeout(2600)

    assert asked == []
    expect(page.get_by_text("Paused: new lines wait.")).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("while paused")).to_be_visible()


def test_the_filter_form_keeps_everything_in_the_address(page: Page) -> None:
    page.get_by_role("searchbox", name="Search", exact=True).fill("line 11")
    page.get_by_label("Level").select_option("INFO")
    page.get_by_role("button", name="Apply").click()

    expect(page).to_have_url(re.compile(r"q=line\+11"))
    expect(page).to_have_url(re.compile("level=INFO"))
    expect(page.locator("mark")).to_have_count(11)
