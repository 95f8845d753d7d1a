"""Pages that fetch say what is missing before anything can be fetched, lead there, and keep their buttons from it."""

import re

import pytest
from django.core.management import CommandError, call_command

from scheduling.parameters import REPORTS_ONLY
from tests.factories import make_company, make_failing_company
from tests.operate.rows import make_run, make_schedule
from tests.web.conftest import ClientAs
from tests.web.posting import post, said
from usage.models import ApiCredential, CompanyFetch

PAGES = ["/schedules/", "/schedules/1/", "/schedules/new/", "/schedules/1/edit/", "/companies/1/"]
BUTTONS = {
    "/schedules/": "Run now",
    "/schedules/1/": "Run now",
    "/companies/1/": "Fetch now",
    "/configuration/companies/": "Fetch now",
    "/runs/1/": "Retry",
    "/reports/": "Retry",
}


def fill() -> None:
    failing = make_failing_company(pk=1)
    make_schedule("Nightly", pk=1)
    CompanyFetch.objects.create(run=make_run(pk=1, companies_failed=1), company=failing, status="failed")


def banner_of(page: str) -> str:
    return " ".join(re.findall(r"data-fetch-needs>.*?</div>", page, re.DOTALL))


def is_disabled(page: str, words: str) -> bool:
    (button,) = re.findall(rf"<button ([^>]*)>(?:(?!</button>).)*{words}", page, re.DOTALL)
    return " disabled" in f" {button}"


@pytest.mark.parametrize("address", PAGES)
def test_a_page_without_credentials_leads_a_manager_to_them(client_as: ClientAs, address: str) -> None:
    fill()

    said_here = banner_of(client_as("Manager").get(address).content.decode())

    assert "<strong>No credentials configured.</strong>" in said_here
    assert 'href="/configuration/#credentials">Enter credentials</a>' in said_here
    assert "No companies loaded" not in said_here


@pytest.mark.parametrize("address", ["/schedules/", "/schedules/1/", "/companies/1/"])
def test_who_may_not_configure_is_sent_to_a_manager(client_as: ClientAs, address: str) -> None:
    fill()

    said_here = banner_of(client_as("Operator").get(address).content.decode())

    assert "Nothing can be fetched without them; ask a Manager." in said_here
    assert "/configuration/" not in said_here


def test_an_emptied_list_is_told_where_schedules_are(client_as: ClientAs) -> None:
    ApiCredential.objects.create(sender_id="s", user_id="u")
    make_company(removed_at="2026-01-01T00:00Z")
    make_schedule("Nightly", pk=1)

    page = client_as("Manager").get("/schedules/").content.decode()

    assert "No credentials configured" not in page
    assert 'href="/configuration/#companies">Load companies</a>' in banner_of(page)
    assert "Run now waits for companies." in page


@pytest.mark.parametrize("address", BUTTONS)
def test_a_button_that_fetches_waits_and_says_for_what(client_as: ClientAs, address: str) -> None:
    fill()
    client, words = client_as("Manager"), BUTTONS[address]

    without = client.get(address).content.decode()
    ApiCredential.objects.create(sender_id="s", user_id="u")
    after = client.get(address).content.decode()

    assert (is_disabled(without, words), is_disabled(after, words)) == (True, False)
    assert f"{words} waits for API credentials." in without
    assert "waits for" not in after
    assert banner_of(after) == ""


def test_reports_only_waits_for_nothing(client_as: ClientAs) -> None:
    make_company()
    make_schedule("Mail", pk=1, mode=REPORTS_ONLY)

    page = client_as("Manager").get("/schedules/1/").content.decode()

    assert not is_disabled(page, "Run now")
    assert "waits for" not in page


def test_a_form_sent_all_the_same_is_refused_without_a_command(client_as: ClientAs) -> None:
    fill()
    answer = post(client_as("Operator"), "/schedules/1/run/")

    assert said(answer) == ["No credentials configured. Enter the Intacct API credentials under Configuration first."]


@pytest.mark.parametrize("command", [["run_schedule", "Nightly"], ["fetch_usage"]])
def test_a_command_names_the_command(db, command: list[str]) -> None:
    fill()

    with pytest.raises(CommandError, match=r"\(or with `manage\.py set_credentials`\) first\."):
        call_command(*command)
