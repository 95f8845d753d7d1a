"""Companies are added by hand, skipped with who and why, and taken off the list without losing their history."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from tests.factories import make_company, make_filter, make_records
from usage.companies.actions import CompanyActionError, add_companies, remove_from_list, skip, unskip
from usage.companies.entries import CompanyListError
from usage.models import Company, UsageRecord

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
EARLIER = datetime(2026, 1, 1, tzinfo=UTC)


def test_pasted_ids_are_added_and_grouped() -> None:
    make_filter("UK", "UK_")

    changes = add_companies(" UK_1 \n\nDE_1, DE_2;DE_3\tDE_4\r\n", added_by="ann")

    assert [entry.intacct_id for entry in changes.new] == ["UK_1", "DE_1", "DE_2", "DE_3", "DE_4"]
    assert Company.objects.get(intacct_id="UK_1").filter_name == "UK"
    assert set(Company.objects.values_list("origin", flat=True)) == {"manual"}


def test_duplicates_and_wrong_ids_are_named_by_line_and_nothing_is_added() -> None:
    make_company("Acme")

    with pytest.raises(CompanyListError) as refusal:
        add_companies("UK_1\n uk_1\nACME\nbad\u202eid", added_by="ann")

    assert refusal.value.problems == [
        "Line 4: the ID holds line breaks, control characters or invisible characters.",
        "Line 2: the company ID “uk_1” already stands in line 1 (there written “UK_1”).",
        "Line 3: “ACME” is in the list already (as “Acme”).",
    ]
    assert Company.objects.count() == 1


@pytest.mark.parametrize("text", ["", " \n ,;\t\n"])
def test_adding_nothing_asks_for_an_id(text) -> None:
    with pytest.raises(CompanyListError, match=r"^Enter at least one company ID\.$"):
        add_companies(text, added_by="ann")


def test_two_ids_of_one_line_that_are_the_same_are_refused_too() -> None:
    with pytest.raises(CompanyListError) as refusal:
        add_companies("A, a", added_by="ann")

    assert refusal.value.message == "Line 1: the company ID “a” already stands in line 1 (there written “A”)."


@time_machine.travel(NOW, tick=False)
def test_a_skip_keeps_who_when_and_why_of_the_first_time() -> None:
    first, second = make_company("A", skipped_at=EARLIER, skipped_by="bob", skip_reason="old"), make_company("B")

    assert skip(Company.objects.all(), by="ann", reason=" left Intacct ") == 1

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.skipped_at, first.skipped_by, first.skip_reason) == (EARLIER, "bob", "old")
    assert (second.skipped_at, second.skipped_by, second.skip_reason) == (NOW, "ann", "left Intacct")
    assert not Company.objects.queryable().exists()


def test_unskip_includes_a_company_again_and_forgets_the_reason() -> None:
    company = make_company("A", skipped_at=EARLIER, skipped_by="bob", skip_reason="old")

    assert unskip(Company.objects.filter(pk=company.pk), by="ann") == 1

    company.refresh_from_db()
    assert (company.is_skipped, company.skipped_by, company.skip_reason) == (False, "", "")


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("x" * 301, "The reason has 301 characters; at most 300 are possible."),
        ("a\x00", "The reason holds characters that cannot be stored."),
    ],
)
def test_a_reason_that_cannot_be_stored_is_refused(reason, message) -> None:
    make_company("A")

    with pytest.raises(CompanyActionError) as refusal:
        skip(Company.objects.all(), by="ann", reason=reason)

    assert refusal.value.message == message
    assert Company.objects.queryable().count() == 1


def test_a_company_taken_off_the_list_keeps_its_history_and_comes_back_with_it() -> None:
    company = make_company("A", skipped_at=EARLIER, skip_reason="why")
    make_records(company, date(2026, 1, 5), 2)

    assert remove_from_list(Company.objects.filter(pk=company.pk), by="ann") == 1
    assert not Company.objects.listed().exists()
    assert UsageRecord.objects.count() == 2

    add_companies("a", added_by="ann")
    company.refresh_from_db()
    assert (company.intacct_id, company.removed_at, company.skip_reason) == ("a", None, "why")
