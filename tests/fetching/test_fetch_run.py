"""Whole runs against the simulator: what is stored equals what Intacct holds, with no call too many."""

from collections.abc import Callable
from datetime import datetime, timedelta
from math import ceil

import pytest
from django.db.models import Sum
from django.utils import timezone

from intacct_usage.simulator.scenario import CompanyScenario, Scenario
from intacct_usage.simulator.usage_rows import CallTexts
from tests.factories import make_record
from tests.worlds import World
from usage.models import Company, CompanyDay, CompanyFetch, CompanyMonth, FetchRun, UsageRecord

MakeWorld = Callable[..., World]
FIVE = Scenario(company_count=5, history_days=20, records_per_day=(3, 9))


def stored_numbers(intacct_id: str) -> set[str]:
    return set(UsageRecord.objects.filter(company__intacct_id=intacct_id).values_list("record_no", flat=True))


def own_numbers(world: World, intacct_id: str) -> set[str]:
    """Record numbers of the simulator's rows that existed before this test's first call."""
    rows = world.gateway.ledger.rows(intacct_id)
    return {row.record_no for row in rows}


def test_a_first_run_stores_what_intacct_holds_to_the_last_transaction(make_world: MakeWorld) -> None:
    world = make_world(FIVE)
    before = {company: world.gateway.ledger.totals(company) for company in world.gateway.companies}

    run = world.fetch()

    assert (run.status, run.companies_done, run.companies_failed) == (FetchRun.Status.SUCCESS, 5, 0)
    for intacct_id, totals in before.items():
        history = UsageRecord.objects.filter(company__intacct_id=intacct_id).exclude(
            document_control_id__startswith="usage-"
        )
        counted = history.aggregate(transactions=Sum("transactions"))["transactions"] or 0
        assert (history.count(), counted) == tuple(totals)


def test_totals_per_day_and_month_equal_the_records(make_world: MakeWorld) -> None:
    world = make_world(FIVE)

    world.fetch()

    records = UsageRecord.objects.aggregate(transactions=Sum("transactions"))["transactions"]
    days = CompanyDay.objects.aggregate(records=Sum("records"), transactions=Sum("transactions"))
    months = CompanyMonth.objects.aggregate(records=Sum("records"), transactions=Sum("transactions"))
    assert days == months == {"records": UsageRecord.objects.count(), "transactions": records}


def test_a_second_run_reads_only_the_last_day_again_and_doubles_nothing(make_world: MakeWorld) -> None:
    world = make_world(FIVE)
    world.fetch()
    first = {company: stored_numbers(company) for company in world.gateway.companies}
    world.gateway.ledger.clear()

    run = world.fetch()

    assert run.companies_done == 5
    assert all(first[company] <= stored_numbers(company) for company in first)
    for fetch in CompanyFetch.objects.filter(run=run).select_related("company"):
        newest = CompanyDay.objects.filter(company=fetch.company, records__gt=0).latest("day").day
        assert newest - fetch.window_start <= timedelta(days=1)


def test_a_second_run_costs_one_sign_in_and_one_page_per_company_and_touches_only_the_last_day(
    make_world: MakeWorld,
) -> None:
    world = make_world(FIVE)
    world.fetch()
    before = {row["pk"]: row for row in UsageRecord.objects.values("pk", "company", "record_no", "created_on")}
    world.gateway.ledger.clear()

    run = world.fetch()

    starts = dict(CompanyFetch.objects.filter(run=run).values_list("company", "window_start"))
    earlier = {pk: row for pk, row in before.items() if row["created_on"] < starts[row["company"]]}
    assert len(earlier) > 5 * 15 * 3  # five companies, all but the last days, three records a day at least
    assert {
        row["pk"]: row for row in UsageRecord.objects.filter(pk__in=earlier).values(*next(iter(before.values())))
    } == earlier
    for intacct_id in world.gateway.companies:
        calls = [call.function for call in world.gateway.ledger.calls() if call.company == intacct_id]
        assert calls == ["getAPISession", "query"]


def test_a_record_dated_in_the_future_does_not_hide_the_days_before_it(make_world: MakeWorld) -> None:
    world = make_world(FIVE)
    world.fetch()
    company = Company.objects.order_by("pk")[0]
    make_record(company, timezone.now().date() + timedelta(days=40), record_no="future")
    new = world.gateway.companies[company.intacct_id].add_row(timezone.now())

    world.fetch()

    assert world.outcome(company.intacct_id).window_start <= timezone.now().date()
    assert new.record_no in stored_numbers(company.intacct_id)


@pytest.mark.parametrize(("rows_a_day", "latest_pages"), [((3, 9), 1), ((450, 450), 5)])
def test_no_needless_call_is_made(make_world: MakeWorld, rows_a_day: tuple[int, int], latest_pages: int) -> None:
    world = make_world(Scenario(company_count=2, history_days=20, records_per_day=rows_a_day))

    world.fetch()

    for intacct_id in world.gateway.companies:
        expected = world.outcome(intacct_id).expected
        pages = world.gateway.ledger.count(intacct_id, "query")
        assert len(world.gateway.ledger.sign_ins(intacct_id)) == 1
        assert ceil(expected / 2000) <= pages <= ceil(expected / 2000) + 1
        assert pages <= latest_pages + 1


def test_skipped_and_removed_companies_are_not_asked(make_world: MakeWorld) -> None:
    world = make_world(FIVE)
    skipped, removed, *_ = sorted(world.gateway.companies)
    Company.objects.filter(intacct_id=skipped).update(skipped_at="2026-01-01T00:00Z")
    Company.objects.filter(intacct_id=removed).update(removed_at="2026-01-01T00:00Z")

    run = world.fetch()

    assert run.companies_total == 3
    assert world.gateway.ledger.count(skipped) == world.gateway.ledger.count(removed) == 0


def test_a_full_refresh_replaces_and_keeps_the_numbers_true(make_world: MakeWorld) -> None:
    world = make_world(FIVE)
    world.fetch()
    company = sorted(world.gateway.companies)[0]
    gone = sorted(own_numbers(world, company))[0]
    world.gateway.companies[company].delete_row(gone)

    run = world.fetch(mode=FetchRun.Mode.FULL_REFRESH)

    assert run.status == FetchRun.Status.SUCCESS
    assert gone not in stored_numbers(company)
    assert world.outcome(company).archived == 1


def world_that_refuses(make_world: MakeWorld, *fields: str) -> World:
    """One company that has just been fetched for the first time. Only its history is recorded, no call of ours: just
    after midnight such a call would be the newest record, and an incremental fetch would begin behind the history.
    """
    company = CompanyScenario("acme", missing_fields=fields, counts_own_calls=False)
    world = make_world(Scenario(company_count=1, companies=(company,), history_days=10))
    world.fetch()
    world.gateway.ledger.clear()
    return world


def stored_values() -> set[tuple[bool, bool]]:
    """Whether records have a user and a time."""
    return {
        (bool(user), bool(time)) for user, time in UsageRecord.objects.values_list("signature__user", "created_time")
    }


def refused_days_ago(days: int) -> datetime:
    """Make the company's last refusal so old; when that was."""
    moment = timezone.now() - timedelta(days=days)
    Company.objects.update(unreadable_since=moment, fields_refused_at=moment)
    return moment


def test_fields_a_company_refuses_are_left_out_and_not_asked_for_again_within_a_week(make_world: MakeWorld) -> None:
    world = world_that_refuses(make_world, "POLICYID", "CREATED_TIME")
    refused = Company.objects.get()

    moment = refused_days_ago(6)
    run = world.fetch()

    company = Company.objects.get()
    assert (run.companies_done, set(refused.unreadable_fields)) == (1, {"POLICYID", "CREATED_TIME"})
    assert refused.unreadable_since == refused.fields_refused_at == refused.last_success_at
    assert company.unreadable_since == company.fields_refused_at == moment
    assert company.unreadable_fields == refused.unreadable_fields
    assert world.gateway.ledger.count("acme", "query") == 1


@pytest.mark.parametrize(("mode", "days"), [("full_refresh", 0), ("incremental", 7)])
def test_fields_that_became_readable_are_asked_for_again(make_world: MakeWorld, mode: str, days: int) -> None:
    world = world_that_refuses(make_world, "LOGINID", "CREATED_TIME")
    before = stored_values()
    world.gateway.companies["acme"].missing_fields = frozenset()
    world.gateway.companies["acme"].add_row(  # just after midnight there would be none of this day
        timezone.now(), texts=CallTexts(login_id="reader")
    )
    refused_days_ago(days)

    world.fetch(mode=mode)

    company = Company.objects.get()
    assert (company.unreadable_fields, company.unreadable_since, company.fields_refused_at) == ([], None, None)
    everything, nothing = (True, True), (False, False)
    assert (before, stored_values()) == ({nothing}, {everything} if mode == "full_refresh" else {everything, nothing})


def test_fields_that_are_refused_again_are_left_alone_for_another_week(make_world: MakeWorld) -> None:
    world = world_that_refuses(make_world, "POLICYID")
    moment = refused_days_ago(7)

    world.fetch()
    asked_again = world.gateway.ledger.count("acme", "query")
    world.fetch()

    company = Company.objects.get()
    assert (company.unreadable_fields, company.unreadable_since) == (["POLICYID"], moment)
    assert company.fields_refused_at > moment + timedelta(days=6)
    assert (asked_again, world.gateway.ledger.count("acme", "query")) == (2, 3)


def test_fields_refused_before_the_time_was_kept_are_asked_for_once(make_world: MakeWorld) -> None:
    world = world_that_refuses(make_world, "POLICYID")
    Company.objects.update(unreadable_since=None, fields_refused_at=None)

    world.fetch()

    company = Company.objects.get()
    assert company.unreadable_since == company.fields_refused_at == company.last_success_at
