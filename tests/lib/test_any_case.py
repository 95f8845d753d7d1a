"""Search takes upper and lower case of all letters for the same, on SQLite as on PostgreSQL."""

import pytest
from django.db.models import Value

from intacct_usage.lib.any_case import upper_letters
from intacct_usage.logs.models import LogEntry
from scheduling.models import Schedule
from tests.factories import make_company, make_filter
from tests.logs.log_lines import say
from tests.web.conftest import ClientAs, client_as
from usage.forms.companies import CompanyFilterForm
from usage.models import Company

__all__ = ["client_as"]

SPELLINGS = ["MÜLLER", "müller", "Müller", "üLL", "ÜLLER % A"]


@pytest.mark.parametrize("text", SPELLINGS)
def test_a_company_is_found_in_any_case(db, text: str) -> None:
    make_company("DE_1", name="Müller % André_Łódź")
    make_company("DE_2", name="Muller")
    make_company("DE_3", reseller="")

    assert [one.intacct_id for one in CompanyFilterForm({"q": text}).companies()] == ["DE_1"]


@pytest.mark.parametrize("text", SPELLINGS)
def test_a_log_line_is_found_in_any_case(transactional_db, text: str) -> None:
    say("Fetched Müller % A", "Fetched Muller")

    assert [entry.message for entry in LogEntry.objects.containing(text)] == ["Fetched Müller % A"]


def test_the_search_of_the_site_finds_every_kind_in_any_case(client_as: ClientAs) -> None:
    make_company("DE_1", name="ÖBB")
    make_filter("Österreich öbb", "XX_")
    Schedule.objects.create(name="Nightly öBb", kind="daily", timing="02:30", zone="UTC")

    page = client_as("Viewer").get("/search/", {"q": "Öbb"}).content.decode()

    assert [name in page for name in ("DE_1", "Österreich öbb", "Nightly öBb")] == [True, True, True]


@pytest.mark.parametrize(("text", "found"), [("STRASSE", 0), ("straße", 1), ("ΟΔΟΣ", 1), ("οδος", 1), ("οδοσ", 1)])
def test_letters_without_one_counterpart_stay_as_they_are(db, text: str, found: int) -> None:
    make_company("DE_1", name="Lange Straße, Οδός οδος")

    assert Company.objects.filter(name__icontains=text).count() == found


@pytest.mark.parametrize("text", ["", "a", "MÜLLER % A", None])
def test_upper_case_of_upper_case_is_the_same(text: str | None) -> None:
    assert upper_letters(upper_letters(text)) == upper_letters(text)


def test_another_columns_value_can_be_searched_for(db) -> None:
    make_company("UK_1", name="In uk_1")

    assert Company.objects.alias(wanted=Value("x")).filter(name__icontains=Value("UK_1")).count() == 1
