"""Skipping, unskipping, removing, clearing and restoring companies by their pages, one or many."""

from datetime import date

import pytest

from tests.factories import make_company, make_records
from tests.web.conftest import ClientAs
from tests.web.posting import post, said, text_of
from usage.models import Company, FetchRun, UsageRecord

SKIP, UNSKIP = "/configuration/companies/skip/", "/configuration/companies/unskip/"
REMOVE, CLEAR = "/configuration/companies/remove/", "/configuration/companies/clear/"
RESTORE = "/configuration/companies/restore/"


def ids(**filters: object) -> list[str]:
    return list(Company.objects.filter(**filters).values_list("intacct_id", flat=True))


def test_skip_asks_for_the_reason_before_it_changes_anything(client_as: ClientAs) -> None:
    company = make_company("UK_Acme")

    page = text_of(post(client_as("Operator"), SKIP, one=company.pk))

    assert "Skip 1 company" in page
    assert ids(skipped_at=None) == ["UK_Acme"]


def test_skipping_notes_who_and_why_and_returns_to_the_list_as_it_was(client_as: ClientAs) -> None:
    company = make_company("UK_Acme")

    answer = post(
        client_as("Operator"), SKIP, company=company.pk, confirmed="yes", reason="Left us", query="q=UK&page=2"
    )

    company.refresh_from_db()
    assert (company.skip_reason, company.skipped_by) == ("Left us", "someone-Operator")
    assert answer.url == "/configuration/companies/?q=UK&page=2"
    assert said(answer) == ["UK_Acme: skipped."]


def test_several_companies_get_a_result_each(client_as: ClientAs) -> None:
    chosen = [make_company("A"), make_company("B"), make_company("C", skipped_at="2026-01-01T00:00Z")]

    page = post(client_as("Operator"), SKIP, company=[one.pk for one in chosen], confirmed="yes", reason="")

    results = [(result.company.intacct_id, result.words) for result in page.context["outcomes"].each]
    assert results == [("C", "was skipped before"), ("A", "skipped"), ("B", "skipped")]


def test_all_means_all_that_the_filters_find_not_only_the_page(client_as: ClientAs) -> None:
    Company.objects.bulk_create(Company(intacct_id=f"UK_{number:03}") for number in range(60))
    make_company("US_Big")

    post(client_as("Operator"), SKIP, all="yes", query="q=UK_", confirmed="yes", reason="")

    assert (ids(skipped_at=None), Company.objects.skipped().count()) == (["US_Big"], 60)


def test_unskipping_from_the_exceptions_leaves_the_active_ones_alone(client_as: ClientAs) -> None:
    make_company("A")
    make_company("B", skipped_at="2026-01-01T00:00Z", skip_reason="x")

    answer = post(client_as("Operator"), UNSKIP, all="yes", source="exceptions")

    assert ids(skipped_at=None) == ["A", "B"]
    assert (answer.url, said(answer)) == ("/configuration/exceptions/", ["B: unskipped."])


@pytest.mark.parametrize("fields", [{}, {"company": "4711"}, {"all": "yes", "query": "q=nothing"}])
def test_choosing_nothing_changes_nothing_and_says_so(client_as: ClientAs, fields: dict[str, str]) -> None:
    make_company("A")

    answer = post(client_as("Operator"), UNSKIP, **fields)

    assert said(answer)[0].startswith("No company was chosen")


@pytest.mark.parametrize("fields", [{"company": "x"}, {"one": "1", "source": "elsewhere"}])
def test_what_no_page_sends_is_refused(client_as: ClientAs, fields: dict[str, str]) -> None:
    assert post(client_as("Operator"), SKIP, **fields).status_code == 400


def test_remove_names_the_records_and_keeps_the_history_unless_told(client_as: ClientAs, time_machine) -> None:
    time_machine.move_to("2026-03-20T10:00:00Z")
    company = make_company("UK_Acme")
    make_records(company, date(2025, 12, 1), 3)
    client = client_as("Manager")

    asked = text_of(post(client, REMOVE, one=company.pk))
    post(client, REMOVE, company=company.pk, confirmed="yes", what="keep")

    assert "takes 3 usage records out of every report; 3 of them, on 1 company-day, may no longer be there" in asked
    assert "so fetching again may not bring them back" in asked
    assert (ids(removed_at=None), UsageRecord.objects.count()) == ([], 3)


def test_remove_with_data_can_be_restored(client_as: ClientAs) -> None:
    company = make_company("UK_Acme")
    make_records(company, date(2026, 1, 15), 2)
    client = client_as("Manager")

    post(client, REMOVE, company=company.pk, confirmed="yes", what="data")
    gone = UsageRecord.objects.count()
    listed = text_of(client.get("/configuration/companies/removed/"))
    answer = post(client, RESTORE, one=company.pk)

    assert (gone, UsageRecord.objects.count(), ids(removed_at=None)) == (0, 2, ["UK_Acme"])
    assert "UK_Acme" in listed
    assert said(answer)[-1] == "Restored 1 company and 2 records."


def test_nothing_is_removed_with_data_during_a_run(client_as: ClientAs) -> None:
    company = make_company("UK_Acme")
    FetchRun.objects.create(asked_by="ada")

    page = text_of(post(client_as("Manager"), REMOVE, company=company.pk, confirmed="yes", what="data"))

    assert "Data can be removed when no run is" in page
    assert ids(removed_at=None) == ["UK_Acme"]


@pytest.mark.parametrize(("word", "left"), [("clear", ["A"]), ("", ["A"]), (" Clear ALL ", [])])
def test_clear_all_needs_the_typed_words(client_as: ClientAs, word: str, left: list[str]) -> None:
    make_records(make_company("A"), date(2026, 1, 15), 2)

    post(client_as("Manager"), CLEAR, typed=word)

    assert ids(removed_at=None) == left
    assert UsageRecord.objects.exists() is bool(left)


def test_clear_all_says_in_numbers_what_goes(client_as: ClientAs) -> None:
    make_records(make_company("A"), date(2025, 1, 15), 1200)

    page = text_of(client_as("Manager").get(CLEAR))

    assert "<strong>1</strong> company leaves the list" in page
    assert "<strong>1,200</strong> usage records leave every report" in page
    assert (
        "<strong>1,200</strong> of them, on <strong>1</strong> company-day, may no longer be there in Intacct, which "
        "keeps about 60 days: fetching again may not bring them back"
    ) in page
