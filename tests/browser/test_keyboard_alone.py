"""What people do with much at stake, done without a mouse: every step begins where Tab leads."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from intacct_usage.simulator.mail import MailSink
from notifications.models import EmailConfiguration
from tests.browser.conftest import Visitor
from tests.factories import make_company
from tests.notifications.mailing import allow
from tests.operate.rows import make_run
from usage.api_credentials import ApiCredential
from usage.models import Company, CompanyFetch

pytestmark = pytest.mark.browser

VisitorAs = Callable[[str], Visitor]
MOST_STOPS = 150


def tab_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """Press Tab until the focus is there, and see that it shows."""
    expect(target).to_be_visible()
    for _ in range(MOST_STOPS):
        if target.evaluate("one => one === document.activeElement"):
            assert target.evaluate("one => one.matches(':focus-visible')")
            return
        page.keyboard.press(key)
    raise AssertionError(f"{MOST_STOPS} stops did not lead to {target}")


def write(page: Page, label: str, text: str) -> None:
    tab_to(page, page.get_by_label(label, exact=True))
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def press(page: Page, role: str, name: str) -> None:
    tab_to(page, page.get_by_role(role, name=name))
    page.keyboard.press("Enter")


def fill_in(page: Page, sink: MailSink) -> None:
    write(page, "Name*", "Finance")
    write(page, "SMTP host*", "127.0.0.1")
    tab_to(page, page.locator("#id_security"))
    page.keyboard.type("None")
    expect(page.locator("#id_security")).to_have_value("none")
    write(page, "Port*", str(sink.port))
    write(page, "From Address*", "usage@example.com")
    write(page, "To*", "finance@example.com")


def test_an_email_configuration_is_tested_and_saved(visitor_as: VisitorAs, settings, tmp_path: Path) -> None:
    visitor = visitor_as("Manager")
    page = visitor.open("/notifications/")

    press(page, "link", "Add SMTP")
    expect(page).to_have_url(f"{visitor.site}/notifications/add/smtp/")
    page.wait_for_load_state()
    with MailSink(tmp_path / "mail") as sink:
        fill_in(page, sink)
        press(page, "button", "Save Configuration")
        expect(page.get_by_role("alert")).to_contain_text("The test mail was not sent, so nothing was saved.")
        page.wait_for_load_state()
        allow(settings, sink.address)
        press(page, "button", "Save Configuration")
        expect(page.locator(".note-good")).to_contain_text("The test mail was sent through Finance")
        received = len(sink.messages())

    assert received == 1
    assert EmailConfiguration.objects.get().to == "finance@example.com"


def test_a_refused_configuration_is_mended(visitor_as: VisitorAs) -> None:
    """The focus is on the summary of what is wrong, whose links lead into the fields."""
    page = visitor_as("Manager").open("/notifications/add/smtp/")
    page.wait_for_load_state()

    write(page, "SMTP host*", "mail.example.com")
    press(page, "button", "Save Configuration")
    summary = page.locator("[data-error-summary]")
    expect(summary).to_be_focused()
    tab_to(page, summary.get_by_role("link").filter(has_text="Name").first)
    page.keyboard.press("Enter")

    expect(page.get_by_label("Name*", exact=True)).to_be_focused()
    expect(page.get_by_label("SMTP host*", exact=True)).to_have_value("mail.example.com")


def test_the_companies_that_failed_are_fetched_again(visitor_as: VisitorAs) -> None:
    ApiCredential.objects.create(sender_id="partner", user_id="reader")
    ended = make_run(companies_total=2, companies_failed=1)
    for name, status in (("UK_Good", "done"), ("UK_Broken", "failed")):
        CompanyFetch.objects.create(run=ended, company=make_company(name), status=status, finished_at=ended.finished_at)
    visitor = visitor_as("Operator")
    page = visitor.open(f"/runs/{ended.pk}/")

    press(page, "link", "1")
    expect(page).to_have_url(f"{visitor.site}/runs/{ended.pk}/?status=failed#companies")
    expect(page.locator("#companies tbody tr")).to_have_count(1)
    press(page, "button", "Retry 1 company")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Run {ended.pk + 1}")

    expect(page.locator("#run-state")).to_contain_text(f"Run {ended.pk}")


def test_clear_all_and_back_again(visitor_as: VisitorAs) -> None:
    make_company("UK_Acme")
    visitor = visitor_as("Manager")
    page = visitor.open("/configuration/")

    press(page, "link", "Clear All…")
    expect(page.get_by_role("link", name="Cancel")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{visitor.site}/configuration/#companies")
    press(page, "link", "Clear All…")
    expect(page.get_by_role("link", name="Cancel")).to_be_focused()
    tab_to(page, page.get_by_role("button", name="Clear All"))
    page.keyboard.press("Enter")
    expect(page.locator("[data-error-summary]")).to_be_focused()
    kept = Company.objects.listed().count()
    write(page, "Type “clear all” to go on*", "clear all")
    page.keyboard.press("Enter")
    expect(page.locator(".toast-note")).to_contain_text("Removed 1 company and 0 records.")
    gone = Company.objects.listed().count()
    press(page, "button", "Restore UK_Acme")
    expect(page.locator(".toast-note")).to_contain_text("Restored 1 company")

    assert (kept, gone, Company.objects.listed().count()) == (1, 0, 1)
