"""From a row of the error summary, the list or a company's page: skip or fetch exactly these companies."""

import re
from datetime import date
from html import unescape

from tests.factories import make_company, make_failing_company, make_filter, make_records, make_signature
from tests.scheduling.schedules import make_fetchable
from tests.web.conftest import ClientAs
from tests.web.posting import post, said, text_of
from usage.fetching.runs import start_next_run
from usage.models import Company, CompanyFetch, FetchRun

SKIP, FETCH = "/configuration/companies/skip/", "/runs/companies/"


def make_errors() -> None:
    """Two companies with one error, one with another, one of another filter with the first."""
    uk = make_filter("UK", "UK_")
    for name in ("UK_1", "UK_2"):
        make_failing_company(name, error_text=f"Refused for '{name}'", query_filter=uk)
    make_failing_company("UK_3", error_number="GW-0010", query_filter=uk)
    make_failing_company("elsewhere", error_text="Refused for 'elsewhere'")


def queries_of_rows(page: str) -> list[str]:
    """What the forms of the rows send along, in the order of the rows."""
    return [unescape(found) for found in re.findall(r'name="query" value="([^"]*error=[^"]*)"', page)]


def ids(companies: object) -> list[str]:
    return sorted(companies.values_list("intacct_id", flat=True))


def test_a_row_of_errors_is_skipped_together_in_the_scope_of_the_page(client_as: ClientAs) -> None:
    make_errors()
    client = client_as("Operator")
    query = queries_of_rows(text_of(client.get("/reports/?filter=UK")))[0]

    asked = text_of(post(client, SKIP, all="yes", source="errors", query=query))
    answer = text_of(post(client, SKIP, all="yes", source="errors", query=query, confirmed="yes", reason="Known"))

    assert "Skip 2 companies" in asked
    assert ids(Company.objects.skipped()) == ["UK_1", "UK_2"]
    assert 'href="/reports/?filter=UK#errors"' in answer


def test_a_row_of_errors_is_retried_as_a_run_over_these_companies_alone(client_as: ClientAs) -> None:
    make_fetchable()
    make_errors()
    client = client_as("Operator")
    query = queries_of_rows(text_of(client.get("/reports/")))[0]

    answer = post(client, FETCH, all="yes", source="errors", query=query)
    run = start_next_run()

    assert (answer.url, run.filter_name) == (f"/runs/{run.pk}/", "3 chosen companies")
    assert ids(Company.objects.filter(fetches__run=run)) == ["UK_1", "UK_2", "elsewhere"]


def test_an_error_that_is_gone_meanwhile_starts_nothing(client_as: ClientAs) -> None:
    make_fetchable()

    answer = post(client_as("Operator"), FETCH, all="yes", source="errors", query="error=0123456789abcdef")

    assert said(answer) == [
        "None of these companies may be queried: they are skipped or left the list. Nothing was started."
    ]
    assert not FetchRun.objects.exists()


def test_one_company_is_fetched_from_its_page(client_as: ClientAs) -> None:
    make_fetchable()
    company = make_company("UK_one")
    client = client_as("Operator")

    page = text_of(client.get(f"/companies/{company.pk}/"))
    post(client, FETCH, one=company.pk)
    start_next_run()

    assert f'name="one" value="{company.pk}"' in page
    assert [fetch.company for fetch in CompanyFetch.objects.all()] == [company]


def test_a_skipped_company_says_why_it_is_not_fetched(client_as: ClientAs) -> None:
    company = make_company("UK_one", skipped_at="2026-01-01T00:00Z")

    page = text_of(client_as("Operator").get(f"/companies/{company.pk}/"))

    assert "Skipped: unskip it to fetch it." in page
    assert FETCH not in page


def test_a_viewer_is_offered_neither(client_as: ClientAs) -> None:
    make_errors()

    page = text_of(client_as("Viewer").get("/reports/"))

    assert queries_of_rows(page) == []


def test_of_very_many_companies_with_one_error_a_hundred_are_named(client_as: ClientAs) -> None:
    for number in range(120):
        make_failing_company(f"UK_{number:03}")

    page = text_of(client_as("Operator").get("/reports/"))

    assert page.count('class="outside-text" href="/companies/') == 100
    assert "… and others, 120 in all" in page
    assert "Retry 120 companies" in page


def test_a_partner_without_a_sender_id_is_named_so(client_as: ClientAs) -> None:
    company = make_company("UK_one")
    make_records(company, date(2026, 1, 15), 1, signature=make_signature(""))
    client = client_as("Viewer")

    pages = [text_of(client.get(address)) for address in ("/reports/", f"/companies/{company.pk}/")]

    assert all("(no sender ID)" in page for page in pages)


def test_one_failure_is_told_as_one(client_as: ClientAs) -> None:
    make_failing_company("UK_one", consecutive_failures=1)

    page = text_of(client_as("Viewer").get("/"))

    assert "failed once" in page
    assert "times in a row" not in page
