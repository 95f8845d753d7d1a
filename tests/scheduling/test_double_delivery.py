"""A task delivered twice, a lease that was lost, a stale token: only one claim ever does work."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from django_q.models import OrmQ

from notifications.models import OutgoingEmail
from scheduling import tasks
from scheduling.dispatch import dispatch_due
from scheduling.lanes import QUEUED_SECONDS, ensure_lanes
from scheduling.models import Occurrence, RunLane
from scheduling.pipeline import queue_waiting_reports
from scheduling.run_requests import run_now
from tests.fetching.test_window_store import D10, NOW, content, row
from tests.scheduling.schedules import DUE, make_configuration, make_enabled, make_fetchable, make_schedule
from tests.scheduling.together import together
from tests.workers.installation import world
from tests.worlds import World
from usage.fetching.claims import claim_companies
from usage.fetching.runs import ask_for_run, start_next_run
from usage.models import CompanyFetch, FetchRun, UsageRecord
from usage.records.window_store import Claim, LeaseLostError, store_window

pytestmark = pytest.mark.django_db(transaction=True)
COMPANIES = 8


@pytest.fixture
def started(make_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[World, FetchRun]]:
    """However slow the machine, a seat is not queued anew because its task was not begun in time."""
    monkeypatch.setattr("scheduling.lanes.QUEUED_SECONDS", 600.0)
    made = make_world(world(COMPANIES))
    ask_for_run(asked_by="test")
    run = start_next_run()
    ensure_lanes(run)
    yield made, run


def test_a_lane_task_that_comes_twice_at_once_works_once(started: tuple[World, FetchRun]) -> None:
    made, run = started
    seat = RunLane.objects.get()

    together(2, lambda: tasks.work_lane(run.pk, seat.number, seat.token))

    run.refresh_from_db()
    assert (run.status, run.companies_done) == ("success", COMPANIES)
    assert made.gateway.ledger.count(function="query") == COMPANIES


def test_a_lane_task_that_comes_late_ends_at_once_without_a_call(started: tuple[World, FetchRun]) -> None:
    made, run = started
    seat = RunLane.objects.get()
    tasks.work_lane(run.pk, seat.number, seat.token)
    made.gateway.ledger.clear()

    began = time.monotonic()
    tasks.work_lane(run.pk, seat.number, seat.token)

    assert time.monotonic() - began < QUEUED_SECONDS  # it waits for no seat, and for nothing else
    assert made.gateway.ledger.calls() == ()


def test_the_seats_of_a_run_are_queued_once_however_many_look(started: tuple[World, FetchRun]) -> None:
    _, run = started

    queued = together(4, lambda: ensure_lanes(run))

    assert queued == [0, 0, 0, 0]
    assert (RunLane.objects.count(), OrmQ.objects.count()) == (1, 1)


def test_two_claims_never_share_a_company(started: tuple[World, FetchRun]) -> None:
    _, run = started
    FetchRun.objects.update(sign_in_proven_at=datetime.now(UTC))

    claims = together(4, lambda: claim_companies(run, owner="test", limit=3))

    taken = [claim.fetch_id for each in claims for _, claim in each]
    assert len(taken) == len(set(taken)) == COMPANIES


def test_of_two_holders_of_one_company_the_later_claim_writes_whoever_comes_first(
    started: tuple[World, FetchRun],
) -> None:
    _, run = started
    CompanyFetch.objects.exclude(pk=CompanyFetch.objects.first().pk).delete()
    [(_, old)] = claim_companies(run, owner="slow", limit=1)
    CompanyFetch.objects.filter(pk=old.fetch_id).update(lease_until=datetime(2000, 1, 1, tzinfo=UTC))
    [(_, new)] = claim_companies(run, owner="quick", limit=1)
    claims = [(old, "old"), (new, "new")]

    outcomes = together(2, lambda: try_to_store(*claims.pop()))

    assert sorted(outcomes) == ["lost", "new"]
    assert list(UsageRecord.objects.values_list("record_no", flat=True)) == ["new"]
    assert CompanyFetch.objects.get(pk=new.fetch_id).status == "done"


def try_to_store(claim: Claim, record_no: str) -> str:
    try:
        store_window(claim, content([row(record_no, D10)]), now=NOW)
    except LeaseLostError:
        return "lost"
    return record_no


def test_reports_asked_for_twice_are_mailed_once_to_each(db: None) -> None:
    schedule = make_schedule(mode="reports_only", reports=["summary"])
    schedule.emails.set([make_configuration("Finance"), make_configuration("Partners")])
    occurrence = run_now(schedule, by="test")
    queue_waiting_reports()
    occurrence.refresh_from_db()

    together(3, lambda: tasks.make_reports(occurrence.pk, occurrence.lease_token))

    occurrence.refresh_from_db()
    assert (occurrence.state, occurrence.attempts) == ("success", 1)
    assert sorted(OutgoingEmail.objects.values_list("configuration_name", flat=True)) == ["Finance", "Partners"]


def test_many_workers_fire_each_schedule_once() -> None:
    make_fetchable()
    for number in range(20):
        make_enabled(f"Schedule {number}")

    written = together(4, lambda: dispatch_due(DUE))

    assert sum(len(each) for each in written) == Occurrence.objects.count() == FetchRun.objects.count() == 20


def test_many_workers_start_one_run() -> None:
    make_fetchable()
    for _ in range(3):
        ask_for_run(asked_by="test")

    started = together(4, start_next_run)

    assert sum(run is not None for run in started) == FetchRun.objects.running().count() == 1
