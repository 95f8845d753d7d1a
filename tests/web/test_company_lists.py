"""The lists of companies: searched, filtered, sorted and paged on the server, with the state in the address."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import make_company, make_failing_company, make_filter
from tests.web.conftest import ClientAs
from tests.web.posting import text_of
from usage.models import Company

LIST, EXCEPTIONS = "/configuration/companies/", "/configuration/exceptions/"
HOSTILE = '<script>alert(1)</script>"\u202e&'


def shown(client, address: str) -> list[str]:
    return [company.intacct_id for company in client.get(address).context["listing"].page]


@pytest.fixture
def companies(db) -> None:
    uk = make_filter("UK", "UK_")
    make_company("UK_Acme", name="Acme Ltd", sage_account_number="0042", query_filter=uk)
    make_failing_company("UK_Bad", query_filter=uk)
    make_company("US_Big", reseller="Tally & Sons", skipped_at="2026-01-01T00:00Z", skip_reason="Left us")
    make_company("US_Gone", removed_at="2026-01-01T00:00Z")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["UK_Acme", "UK_Bad", "US_Big"]),
        ("q=acme+ltd", ["UK_Acme"]),
        ("q=0042", ["UK_Acme"]),
        ("q=tally", ["US_Big"]),
        ("q=left+us", ["US_Big"]),
        ("state=failing", ["UK_Bad"]),
        ("state=skipped", ["US_Big"]),
        ("state=active&sort=-id", ["UK_Bad", "UK_Acme"]),
        ("filter=UK", ["UK_Acme", "UK_Bad"]),
        ("filter=Other", ["US_Big"]),
        ("state=nonsense&filter=nonsense&sort=nonsense&page=nonsense", ["UK_Acme", "UK_Bad", "US_Big"]),
    ],
)
def test_the_address_decides_what_is_shown(companies, client_as: ClientAs, query: str, found: list[str]) -> None:
    assert shown(client_as("Operator"), f"{LIST}?{query}") == found


def test_exceptions_lists_the_skipped_with_reason_and_last_error(companies, client_as: ClientAs) -> None:
    make_failing_company("XX_Locked", skipped_at="2026-02-01T00:00Z", skipped_by="ada")
    client = client_as("Operator")

    page = text_of(client.get(EXCEPTIONS))

    assert shown(client, EXCEPTIONS) == ["XX_Locked", "US_Big"]
    assert all(text in page for text in ("Left us", "no reason given", "XL03000006", "ada", "2 skipped companies"))


def test_pages_hold_fifty_rows_unless_asked_otherwise(db, client_as: ClientAs) -> None:
    Company.objects.bulk_create(Company(intacct_id=f"C{number:03}") for number in range(120))
    client = client_as("Operator")

    assert (len(shown(client, LIST)), shown(client, f"{LIST}?page=3")[-1]) == (50, "C119")
    assert len(shown(client, f"{LIST}?size=100")) == 100


@pytest.mark.parametrize("address", [LIST, EXCEPTIONS, "/configuration/", "/configuration/companies/removed/"])
def test_the_number_of_queries_does_not_grow_with_the_rows(db, client_as: ClientAs, address: str) -> None:
    client, counted = client_as("Manager"), []
    for number in range(50):
        fields = {"query_filter": make_filter(), "skipped_at": "2026-01-01T00:00Z"}
        make_company(**fields)
        make_company(removed_at="2026-11-01T00:00Z")
        if number in (0, 49):
            client.get(address)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                client.get(address)
            counted.append(len(queries))

    assert counted[0] == counted[1]


@pytest.mark.parametrize("address", [LIST, EXCEPTIONS, "/configuration/companies/removed/"])
def test_a_search_for_what_no_database_stores_finds_nothing(db, client_as: ClientAs, address: str) -> None:
    make_company("Acme", removed_at="2026-11-20T00:00Z")

    answer = client_as("Manager").get(address, {"q": "A\x00"})

    assert answer.status_code == 200
    assert "Acme" not in text_of(answer)


@pytest.mark.parametrize("address", [LIST, EXCEPTIONS, "/configuration/companies/removed/", "/configuration/"])
def test_names_from_outside_are_shown_as_text(db, client_as: ClientAs, address: str) -> None:
    texts = {"name": HOSTILE, "reseller": HOSTILE, "sage_account_number": HOSTILE[:40], "skip_reason": HOSTILE}
    make_company(f"A{HOSTILE}", **texts, skipped_at="2026-01-01T00:00Z")
    make_company(f"B{HOSTILE}", name=HOSTILE, removed_at="2026-11-20T00:00Z")

    page = text_of(client_as("Manager").get(address))

    assert "<script>alert" not in page
    assert "\u202e" not in re.sub(r"<[^>]*>", "", page)


def test_an_empty_list_offers_three_ways_to_fill_it(db, client_as: ClientAs) -> None:
    page = text_of(client_as("Manager").get(LIST))

    assert all(words in page for words in ("No companies loaded", "Load from an API", "Add by hand", "Import CSV"))


def test_the_export_and_the_import_are_each_others_inverse(companies, client_as: ClientAs) -> None:
    client = client_as("Manager")
    exported = client.get("/configuration/companies/export.csv")

    assert exported.headers["Content-Disposition"].startswith('attachment; filename="companies-')
    assert exported.content.decode("utf-8-sig").splitlines()[1] == "UK_Acme,Acme Ltd,0042,,no,"


@pytest.mark.parametrize(
    ("address", "choices"),
    [
        (LIST, ["Any status", "Active", "Skipped", "Failing", "No data", "Never fetched", "Missing from the API"]),
        (EXCEPTIONS, ["Any status", "Missing from the API"]),
    ],
)
def test_a_list_offers_only_what_it_can_hold(companies, client_as: ClientAs, address: str, choices: list[str]) -> None:
    form = client_as("Operator").get(address).context["form"]

    assert [label for _, label in form.fields["state"].choices] == choices


def test_the_skipped_that_are_missing_from_the_api_are_found(companies, client_as: ClientAs) -> None:
    make_company("US_Lost", skipped_at="2026-01-01T00:00Z", missing_since="2026-01-02T00:00Z")
    client = client_as("Operator")

    assert shown(client, f"{EXCEPTIONS}?state=missing") == ["US_Lost"]
    assert sorted(shown(client, EXCEPTIONS)) == ["US_Big", "US_Lost"]
