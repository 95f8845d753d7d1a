"""Stop, wherever a run is: it ends within seconds, fetched companies are kept, half-fetched ones untouched, no mail."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from intacct_usage.simulator.scenario import Fault
from notifications.models import OutgoingEmail
from scheduling.models import Occurrence, Schedule
from scheduling.run_requests import run_now, stop_occurrence
from scheduling.schedules import Recipients, save_schedule
from tests.holding import held_up
from tests.workers.installation import Installation, world
from tests.workers.ledger_check import false_states, queries
from tests.workers.processes import wait_until
from usage.models import CompanyFetch, FetchRun, UsageRecord
from usage.records.data_check import check_data

pytestmark = pytest.mark.slow
COMPANIES = 24
HANGS = Fault("slow", function="query", seconds=4.0)


@dataclass(frozen=True)
class Point:
    """A moment to stop at: what makes the gateway linger there, and how to know that it is reached.

    Until the stop is asked for, so many queries are answered and no further one: the run cannot end before.
    """

    reached: Callable[[Installation], object]
    answered: int = 0
    latency: float = 0.2
    faults: tuple[Fault, ...] = ()
    ahead: bool = False


def running(installation: Installation) -> object:
    return CompanyFetch.objects.filter(status="running").exists()


POINTS = {
    "queued behind another run": Point(lambda installation: running(installation), ahead=True),
    "just started": Point(lambda installation: FetchRun.objects.running().exists(), latency=0.5),
    "signing in": Point(running, latency=1.0),
    "between companies": Point(lambda installation: queries(installation) > 4, answered=12),
    "a call that hangs": Point(running, latency=0.0, faults=(HANGS,)),
    "waiting before another try": Point(
        lambda installation: installation.gateway.ledger.count() > 3,
        latency=0.0,
        faults=(Fault("too_many_requests", function="query", retry_after="120"),),
    ),
    "last companies": Point(lambda installation: queries(installation) > COMPANIES - 3, answered=COMPANIES - 2),
}


def scheduled(installation: Installation) -> Schedule:
    schedule = Schedule(name="Nightly", kind="daily", timing="02:30", zone="UTC", reports=["summary"])
    save_schedule(schedule, Recipients([installation.add_email_configuration()]), by="test")
    return schedule


def kept_whole(run: FetchRun) -> list[str]:
    """Companies not done that have records all the same, and records that are not whole."""
    not_done = CompanyFetch.objects.filter(run=run).exclude(status="done").values_list("company", flat=True)
    odd = UsageRecord.objects.filter(company__in=not_done).values_list("company__intacct_id", flat=True).distinct()
    return [*odd, *(str(finding) for finding in check_data())]


@pytest.mark.parametrize("name", POINTS)
def test_a_run_is_stopped_within_seconds(install: Callable[..., Installation], name: str) -> None:
    point = POINTS[name]
    installation = install(world(COMPANIES, point.latency, faults=point.faults))
    schedule = scheduled(installation)
    installation.start_worker()
    with held_up(installation.gateway, answered=point.answered, function="query") as opened:
        if point.ahead:
            installation.ask_for_run()
        occurrence = run_now(schedule, by="ann")
        wait_until(lambda: point.reached(installation), every=0.01)

        asked = time.monotonic()
        stopped = stop_occurrence(occurrence, by="ann")
        if not point.ahead:  # the run ahead must store nothing before it is seen that this one has not
            opened.set()
        wait_until(lambda: Occurrence.objects.get().state == "stopped")
        took = time.monotonic() - asked

        assert stopped
        assert took < 5
        assert false_states(occurrence.run) == kept_whole(occurrence.run) == []
        assert not OutgoingEmail.objects.exists()
    assert "Traceback" not in installation.log


def test_the_gateway_is_left_alone_within_a_second_of_a_stop(install: Callable[..., Installation]) -> None:
    """A second, what a call takes, and as much again for a machine that does much else; the run is so large that it
    would go on for far longer, on the quickest machine too."""
    installation, calls = install(world(300, 0.2)), []
    installation.gateway.on_request.append(lambda _: calls.append(time.monotonic()))
    installation.start_worker()
    run = installation.ask_for_run()
    wait_until(lambda: queries(installation) > 4)

    run.refresh_from_db()
    asked = time.monotonic()
    assert stop_occurrence(Occurrence(run=run), by="ann")
    wait_until(lambda: FetchRun.objects.get(pk=run.pk).status == "stopped")
    time.sleep(1)  # a call that is still to come comes now

    assert max(calls) - asked < 2.4
    assert len(calls) < 300
