"""The shell of every page, the sign-in and what moves on the pages: by keyboard, narrow, without scripts."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Visitor
from tests.web.full_site import fill_site
from usage.models import Company

pytestmark = pytest.mark.browser

VisitorAs = Callable[[str], Visitor]


def test_refusals_and_missing_pages_are_accessible_too(visitor_as: VisitorAs) -> None:
    visitor = visitor_as("Viewer")
    found = []

    for address in ("/no/such/page/", "/reports/?from=2026-02-02&to=2026-01-01"):
        visitor.open(address)
        found += visitor.violations()
    visitor.complaints[:] = [text for text in visitor.complaints if "status of 40" not in text]

    assert found == []


def test_the_sign_in_page_works_with_the_keyboard_alone(visitor_as: VisitorAs, django_user_model) -> None:
    visitor = visitor_as("Viewer")
    django_user_model.objects.create_user("ada", password="a long passphrase")
    visitor.page.context.clear_cookies()

    page = visitor.open("/accounts/login/?next=/guide/")
    assert visitor.violations() == []
    page.keyboard.type("ada")
    page.keyboard.press("Tab")
    page.keyboard.type("a long passphrase")
    page.keyboard.press("Enter")

    expect(page).to_have_url(visitor.site + "/guide/")


def test_the_first_tab_stop_leads_to_the_content(visitor_as: VisitorAs) -> None:
    page = visitor_as("Viewer").open("/about/")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("main")).to_be_focused()


def test_a_chosen_theme_stays_and_the_system_is_the_default(visitor_as: VisitorAs) -> None:
    visitor = visitor_as("Viewer")
    visitor.page.emulate_media(color_scheme="dark")
    page = visitor.open("/about/")
    root = page.locator("html")
    expect(root).to_have_attribute("data-bs-theme", "dark")

    page.locator("summary[aria-label=Theme]").click()
    page.get_by_label("Light").check()

    expect(root).to_have_attribute("data-bs-theme", "light")
    visitor.open("/guide/")
    expect(root).to_have_attribute("data-bs-theme", "light")


def test_the_chart_reads_its_months_to_the_arrow_keys(visitor_as: VisitorAs) -> None:
    fill_site()
    page = visitor_as("Viewer").open("/reports/")
    said = page.locator("#usage-chart-said")

    page.locator("#usage-chart").focus()
    page.keyboard.press("End")
    expect(said).to_contain_text("(to date): 9, UK")
    page.keyboard.press("Home")

    expect(said).to_contain_text(": 9, UK")
    expect(said).not_to_contain_text("to date")


@pytest.mark.parametrize(
    ("gateway", "address", "name"),
    [
        ("https://api.intacct.com/ia/xml/xmlgw.phtml", "/reports/", "intacct-usage-by-month"),
        ("http://127.0.0.1:9/gateway", "/reports/", "intacct-usage-by-month_demo"),
        ("http://127.0.0.1:9/gateway", "/", "intacct-usage-by-month_demo"),
        ("http://127.0.0.1:9/gateway", "/companies/{pk}/", "intacct-usage-by-month_uk-one_demo"),
    ],
)
def test_a_chart_is_saved_as_a_picture_and_as_figures(
    visitor_as: VisitorAs, settings, tmp_path, gateway: str, address: str, name: str
) -> None:
    fill_site()
    settings.INTACCT_ENDPOINT_URL = gateway
    page = visitor_as("Viewer").open(address.format(pk=Company.objects.get(intacct_id="UK_one").pk))
    tools = page.locator(".chart-tools")

    with page.expect_download() as picture:
        tools.get_by_role("button", name="PNG").click()
    with page.expect_download() as figures:
        tools.get_by_role("link", name="CSV").click()

    picture.value.save_as(tmp_path / "chart.png")
    assert [one.value.suggested_filename for one in (picture, figures)] == [f"{name}.png", f"{name}.csv"]
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("address", ["/", "/companies/{pk}/"])
def test_a_chart_is_opened_as_a_table_by_keyboard(visitor_as: VisitorAs, address: str) -> None:
    fill_site()
    page = visitor_as("Viewer").open(address.format(pk=Company.objects.get(intacct_id="UK_one").pk))
    table = page.get_by_role("group", name="Usage by month as a table")
    expect(table).to_be_hidden()

    page.get_by_text("View as table").focus()
    page.keyboard.press("Enter")

    expect(table).to_contain_text("to date")


def test_an_error_opens_its_companies_by_keyboard(visitor_as: VisitorAs) -> None:
    fill_site()
    page = visitor_as("Viewer").open("/reports/")
    opener = page.get_by_role("button", name="User sign-in refused")
    link = page.locator("#errors").get_by_role("link", name="broken")
    expect(link).to_be_hidden()

    opener.focus()
    page.keyboard.press("Enter")

    expect(link).to_be_visible()
    expect(opener).to_have_attribute("aria-expanded", "true")


def test_a_time_tells_utc_and_its_age_on_focus(visitor_as: VisitorAs) -> None:
    fill_site()
    page = visitor_as("Viewer").open("/")

    page.locator("footer time").focus()

    expect(page.get_by_role("tooltip")).to_contain_text(" UTC · ")
    page.keyboard.press("Escape")
    expect(page.get_by_role("tooltip")).to_be_hidden()


def test_the_guide_is_searched_as_one_types(visitor_as: VisitorAs) -> None:
    page = visitor_as("Viewer").open("/guide/")

    page.get_by_label("Search the guide").fill("prefix longest")

    expect(page.locator("#guide-found")).to_have_text("1 part found")
    expect(page.locator("#query-filters")).to_be_visible()
    expect(page.locator("#smtp")).to_be_hidden()


def test_the_sections_fold_away_on_a_phone(visitor_as: VisitorAs) -> None:
    visitor = visitor_as("Viewer")
    visitor.page.set_viewport_size({"width": 320, "height": 600})
    page = visitor.open("/about/")
    link = page.locator("#site-tabs").get_by_role("link", name="Guide")
    expect(link).to_be_hidden()

    page.get_by_role("button", name="Menu").click()
    assert visitor.violations() == []
    link.click()

    expect(page).to_have_url(visitor.site + "/guide/")


def test_pages_work_without_scripts(visitor_as: VisitorAs, browser: Browser) -> None:
    fill_site()
    visitor = visitor_as("Viewer")
    window = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 700})
    window.add_cookies(visitor.page.context.cookies())
    page = window.new_page()

    page.goto(visitor.site + "/reports/")

    expect(page.locator("#site-tabs").get_by_role("link", name="Guide")).to_be_visible()
    expect(page.locator("#errors").get_by_role("link", name="broken")).to_be_visible()
    expect(page.get_by_role("button", name="PNG")).to_be_hidden()
    window.close()
