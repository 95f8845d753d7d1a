"""The user guide's “Reports Tab”, “Logs” and the rest, each feature a step."""

import csv
import re
from pathlib import Path

import openpyxl
from playwright.sync_api import Page, expect

from tests.browser.conftest import SECONDS, Visitor

MAIL_SECONDS = 90 * SECONDS


def downloaded(page: Page, link: str, folder: Path) -> Path:
    with page.expect_download() as download:
        page.get_by_role("link", name=link).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def download_reports(visitor: Visitor, folder: Path) -> None:
    """The rows are counted before the download; filter and range go along."""
    page = visitor.open("/reports/")
    page.get_by_label("Filter", exact=True).select_option("UK Companies")
    page.get_by_role("button", name="Apply").click()
    expect(page).to_have_url(re.compile("filter="))
    page.wait_for_load_state()
    counted = [int(text.replace(",", "")) for text in page.locator(".download-rows strong").all_inner_texts()]

    detailed = list(csv.reader(downloaded(page, "Detailed as CSV", folder).open(encoding="utf-8-sig")))
    summary = openpyxl.load_workbook(downloaded(page, "Summary as XLSX", folder))
    exceptions = list(csv.reader(downloaded(page, "Exceptions as CSV", folder).open(encoding="utf-8-sig")))

    assert [len(detailed) - 1, summary["Summary"].max_row - 2, len(exceptions) - 1] == counted
    assert {row[3] for row in detailed[1:]} == {"UK Companies"}
    assert sum(int(row[8]) for row in detailed[1:]) == summary["Summary"].cell(counted[1] + 2, 5).value


def read_the_chart(visitor: Visitor) -> None:
    """Stacked and as a line, by range, as a table, to the keyboard; tooltip, table and CSV hold the same figures."""
    page = visitor.open("/reports/")
    page.get_by_role("link", name="Total line").click()
    page.locator("#chart summary").click()
    total = page.locator("#chart tbody tr").last.locator("td").last.inner_text()
    page.locator("#usage-chart").focus()
    page.keyboard.press("End")
    expect(page.locator("#usage-chart-said")).to_have_text(re.compile(rf"\(to date\): {re.escape(total)}$"))
    page.get_by_role("link", name="Last 3 months").click()
    expect(page).to_have_url(re.compile("preset=last-3-months"))
    page.get_by_label("From (first day)").fill("2026-01-01")
    page.get_by_role("button", name="Apply").click()
    expect(page).to_have_url(re.compile("from=2026-01-01"))


def read_the_breakdown(visitor: Visitor) -> None:
    """The rows add up to the total; the top lists lead to the companies."""
    page = visitor.open("/reports/")
    figures = [int(text.replace(",", "")) for text in page.locator("#breakdown tr td:nth-child(5)").all_inner_texts()]
    assert len(figures) == 4
    assert sum(figures[:-1]) == figures[-1] > 0
    page.locator("section", has=page.locator("#top-companies")).get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Partners (sender IDs)")).to_be_visible()


def send_reports(visitor: Visitor) -> None:
    """The preview names subject and recipients; each configuration's result comes by itself."""
    page = visitor.open("/reports/send/")
    page.get_by_label("Exceptions").check()
    page.get_by_label(re.compile("^Finance")).check()
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview")).to_contain_text("finance@example.com")
    page.get_by_role("button", name="Send Reports").click()
    expect(page.get_by_role("table")).to_contain_text("Sent", timeout=MAIL_SECONDS)


def read_the_error_summary(visitor: Visitor) -> None:
    """A row opens the companies behind it."""
    page = visitor.open("/reports/")
    opener = page.get_by_role("button", name=re.compile("sign-in refused", re.IGNORECASE)).first
    opener.click()
    expect(opener).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#errors").get_by_role("link", name="US_WrongPassword")).to_be_visible()


def read_the_logs(visitor: Visitor, folder: Path, run: int) -> None:
    """The guide's lines stand there; level, search and run narrow the view, and the download is that view."""
    page = visitor.open(f"/logs/?run={run}")
    for line in ("Running query: All Filters (INCREMENTAL)", "Mode: INCREMENTAL (top-up from last date)"):
        expect(page.get_by_text(line).first).to_be_attached()
    page.get_by_role("searchbox", name="Search", exact=True).fill("Initial fetch")
    page.get_by_label("Level").select_option("INFO")
    page.get_by_role("button", name="Apply").click()
    expect(page).to_have_url(re.compile("level=INFO"))
    page.wait_for_load_state()
    shown = page.locator("#log-lines > li").count()
    text = downloaded(page, "Download text", folder).read_text(encoding="utf-8")
    assert shown > 0
    assert text.count("Initial fetch (no existing data)") == len(text.splitlines()) == shown


def read_guide_and_about(visitor: Visitor) -> None:
    page = visitor.open("/guide/")
    page.get_by_label("Search the guide").fill("top-up")
    expect(page.locator("#guide-found")).to_contain_text("found")
    visitor.open("/about/")
    expect(page.get_by_role("definition").first).to_be_visible()
    expect(page.locator("main")).to_contain_text("alive")


def clear_all(visitor: Visitor) -> None:
    """The consequences in numbers, the word typed, and all of it back from the archive."""
    page = visitor.open("/configuration/companies/clear/")
    expect(page.locator(".consequence")).to_contain_text("can be restored until then")
    expect(page.get_by_role("link", name="Cancel")).to_be_focused()
    page.get_by_label("Type “clear all” to go on").fill("clear all")
    page.get_by_role("button", name="Clear All").click()
    expect(page.get_by_role("heading", name="Removed companies")).to_be_visible(timeout=MAIL_SECONDS)
    page.get_by_label("Select this page").check()
    page.get_by_role("button", name="Restore", exact=True).click()
    expect(page.locator(".toast-note")).to_contain_text("Restored", timeout=MAIL_SECONDS)
