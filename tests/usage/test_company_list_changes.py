"""Applying a company list never loses a skip flag, a company or its history, and is all or nothing."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from tests.factories import make_company, make_filter, make_records
from usage.companies.entries import CompanyEntry, CompanyListError
from usage.companies.list_diff import FieldChange, ShrinkUnconfirmedError, apply_changes, plan_changes
from usage.models import Company, UsageRecord

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
EARLIER = datetime(2026, 1, 1, tzinfo=UTC)


def from_api(*ids: str, **fields: object) -> list[Company]:
    return [make_company(each, origin="api", **fields) for each in ids]


def entries(*ids: str) -> list[CompanyEntry]:
    return [CompanyEntry(each) for each in ids]


def everything() -> list[dict[str, object]]:
    return list(Company.objects.order_by("pk").values())


def test_a_plan_tells_new_changed_gone_and_unchanged_and_writes_nothing() -> None:
    kept, renamed, gone = from_api("A", "B", "C", name="old")
    before = everything()

    plan = plan_changes([CompanyEntry("A"), CompanyEntry("b", name="new"), CompanyEntry("D")])

    assert plan.new == (CompanyEntry("D"),)
    assert [change.fields for change in plan.changed] == [
        (FieldChange("company_id", "B", "b"), FieldChange("name", "old", "new"))
    ]
    assert (plan.changed[0].company, plan.gone, plan.unchanged) == (renamed, (gone,), (kept,))
    assert plan.summary == "1 new, 1 changed, 1 gone, 1 unchanged"
    assert everything() == before


@time_machine.travel(NOW, tick=False)
def test_a_company_that_is_gone_stays_in_the_list_marked_and_the_mark_goes_when_it_returns() -> None:
    from_api("A", "B", "C")

    apply_changes(entries("A", "B"))
    assert Company.objects.listed().get(intacct_id="C").missing_since == NOW
    assert plan_changes(entries("A", "B")).still_missing == 1

    changes = apply_changes(entries("A", "B", "C"))
    assert [company.intacct_id for company in changes.returned] == ["C"]
    assert Company.objects.get(intacct_id="C").missing_since is None


def test_skip_flags_history_and_values_the_list_does_not_tell_survive_a_load() -> None:
    (company,) = from_api("A", name="Acme", reseller="r", skipped_at=EARLIER, skipped_by="ann", skip_reason="no")
    make_records(company, date(2026, 1, 5), 3)

    apply_changes([CompanyEntry("a", name=None, sage_account_number="007", reseller="")])

    company.refresh_from_db()
    assert (company.skipped_at, company.skipped_by, company.skip_reason) == (EARLIER, "ann", "no")
    assert (company.intacct_id, company.name, company.sage_account_number, company.reseller) == ("a", "Acme", "007", "")
    assert UsageRecord.objects.filter(company=company).count() == 3


def test_a_company_that_left_the_list_comes_back_as_it_was() -> None:
    (company,) = from_api("A", removed_at=EARLIER, skipped_at=EARLIER, skip_reason="why", missing_since=EARLIER)
    make_records(company, date(2026, 1, 5), 2)

    changes = apply_changes(entries("A"))

    company.refresh_from_db()
    assert [change.company for change in changes.revived] == [company]
    assert (company.removed_at, company.missing_since, company.skip_reason) == (None, None, "why")
    assert changes.summary == "1 new, 0 changed, 0 gone, 0 unchanged"


def test_companies_added_by_hand_are_not_gone_until_the_api_has_listed_them() -> None:
    from_api("A")
    manual = make_company("M", origin="manual")

    assert plan_changes(entries("A")).gone == ()
    apply_changes(entries("A", "M"))
    assert plan_changes(entries("A")).gone == (manual,)


def test_a_list_that_lacks_more_than_half_asks_before_it_is_applied() -> None:
    from_api("A", "B", "C", "D", "E")
    before = everything()

    with pytest.raises(ShrinkUnconfirmedError) as refusal:
        apply_changes(entries("A", "B", "X"))

    assert refusal.value.message == (
        "The new list lacks 3 of the 5 companies that were loaded before. If this is right, confirm it and load again; "
        "otherwise check the companies API. Nothing was changed."
    )
    assert everything() == before
    assert len(apply_changes(entries("A", "B", "X"), confirm_shrink=True).gone) == 3
    assert apply_changes(entries("A", "B", "X")).still_missing == 3


def test_a_list_that_lacks_exactly_half_is_applied() -> None:
    from_api("A", "B", "C", "D")

    assert len(apply_changes(entries("A", "B")).gone) == 2


def test_an_empty_list_changes_nothing() -> None:
    from_api("A")
    before = everything()

    with pytest.raises(CompanyListError, match=r"^The list holds no companies\. Nothing was changed\.$"):
        apply_changes([], confirm_shrink=True)

    assert everything() == before


def test_new_and_respelled_companies_are_grouped_at_once() -> None:
    uk = make_filter("UK", "UK_")
    (respelled,) = from_api("uk_1")

    apply_changes(entries("UK_1", "UK_2", "UKX"))

    respelled.refresh_from_db()
    assert respelled.query_filter == uk
    assert set(Company.objects.filter(query_filter=uk).values_list("intacct_id", flat=True)) == {"UK_1", "UK_2"}


def test_a_filter_that_is_too_slow_for_a_new_company_keeps_the_old_list() -> None:
    make_filter("Slow", "(a|aa)+b", kind="regex")

    with pytest.raises(CompanyListError, match="takes too long"):
        apply_changes(entries("a" * 90))

    assert everything() == []


def test_a_load_of_two_thousand_companies_takes_few_queries(django_assert_max_num_queries) -> None:
    from_api("A")
    make_filter("All", "C")

    with django_assert_max_num_queries(60):
        apply_changes(entries("A", *(f"C{number}" for number in range(2000))))

    assert Company.objects.filter(query_filter__name="All").count() == 2000
