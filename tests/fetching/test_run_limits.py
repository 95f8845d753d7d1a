"""When a run must end early: wrong credentials, a dead network, a stop request, a lost lease, a dying worker."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from intacct_usage.simulator.scenario import CompanyScenario, Fault, Scenario
from tests.holding import held_up
from tests.worlds import QUICK, World
from usage.fetching.claims import WORKER_DIED, claim_companies
from usage.fetching.lane import Lane
from usage.fetching.runs import RunRefusedError, ask_for_run, finish_run, request_stop, start_next_run
from usage.models import ApiCredential, Company, CompanyFetch, FetchRun, UsageRecord

MakeWorld = Callable[..., World]


def statuses(run: FetchRun) -> dict[str, int]:
    counts: dict[str, int] = {}
    for status in CompanyFetch.objects.filter(run=run).values_list("status", flat=True):
        counts[status] = counts.get(status, 0) + 1
    return counts


@pytest.mark.parametrize("concurrency", [1, 32])
def test_a_wrong_user_password_is_tried_twice_at_most(make_world: MakeWorld, concurrency: int) -> None:
    world = make_world(Scenario(company_count=500, history_days=1), user_password="wrong")

    run = world.fetch(concurrency=concurrency)

    assert len(world.gateway.ledger.sign_ins()) == 2
    assert run.status == FetchRun.Status.ERROR
    assert run.message.startswith("Stopped to avoid locking users: Intacct refused the user ID or its password 2 times")
    assert statuses(run) == {"failed": 2, "stopped": 498}


def test_companies_where_only_their_own_user_is_refused_do_not_end_the_run(make_world: MakeWorld) -> None:
    other = {"usage_reader": "another password"}
    strangers = tuple(CompanyScenario(f"stranger{number}", users=other) for number in range(6))
    world = make_world(Scenario(company_count=20, companies=strangers, history_days=1))
    Company.objects.filter(intacct_id__startswith="stranger").update(health=Company.Health.FAILING)

    run = world.fetch()

    assert (run.status, run.companies_done, run.companies_failed) == (FetchRun.Status.SUCCESS, 14, 6)
    assert all(len(world.gateway.ledger.sign_ins(stranger.id)) == 1 for stranger in strangers)


def test_a_sender_that_some_companies_do_not_authorise_does_not_end_the_run(make_world: MakeWorld) -> None:
    closed = tuple(CompanyScenario(f"closed{number}", senders=()) for number in range(8))
    world = make_world(Scenario(company_count=10, companies=closed, history_days=1))

    run = world.fetch()

    assert (run.companies_done, run.companies_failed) == (2, 8)


def test_a_wrong_sender_password_ends_the_run_at_once(make_world: MakeWorld) -> None:
    world = make_world(Scenario(company_count=50, history_days=1))
    world.gateway.faults.add(Fault("wrong_sender_password"))

    run = world.fetch()

    assert (run.status, world.gateway.ledger.count()) == (FetchRun.Status.ERROR, 1)
    assert "49 of 50 companies were not tried." in run.message


def test_a_gateway_that_cannot_be_reached_ends_the_run_after_five_companies(make_world: MakeWorld) -> None:
    world = make_world(Scenario(company_count=50, history_days=1))
    world.gateway.stop()

    run = world.fetch()

    assert run.status == FetchRun.Status.ERROR
    assert run.message.startswith("5 companies in a row failed in the same way, and the rest would too.")
    assert statuses(run) == {"failed": 5, "stopped": 45}


def test_a_run_in_which_every_company_fails_is_an_error(make_world: MakeWorld) -> None:
    closed = tuple(CompanyScenario(f"closed{number}", senders=()) for number in range(3))
    world = make_world(Scenario(company_count=3, companies=closed))

    run = world.fetch()

    assert (run.status, run.message) == (
        FetchRun.Status.ERROR,
        "All 3 companies failed. The Exceptions report says why.",
    )


def test_stop_keeps_finished_companies_and_leaves_the_others_untouched(make_world: MakeWorld) -> None:
    world = make_world(Scenario(company_count=30, history_days=2))
    run = ask_for_run(asked_by="test")
    start_next_run()
    run.refresh_from_db()
    lane = Lane(run, concurrency=2, pauses=QUICK, on_progress=lambda: request_stop(run, by="Ann"))

    with held_up(world.gateway, answered=5, function="query"):  # the lane looks for a stop once a second
        lane.work()

    run.refresh_from_db()
    counts = statuses(run)
    assert run.status == FetchRun.Status.STOPPED
    assert run.message == f"Stopped by Ann; {counts['done']} of 30 companies were fetched and kept."
    assert (counts["done"] >= 1, counts["stopped"] >= 20, set(counts)) == (True, True, {"done", "stopped"})
    stored = UsageRecord.objects.values("company").distinct().count()
    assert stored == CompanyFetch.objects.filter(run=run, status="done", inserted__gt=0).count()


def test_two_lanes_share_a_run_and_fetch_nothing_twice(make_world: MakeWorld) -> None:
    world = make_world(Scenario(company_count=30, history_days=2, latency_seconds=0.01))
    run = ask_for_run(asked_by="test")
    start_next_run()
    run.refresh_from_db()

    def work() -> None:
        Lane(run, concurrency=4, pauses=QUICK).work()
        connection.close()

    lanes = [threading.Thread(target=work) for _ in range(2)]

    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join(30)

    run.refresh_from_db()
    assert (run.status, run.companies_done) == (FetchRun.Status.SUCCESS, 30)
    assert all(len(world.gateway.ledger.sign_ins(company)) == 1 for company in world.gateway.companies)


def test_a_company_whose_worker_died_is_taken_over_and_the_done_ones_are_not(make_world: MakeWorld) -> None:
    world = make_world(Scenario(company_count=3, history_days=2))
    run = ask_for_run(asked_by="test")
    start_next_run()
    run.refresh_from_db()
    claim_companies(run, owner="dead worker", limit=1)
    CompanyFetch.objects.filter(lease_owner="dead worker").update(lease_until=timezone.now() - timedelta(seconds=1))

    Lane(run, pauses=QUICK).work()

    run.refresh_from_db()
    assert (run.companies_done, sorted(CompanyFetch.objects.values_list("attempts", flat=True))) == (3, [1, 1, 2])
    assert len(world.gateway.ledger.sign_ins()) == 3


def test_the_third_death_of_a_company_is_its_failure(make_world: MakeWorld) -> None:
    make_world(Scenario(company_count=1, history_days=2))
    run = ask_for_run(asked_by="test")
    start_next_run()
    run.refresh_from_db()
    long_ago = timezone.now() - timedelta(hours=1)
    CompanyFetch.objects.update(status=CompanyFetch.Status.RUNNING, attempts=3, lease_until=long_ago)

    Lane(run, pauses=QUICK).work()

    fetch = CompanyFetch.objects.get()
    assert (fetch.status, fetch.error_family, fetch.message) == ("failed", "interrupted", WORKER_DIED)


def test_only_one_run_is_active_and_the_next_waits(make_world: MakeWorld) -> None:
    make_world(Scenario(company_count=1, history_days=1))
    first, second = ask_for_run(asked_by="Ann"), ask_for_run(asked_by="Ben")

    started = [start_next_run(), start_next_run()]

    second.refresh_from_db()
    assert [started[0].pk, started[1], second.status] == [first.pk, None, FetchRun.Status.QUEUED]


def test_a_queued_run_that_is_stopped_never_starts(make_world: MakeWorld) -> None:
    make_world(Scenario(company_count=1, history_days=1))
    run = ask_for_run(asked_by="Ann")

    stopped = [request_stop(run, by="Ben"), request_stop(run, by="Ben")]

    run.refresh_from_db()
    assert (stopped, run.status, start_next_run(), finish_run(run.pk)) == ([True, False], "stopped", None, None)


def test_a_run_needs_credentials_and_companies(db) -> None:
    with pytest.raises(RunRefusedError, match="No credentials configured"):
        ask_for_run(asked_by="test")

    ApiCredential.objects.create(sender_id="s", user_id="u")
    with pytest.raises(RunRefusedError, match="No companies loaded"):
        ask_for_run(asked_by="test")


def test_retry_takes_only_what_failed(make_world: MakeWorld) -> None:
    world = make_world(Scenario(company_count=5, history_days=1))
    faulty = sorted(world.gateway.companies)[0]
    world.gateway.faults.add(Fault("no_permission", company=faulty, function="query", times=1))
    first = world.fetch()

    again = world.fetch(retry_of=first)

    assert (first.companies_failed, again.companies_total, again.companies_done) == (1, 1, 1)
