"""The Overview: first steps from real data, this month against the last, what fails and what runs."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from intacct_usage import overview
from intacct_usage.lib import clock
from intacct_usage.lib.demo_data import is_demo
from tests.factories import make_company, make_failing_company, make_filter, make_records
from tests.web.conftest import ClientAs
from usage.models import ApiCredential, FetchRun

NOON = datetime(2026, 3, 30, 12, tzinfo=UTC)


def steps_done() -> list[str]:
    return [step.title for step in overview.first_steps(overview.company_figures()) if step.done]


def test_an_empty_installation_shows_every_step_open(client_as: ClientAs) -> None:
    page = client_as("Manager").get("/").content.decode()

    assert "0 of 6 done" in page
    assert "No usage yet" in page


def test_steps_are_done_when_their_rows_exist(db) -> None:
    ApiCredential.objects.create(sender_id="s", user_id="u")
    make_company()
    make_filter()

    assert steps_done() == ["Enter the API credentials", "Load the companies", "Group companies by filters"]


@time_machine.travel(NOON, tick=False)
def test_this_month_is_compared_with_the_same_days_of_a_shorter_last_month(db) -> None:
    company = make_company()
    for day, count in ((date(2026, 3, 30), 5), (date(2026, 2, 28), 3), (date(2026, 2, 1), 4), (date(2026, 1, 31), 9)):
        make_records(company, day, count, transactions=10)

    month = overview.month_figures(clock.today())

    assert (month.this_month, month.to_same_day, month.last_month, month.change) == (50, 70, 70, -20)


@time_machine.travel(datetime(2026, 3, 10, 12, tzinfo=UTC), tick=False)
def test_days_of_last_month_that_today_has_not_reached_do_not_count(db) -> None:
    company = make_company()
    make_records(company, date(2026, 2, 10), 3)
    make_records(company, date(2026, 2, 11), 100)

    month = overview.month_figures(clock.today())

    assert (month.to_same_day, month.last_month) == (3, 103)


@time_machine.travel(NOON, tick=False)
def test_companies_are_counted_by_what_is_known_of_them(db) -> None:
    make_company(last_success_at=NOON - timedelta(hours=35))
    make_company(last_success_at=NOON - timedelta(hours=37))
    make_company(health="unknown")
    make_failing_company()
    make_failing_company(skipped_at=NOON)
    make_failing_company(removed_at=NOON)

    assert overview.company_figures() == overview.CompanyFigures(
        listed=5, skipped=1, failing=1, never_fetched=1, fresh=1
    )


def test_the_longest_failing_company_comes_first(client_as: ClientAs) -> None:
    for number in range(7):
        make_failing_company(f"c{number}", failing_since=NOON - timedelta(days=number))

    assert [company.intacct_id for company in overview.longest_failing()] == ["c6", "c5", "c4", "c3", "c2"]


@pytest.mark.parametrize("hours", [35, 37])
def test_old_data_is_marked_on_every_page(client_as: ClientAs, hours: int) -> None:
    FetchRun.objects.create(asked_by="ada", status="success", finished_at=clock.now() - timedelta(hours=hours))

    page = client_as("Viewer").get("/guide/").content.decode()

    assert ("More than 36 hours old" in page) is (hours > 36)


def test_data_of_a_test_gateway_is_labelled_on_every_page(client_as: ClientAs, settings) -> None:
    viewer = client_as("Viewer")
    real = viewer.get("/about/").content.decode()
    settings.INTACCT_ENDPOINT_URL = "http://127.0.0.1:9/ia/xml/xmlgw.phtml"

    pages = [viewer.get(address).content.decode() for address in ("/", "/reports/", "/guide/", "/about/")]

    assert "Demo data" not in real
    assert all(
        "<strong>Demo data</strong>" in page for page in [*pages, Client().get("/accounts/login/").content.decode()]
    )


@pytest.mark.parametrize(
    "url", ["https://api.intacct.com.evil.example/", "https://evilintacct.com/", "https://x/?.intacct.com"]
)
def test_look_alike_gateways_are_test_gateways(settings, url: str) -> None:
    settings.INTACCT_ENDPOINT_URL = url

    assert is_demo()
