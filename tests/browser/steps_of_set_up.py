"""The user guide's “Getting Started” and “Configuration”, each feature a step: what a person does and then sees."""

import re

from playwright.sync_api import Page, expect

from intacct_usage.simulator.suite import SimulatorSuite
from tests.browser.conftest import Visitor


def toast(page: Page, text: str) -> None:
    expect(page.locator(".toast-note")).to_contain_text(text)


def fill_credentials(page: Page, suite: SimulatorSuite, user_password: str) -> None:
    (sender, sender_password), (user, _) = suite.first_sender, suite.first_user
    page.get_by_label("Sender ID").fill(sender)
    page.get_by_label("Sender Password", exact=True).fill(sender_password)
    page.get_by_label("User ID").fill(user)
    page.get_by_label("User Password", exact=True).fill(user_password)
    page.get_by_label("Company to sign in to").fill(suite.sign_in_company)
    page.get_by_role("button", name="Save Credentials").click()


def see_what_to_do_first(visitor: Visitor) -> None:
    page = visitor.open("/")
    expect(page.get_by_text("0 of 6 done")).to_be_visible()
    visitor.open("/schedules/")
    for missing in ("No credentials configured.", "No companies loaded.", "To mail reports it also needs"):
        expect(page.get_by_text(missing)).to_be_visible()


def enter_credentials(visitor: Visitor, suite: SimulatorSuite) -> None:
    """Wrong ones are refused and nothing is saved; right ones are tried and saved, and never shown again."""
    page = visitor.open("/configuration/")
    fill_credentials(page, suite, "not the password")
    expect(page.locator("#credentials [role=alert]")).to_contain_text("Nothing was saved")
    expect(page.get_by_label("User ID")).to_have_value(suite.first_user[0])

    fill_credentials(page, suite, suite.first_user[1])

    toast(page, "Intacct accepted the credentials")
    expect(page.get_by_label("User Password", exact=True)).to_have_value("")
    expect(page.locator("#credentials")).to_contain_text("Set on")


def set_up_the_proxy(visitor: Visitor, suite: SimulatorSuite) -> None:
    """Test names each hop; the switch turns it off and on without forgetting it."""
    page = visitor.open("/configuration/")
    proxy = page.locator("#proxy")
    for button in ("Test", "Save Proxy"):
        proxy.get_by_label("Proxy URL").fill(suite.endpoints.proxy_url)
        proxy.get_by_label("Username").fill(suite.scenario.proxy.username)
        proxy.get_by_label("Password", exact=True).fill(suite.scenario.proxy.password)
        proxy.get_by_role("button", name=button, exact=True).click()
        if button == "Test":
            expect(proxy).to_contain_text("The way to Intacct is open.")
    expect(proxy.locator(".card-head")).to_contain_text("On")
    proxy.get_by_role("button", name="Turn off").click()
    expect(proxy.locator(".card-head")).to_contain_text("Off, direct")
    proxy.get_by_role("button", name="Turn on").click()
    expect(proxy.locator(".card-head")).to_contain_text("On")


def load_companies(visitor: Visitor, suite: SimulatorSuite) -> None:
    """The preview tells what would change before anything does."""
    page = visitor.open("/configuration/")
    page.get_by_label("API URL").fill(suite.endpoints.companies_url)
    page.get_by_label("API Token", exact=True).fill(suite.scenario.companies_api.token)
    page.get_by_role("button", name="Load", exact=True).click()
    expect(page.get_by_role("heading", name="What would change")).to_be_visible()
    expect(page.locator(".counts div", has_text="New")).to_contain_text(str(suite.scenario.company_count))
    assert visitor.violations("light") == []
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("heading", name="Manage Companies / Instances")).to_be_visible()


def add_and_remove_a_company(visitor: Visitor) -> None:
    page = visitor.open("/configuration/companies/add/")
    page.get_by_label("Company IDs").fill("Added_by_hand")
    page.get_by_role("button", name="Add", exact=False).first.click()
    toast(page, "Added 1 company.")
    visitor.open("/configuration/companies/?q=Added_by_hand")
    page.get_by_role("button", name="Remove Added_by_hand").click()
    page.get_by_role("button", name=re.compile("^Remove")).click()
    toast(page, "Added_by_hand: removed")


def skip_and_unskip(visitor: Visitor) -> None:
    """By the list's search and ticks; the exceptions list shows them with the reason and takes them back."""
    page = visitor.open("/configuration/companies/")
    page.get_by_role("searchbox", name="Search", exact=True).fill("UK_")
    page.get_by_role("button", name="Apply").click()
    page.locator("[data-select-row]").nth(0).check()
    page.locator("[data-select-row]").nth(1).check()
    expect(page.locator("[data-selected]")).to_have_text(re.compile(r"^2 of \d+ selected$"))
    assert visitor.violations("light") == []
    page.get_by_role("button", name="Skip…").click()
    page.get_by_label("Reason").fill("Contract ends in May")
    page.get_by_role("button", name="Skip 2 companies").click()
    expect(page.get_by_role("heading", name="Skip: 2 of 2 companies")).to_be_visible()
    visitor.open("/configuration/exceptions/")
    expect(page.get_by_text("Contract ends in May")).to_have_count(2)
    page.get_by_role("button", name=re.compile("^Unskip .")).first.click()
    expect(page.get_by_text("Contract ends in May")).to_have_count(1)


def set_filters(visitor: Visitor) -> None:
    """How many companies a filter matches is told while one types; the order is the one that is saved."""
    page = visitor.open("/configuration/")
    page.locator("#id_filters-0-name").fill("UK Companies")
    page.locator("#id_filters-0-value").fill("UK_")
    expect(page.locator("#filters-0-count")).to_have_text(re.compile(r"matches \d+ companies"))
    page.get_by_role("button", name="Add Filter").click()
    page.locator("#id_filters-1-name").fill("Germany")
    page.locator("#id_filters-1-kind").select_option("glob")
    page.locator("#id_filters-1-value").fill("DE_*")
    page.locator("[data-filter-row]").nth(1).get_by_role("button", name="Move up").click()
    expect(page.locator("#filters-1-count")).to_have_text(re.compile(r"matches \d+ companies"))
    page.get_by_role("button", name="Save Filters").click()
    toast(page, "Saved 2 filters")


def fill_smtp(page: Page, suite: SimulatorSuite, port: int) -> None:
    page.get_by_label("Name*", exact=True).fill("Finance")
    page.get_by_label("SMTP host").fill(suite.endpoints.mail_host)
    page.locator("#id_port").fill(str(port))
    page.get_by_label("From Address").fill("usage@example.com")
    page.locator("#id_to").fill("Finance <finance@example.com>")
    page.get_by_role("button", name="Save Configuration").click()


def add_smtp_configuration(visitor: Visitor, suite: SimulatorSuite) -> None:
    """A failed test names the stage and saves nothing; a test mail that is accepted saves the configuration."""
    page = visitor.open("/notifications/")
    page.get_by_role("link", name="Add SMTP").click()
    page.wait_for_load_state()  # the scripts of the form are there
    page.get_by_label("Preset").select_option("relay")
    expect(page.locator("#id_port")).to_have_value("25")
    page.locator("#id_port").fill("465")
    expect(page.locator("#port-warning")).to_contain_text("Port 465 usually belongs to SSL/TLS")
    assert visitor.violations("light") == []

    fill_smtp(page, suite, 1)
    expect(page.get_by_role("alert")).to_contain_text("The test mail was not sent, so nothing was saved.")
    expect(page.locator("#id_to")).to_have_value("Finance <finance@example.com>")

    fill_smtp(page, suite, suite.endpoints.mail_port)
    expect(page.locator(".note-good")).to_contain_text("The test mail was sent through Finance")


def add_graph_configuration(visitor: Visitor, suite: SimulatorSuite) -> None:
    graph = suite.scenario.graph
    page = visitor.open("/notifications/add/graph/")
    page.get_by_label("Name*", exact=True).fill("Partners")
    page.get_by_label("Tenant ID").fill(graph.tenant_id)
    page.get_by_label("Client ID").fill(graph.client_id)
    page.get_by_label("Client Secret", exact=True).fill(graph.client_secret)
    page.get_by_label("From Address").fill(graph.mailboxes[0])
    page.locator("#id_to").fill("partners@example.com")
    page.get_by_role("button", name="Save Configuration").click()
    expect(page.locator(".note-good")).to_contain_text("The test mail was sent through Partners")


def copy_and_test_a_configuration(visitor: Visitor) -> None:
    """Save As New makes a second one under a new name; Test sends once more."""
    page = visitor.open("/notifications/")
    page.get_by_role("link", name="Edit Finance").click()
    page.get_by_label("Name*", exact=True).fill("Finance copy")
    page.get_by_role("button", name="Save As New").click()
    expect(page.locator(".note-good")).to_contain_text("The test mail was sent through Finance copy")
    visitor.open("/notifications/")
    page.get_by_role("button", name="Test Finance copy").click()
    expect(page.locator(".note-good")).to_contain_text("The test mail was sent through Finance copy")
    page.get_by_role("button", name="Delete Finance copy").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    toast(page, "is deleted")
