"""Every page with figures says as of when they are, to which day they are complete, and marks what is old."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from intacct_usage.lib import clock
from scheduling.parameters import REPORTS_ONLY
from tests.factories import make_company, make_failing_company, make_filter
from tests.operate.rows import make_occurrence, make_run, make_schedule
from tests.web.conftest import ClientAs
from usage.models import Company, QueryFilter
from usage.records.windows import last_complete_day

STALE = "More than 36 hours old"


def run_of(query_filter: QueryFilter) -> str:
    return f"/runs/{make_run(query_filter=query_filter, filter_name=query_filter.name).pk}/"


def live_part_of_run(query_filter: QueryFilter) -> str:
    return run_of(query_filter) + "live/?state=success"


def reports_only(query_filter: QueryFilter) -> str:
    parameters = {"mode": REPORTS_ONLY, "filter_id": query_filter.pk, "filter_name": query_filter.name}
    return f"/runs/reports/{make_occurrence(make_schedule('Monthly'), parameters=parameters).pk}/"


PLACES: dict[str, Callable[[QueryFilter], str]] = {
    "overview": lambda _: "/",
    "reports": lambda one: f"/reports/?filter={one.name}",
    "run": run_of,
    "live part of a run": live_part_of_run,
    "reports only": reports_only,
}


def said_on(page: str) -> str:
    return page[page.index('id="data-age"') :].partition("</p>")[0]


@pytest.mark.parametrize("hours", [35, 37])
@pytest.mark.parametrize("place", PLACES)
def test_a_page_says_how_old_and_how_complete_its_figures_are(client_as: ClientAs, place: str, hours: int) -> None:
    fetched = clock.now() - timedelta(hours=hours)
    uk = make_filter("UK", "UK_")
    make_company("UK_one", query_filter=uk, last_success_at=fetched)
    make_failing_company("UK_broken", query_filter=uk)

    said = said_on(client_as("Viewer").get(PLACES[place](uk)).content.decode())

    assert f'datetime="{fetched:%Y-%m-%dT%H:%M}' in said
    assert f"1 of 2 companies complete to {last_complete_day(fetched).isoformat()}" in said
    assert "UK_broken" in said
    assert (STALE in said) is (hours > 36)


def test_a_run_of_a_filter_speaks_of_its_companies_only(client_as: ClientAs) -> None:
    uk = make_filter("UK", "UK_")
    make_company("UK_one", query_filter=uk, last_success_at=clock.now())
    make_failing_company("elsewhere")

    page = client_as("Viewer").get(run_of(uk)).content.decode()

    assert "1 of 1 company complete to" in said_on(page)
    assert 'Data of <span class="outside-text"><bdi>UK</bdi></span> as of' in page


def test_a_run_of_a_filter_that_is_gone_speaks_of_all_companies_and_says_so(client_as: ClientAs) -> None:
    uk = make_filter("UK", "UK_")
    address = run_of(uk)
    make_company("one", last_success_at=clock.now())
    uk.delete()

    page = client_as("Viewer").get(address).content.decode()

    assert "1 of 1 company complete to" in said_on(page)
    assert 'Data of <span class="outside-text"><bdi>All Filters</bdi></span> as of' in page


def test_nothing_is_said_while_a_fetch_is_about_to_change_it_or_nothing_is_listed(client_as: ClientAs) -> None:
    client, running = client_as("Viewer"), make_run(status="running", finished_at=None)
    empty = client.get("/").content.decode()
    make_company()

    under_way = client.get(f"/runs/{running.pk}/").content.decode()

    assert Company.objects.count() == 1
    assert 'id="data-age"' not in empty + under_way
