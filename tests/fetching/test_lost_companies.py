"""Companies whose worker died wait again at once, are shown so, and are not held against a run that goes on."""

from collections.abc import Callable
from datetime import UTC, datetime

from django.db.models import F
from django.utils import timezone

from intacct_usage.lib.leases import database_time_in
from intacct_usage.simulator.scenario import Scenario
from scheduling.give_back import give_back
from tests.worlds import QUICK, World
from usage.fetching import claims
from usage.fetching.claims import MAX_ATTEMPTS, WORKER_DIED, claim_companies, put_back_lost
from usage.fetching.lane import Lane
from usage.fetching.run_progress import run_progress
from usage.fetching.runs import ask_for_run, start_next_run
from usage.models import CompanyFetch, FetchRun, UsageRecord
from usage.records.data_check import check_data
from usage.records.window_store import Claim

MakeWorld = Callable[..., World]
COMPANIES = 4
SOME = Scenario(company_count=COMPANIES, history_days=2, records_per_day=(2, 2), counts_own_calls=False)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def with_two_held(make_world: MakeWorld) -> tuple[World, FetchRun, list[Claim]]:
    """A run of which a process has two companies."""
    world = make_world(SOME)
    ask_for_run(asked_by="test")
    run = start_next_run()
    FetchRun.objects.update(sign_in_proven_at=timezone.now())
    held = [claim for _, claim in claim_companies(run, owner="vm/1/lane", limit=2)]
    run.refresh_from_db()
    return world, run, held


def test_what_a_dead_worker_held_waits_again_and_nobody_is_shown_at_it(make_world: MakeWorld) -> None:
    _, run, held = with_two_held(make_world)
    at_work = run_progress(run)

    give_back("vm/1")

    left = run_progress(run)
    assert (at_work["current_count"], at_work["sub_state"]) == (2, "")
    assert (left["current"], left["current_count"], left["sub_state"]) == ([], 0, "waiting for a worker")
    assert (
        list(CompanyFetch.objects.filter(pk__in=[claim.fetch_id for claim in held]).values_list("status", "attempts"))
        == [("pending", 1)] * 2
    )


def test_a_lease_that_ran_out_is_put_back_and_one_that_did_not_stays(make_world: MakeWorld) -> None:
    _, run, (lost, kept) = with_two_held(make_world)
    CompanyFetch.objects.filter(pk=lost.fetch_id).update(lease_until=LONG_AGO)

    put_back = put_back_lost()

    statuses = dict(CompanyFetch.objects.values_list("pk", "status"))
    assert (put_back, statuses[lost.fetch_id], statuses[kept.fetch_id]) == (1, "pending", "running")
    assert run_progress(run)["current_count"] == 1
    assert list(check_data()) == []


def test_a_company_that_was_put_back_says_so_when_it_is_taken_again(make_world: MakeWorld, caplog) -> None:
    world, run, _ = with_two_held(make_world)
    give_back("vm/1")

    Lane(run, pauses=QUICK).work()

    run.refresh_from_db()
    told = [line for line in caplog.messages if "The worker was lost; resumed (attempt 2)" in line]
    assert (run.status, run.companies_done, len(told)) == ("success", COMPANIES, 2)
    assert UsageRecord.objects.count() == sum(len(world.gateway.ledger.rows(name)) for name in world.gateway.companies)


def test_a_company_put_back_after_its_last_attempt_has_failed(make_world: MakeWorld) -> None:
    _, run, (worn, _) = with_two_held(make_world)
    CompanyFetch.objects.filter(pk=worn.fetch_id).update(attempts=MAX_ATTEMPTS)
    give_back("vm/1")

    Lane(run, pauses=QUICK).work()

    run.refresh_from_db()
    fetch = CompanyFetch.objects.get(pk=worn.fetch_id)
    assert (fetch.status, fetch.message) == ("failed", WORKER_DIED)
    assert (run.status, run.companies_done, run.companies_failed) == ("success", COMPANIES - 1, 1)


def changed_in_between(monkeypatch, fetch_id: int, **changes: object) -> None:
    """Another worker changes this company's fetch after it was read as waiting and before it is taken."""
    read = claims._next_in_line

    def read_then_change(*wishes: object) -> list[CompanyFetch]:
        chosen = read(*wishes)
        CompanyFetch.objects.filter(pk=fetch_id).update(**changes)
        return chosen

    monkeypatch.setattr(claims, "_next_in_line", read_then_change)


def test_a_company_stored_while_it_is_being_claimed_is_not_fetched_again(
    make_world: MakeWorld, monkeypatch, caplog
) -> None:
    _, run, (stored, lost) = with_two_held(make_world)
    CompanyFetch.objects.filter(pk__in=[stored.fetch_id, lost.fetch_id]).update(lease_until=LONG_AGO)
    changed_in_between(monkeypatch, stored.fetch_id, status="done", lease_until=None)

    taken = [claim for _, claim in claim_companies(run, owner="vm/2/lane", limit=COMPANIES)]

    fetch = CompanyFetch.objects.get(pk=stored.fetch_id)
    assert (fetch.status, fetch.lease_token, fetch.lease_owner) == ("done", stored.token, "vm/1/lane")
    assert (stored.fetch_id in {claim.fetch_id for claim in taken}, len(taken)) == (False, COMPANIES - 1)
    assert Claim(lost.fetch_id, lost.company_id, lost.token + 1) in taken
    assert len([line for line in caplog.messages if "The worker was lost" in line]) == 1


def test_a_company_whose_lease_was_renewed_while_it_is_being_claimed_stays_with_its_worker(
    make_world: MakeWorld, monkeypatch
) -> None:
    _, run, (renewed, _) = with_two_held(make_world)
    CompanyFetch.objects.filter(pk=renewed.fetch_id).update(lease_until=LONG_AGO)
    CompanyFetch.objects.filter(status="pending").delete()
    changed_in_between(monkeypatch, renewed.fetch_id, lease_until=database_time_in(60))

    assert claim_companies(run, owner="vm/2/lane", limit=COMPANIES) == []
    assert CompanyFetch.objects.get(pk=renewed.fetch_id).lease_token == renewed.token


def test_claiming_costs_the_same_for_one_company_and_for_several(
    make_world: MakeWorld, django_assert_num_queries
) -> None:
    make_world(SOME)
    ask_for_run(asked_by="test")
    run = start_next_run()
    FetchRun.objects.update(sign_in_proven_at=timezone.now())
    CompanyFetch.objects.update(attempts=0, lease_token=F("pk"))

    for limit in (1, COMPANIES - 1):
        with django_assert_num_queries(5):
            assert len(claim_companies(run, owner="vm/1/lane", limit=limit)) == limit
