"""The user guide's “Schedules Tab”, each feature a step."""

import re

from playwright.sync_api import Page, expect

from intacct_usage.lib import clock
from intacct_usage.simulator.suite import SimulatorSuite
from tests.browser.conftest import SECONDS, Visitor
from tests.browser.steps_of_set_up import toast
from tests.browser.suite import said_while_unanswered
from tests.holding import held_up

NEXT_YEAR = clock.now().year + 1
KINDS = {
    "One-off": ("#id_one_off_at", f"{NEXT_YEAR}-03-01T09:00", f"1 Mar {NEXT_YEAR}"),
    "Interval": ("#id_interval_every", "6", "Every 6 hours"),
    "Weekly": ("#id_at", "04:15", "04:15"),
    "Monthly": ("#id_at", "05:45", "05:45"),
    "Custom (cron)": ("#id_cron", "30 3 * * 1-5", "03:30"),
    "Daily": ("#id_at", "02:30", "02:30"),
}
RUN_SECONDS = 120 * SECONDS
ANSWERED = 12  # functions: some companies are done, some remain


def row_of(page: Page, name: str):
    return page.locator("[data-row]").filter(has=page.get_by_role("link", name=name, exact=True))


def see_the_next_runs_of_every_kind(page: Page) -> None:
    """The server computes them while one types."""
    for kind, (field, value, shown) in KINDS.items():
        page.locator(".choice-segment", has_text=kind).first.click()
        if kind == "Weekly":
            page.get_by_label("Monday").check()
        page.locator(field).fill(value)
        expect(page.locator("#next-runs")).to_contain_text(shown)
    expect(page.locator("#next-runs .next-list li")).to_have_count(5)
    page.locator(".choice-segment", has_text="Custom (cron)").click()
    page.locator("#id_cron").fill("61 3 * * *")
    expect(page.locator("#next-runs .next-problems")).to_contain_text("minute")
    page.locator(".choice-segment", has_text="Daily").click()


def create_a_schedule(visitor: Visitor) -> None:
    """Saved disabled, with a reminder to enable it."""
    page = visitor.open("/schedules/")
    page.get_by_role("link", name="New schedule").or_(page.get_by_role("link", name="Create a schedule")).first.click()
    page.wait_for_load_state()
    page.get_by_label("Schedule Name").fill("Nightly")
    see_the_next_runs_of_every_kind(page)
    page.get_by_label("Reports Only").check()
    expect(page.get_by_label("Full Refresh", exact=True)).to_be_disabled()
    page.get_by_label("Reports Only").uncheck()
    for name in ("Finance", "Partners"):
        page.locator("#div_id_emails .switch-item", has_text=name).get_by_role("switch").check()
    page.get_by_label("Detailed").check()
    assert visitor.violations("light") == []
    page.get_by_role("button", name="Save Schedule").click()
    expect(page.locator("[data-reminder]")).to_contain_text("Nightly is saved but disabled.")
    expect(row_of(page, "Nightly")).to_contain_text("Disabled")


def enable_it(visitor: Visitor) -> None:
    """By the reminder's switch; then Edit and Delete are locked, with the reason in words."""
    page = visitor.open("/schedules/")
    page.get_by_role("switch", name="Enable Nightly").click()
    toast(page, "“Nightly” is enabled.")
    row = row_of(page, "Nightly")
    expect(row).to_contain_text("Pending")
    expect(row.get_by_role("button", name="Edit", exact=True)).to_be_disabled()
    expect(row.get_by_role("button", name="Delete", exact=True)).to_be_disabled()
    expect(row).to_contain_text("Locked while enabled.")


def run_it_now(visitor: Visitor, suite: SimulatorSuite) -> int:
    """The number of the run. Progress moves by itself in the list and on the run's page, until the sub-state tells
    of failed companies.
    """
    page = visitor.open("/schedules/")
    row, state = row_of(page, "Nightly"), page.locator("#run-state")
    with held_up(suite.gateway, answered=ANSWERED):
        row.get_by_role("button", name="Run now").click()
        expect(row).to_contain_text("Running")
        expect(row.locator(".progress-line").first).to_contain_text(
            re.compile(r"[1-9]\d* of \d+ companies"), timeout=RUN_SECONDS
        )
        row.get_by_role("link", name=re.compile(r"^Run \d+$")).click()
        expect(state).to_have_attribute("data-run-status", "running")
        assert visitor.violations("light", "dark") == []
    expect(state).to_have_attribute("data-run-status", "success", timeout=RUN_SECONDS)
    expect(state).to_contain_text("companies failed")
    return int(page.get_by_role("heading", level=1).inner_text().removeprefix("Run "))


def read_the_run(visitor: Visitor, number: int) -> None:
    """What became of each company, its mails and its log; without a reload."""
    page = visitor.page
    expect(page.locator("#run-after .plain-list li")).to_have_count(2)
    expect(page.locator("#run-after .plain-list")).not_to_contain_text("Queued", timeout=RUN_SECONDS)
    expect(page.locator("#run-after .plain-list")).to_contain_text("Sent")
    expect(page.locator(".log-tail")).to_contain_text(f"Run {number} ended: Success.")
    page.locator("#run-state").get_by_role("link").first.click()
    expect(page.get_by_role("table").filter(has_text="What became of each company")).to_contain_text("XL03000006")
    assert visitor.violations("light", "dark") == []


def retry_what_failed(visitor: Visitor, number: int) -> None:
    page = visitor.page
    page.get_by_role("button", name=re.compile(r"^Retry \d+ companies$")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Run {number + 1}")
    expect(page.locator("#run-state")).to_contain_text("Retry of")
    expect(page.locator("#run-state")).to_have_attribute("data-run-status", "error", timeout=RUN_SECONDS)


def stop_a_run(visitor: Visitor, suite: SimulatorSuite) -> None:
    """“Stopping…” is shown before the server answers, “Stopped” within seconds, though Intacct does not answer; the
    companies that were finished are kept.
    """
    page = visitor.open("/schedules/")
    row = row_of(page, "Nightly")
    with held_up(suite.gateway, answered=ANSWERED):
        row.get_by_role("button", name="Run now").click()
        expect(row.locator(".progress-line").first).to_be_visible(timeout=RUN_SECONDS)
        with said_while_unanswered(page, "**/stop/", "Stopping…"):
            row.get_by_role("button", name="Stop").evaluate("one => one.click()")
        expect(row).to_contain_text("Stopped", timeout=10 * SECONDS)


def disable_edit_and_delete(visitor: Visitor, number: int) -> None:
    page = visitor.open("/schedules/")
    row_of(page, "Nightly").get_by_role("button", name="Disable and edit").click()
    page.get_by_label("Schedule Name").fill("Every night")
    page.get_by_label("Full Refresh", exact=True).check()
    page.get_by_role("button", name="Save Schedule").click()
    row = row_of(page, "Every night")
    expect(row).to_contain_text("Full Refresh")
    row.get_by_role("link", name="Delete").click()
    expect(page.get_by_text("Stays: 3 past runs in the history")).to_be_visible()
    page.get_by_role("button", name="Delete schedule").click()
    expect(page.get_by_text("No schedule yet")).to_be_visible()
    visitor.open("/runs/")
    expect(page.get_by_role("link", name=f"Run {number}", exact=True)).to_be_visible()
