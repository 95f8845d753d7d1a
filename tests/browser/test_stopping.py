"""Stop: the button says “Stopping…” before the server has answered, and the end shows without a reload."""

from collections.abc import Callable

import pytest
from django.utils.timezone import now
from playwright.sync_api import Page, expect

from scheduling.models import Occurrence
from tests.browser.conftest import Visitor
from tests.browser.suite import said_while_unanswered
from tests.factories import make_company
from tests.operate.rows import make_occurrence, make_run, make_schedule
from usage.models import CompanyFetch, FetchRun

pytestmark = pytest.mark.browser

VisitorAs = Callable[[str], Visitor]


@pytest.fixture
def run(transactional_db) -> FetchRun:
    """A run of a schedule that nobody works on, so that it goes on until it is stopped."""
    run = make_run(status="running", finished_at=None, companies_total=2)
    make_occurrence(make_schedule("Nightly"), "fetching", run=run, finished_at=None)
    for name in ("UK_one", "UK_two"):
        CompanyFetch.objects.create(run=run, company=make_company(name), status="running")
    return run


def mark(page: Page) -> None:
    """Put something on the page that a reload would take away."""
    page.evaluate("() => { window.neverReloaded = true; }")


def was_not_reloaded(page: Page) -> bool:
    return bool(page.evaluate("window.neverReloaded === true"))


@pytest.mark.parametrize("address", ["/schedules/", "/runs/{run.pk}/"])
def test_stop_says_so_at_once_and_then_the_end(visitor_as: VisitorAs, run: FetchRun, address: str) -> None:
    page = visitor_as("Operator").open(address.format(run=run))
    expect(page.locator("main").get_by_text("Running").first).to_be_visible()

    with said_while_unanswered(page, "**/stop/", "Stopping…"):
        page.get_by_role("button", name="Stop").evaluate("one => one.click()")

    expect(page.locator("main").get_by_text("Stopped").first).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    assert FetchRun.objects.get().status == "stopped"


def test_who_only_looks_on_sees_the_end_without_a_reload(visitor_as: VisitorAs, run: FetchRun) -> None:
    watcher = visitor_as("Viewer").open(f"/runs/{run.pk}/")
    mark(watcher)
    page = visitor_as("Operator").open(f"/runs/{run.pk}/")

    page.get_by_role("button", name="Stop").click()

    expect(watcher.locator("#run-state")).to_have_attribute("data-run-status", "stopped")
    assert was_not_reloaded(watcher)


@pytest.mark.parametrize(("address", "place"), [("/schedules/", "[data-row]"), ("/runs/{run.pk}/", "main")])
def test_a_stop_that_takes_its_time_is_shown_until_it_has_ended(
    visitor_as: VisitorAs, run: FetchRun, address: str, place: str
) -> None:
    page = visitor_as("Operator").open(address.format(run=run))
    shown = page.locator(place)
    mark(page)

    FetchRun.objects.update(stop_requested_at=now(), stop_requested_by="ada")
    expect(shown).to_contain_text("stopping…")
    expect(shown.get_by_role("button", name="Stopping…")).to_be_disabled()
    FetchRun.objects.update(status="stopped", finished_at=now())
    Occurrence.objects.update(state="stopped", finished_at=now())

    expect(shown).to_contain_text("Stopped")
    expect(shown).not_to_contain_text("stopping…")
    assert was_not_reloaded(page)
