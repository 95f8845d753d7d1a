"""SIGKILL of any process of a worker, in the middle of a run or idle: the run goes on and loses or doubles nothing."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from scheduling.models import WorkerBeat
from tests.holding import held_up
from tests.workers.installation import Installation, world
from tests.workers.ledger_check import differences, false_states, queries
from tests.workers.processes import PATIENCE_SECONDS, WorkerProcess, wait_until
from usage.fetching.claims import WORKER_DIED
from usage.models import CompanyFetch, FetchRun

pytestmark = pytest.mark.slow
COMPANIES = 30
IN_FLIGHT = 12  # three lanes of four

ROLES: dict[str, Callable[[WorkerProcess], int]] = {
    "worker": lambda worker: worker.pool[0],
    "monitor": lambda worker: worker.pool[4],
    "pusher": lambda worker: worker.pool[5],
    "sentinel": lambda worker: worker.sentinel,
    "main process": lambda worker: worker.main,
}


def ended(run: FetchRun) -> bool:
    run.refresh_from_db()
    return run.status not in FetchRun.OPEN_STATUSES


def kill_cluster(worker: WorkerProcess) -> None:
    """All of it at once, before it can go on for a moment; not again while the next one starts."""
    main = worker.main
    if main and worker.sentinel:
        with suppress(ProcessLookupError):  # somebody else's call has killed it meanwhile
            os.killpg(main, signal.SIGKILL)


def kill_in_the_middle(installation: Installation, worker: WorkerProcess, role: str) -> FetchRun:
    run = installation.ask_for_run()
    wait_until(lambda: queries(installation) >= 6)
    worker.kill(ROLES[role](worker))
    return run


@pytest.mark.parametrize("role", ROLES)
def test_a_killed_process_costs_the_companies_in_flight_and_nothing_else(
    install: Callable[..., Installation], role: str
) -> None:
    installation = install(world(COMPANIES, 0.2))
    worker = installation.start_worker()

    run = kill_in_the_middle(installation, worker, role)
    wait_until(lambda: ended(run), PATIENCE_SECONDS)

    assert (run.status, run.companies_done) == ("success", COMPANIES)
    assert differences(installation) == false_states(run) == []
    assert COMPANIES <= queries(installation) <= COMPANIES + IN_FLIGHT
    wait_until(lambda: WorkerBeat.objects.get().restarts == 1)


@pytest.mark.parametrize("role", ["worker", "sentinel"])
def test_a_killed_idle_process_does_not_stop_the_worker_for_good(
    install: Callable[..., Installation], role: str
) -> None:
    installation = install()
    worker = installation.start_worker()

    killed = ROLES[role](worker)
    worker.kill(killed)
    wait_until(lambda: killed not in (worker.sentinel, *worker.pool) and worker.is_complete())
    run = installation.ask_for_run()
    wait_until(lambda: ended(run), PATIENCE_SECONDS)

    assert run.status == "success"
    assert worker.popen.poll() is None


def test_a_killed_supervisor_takes_its_cluster_along_and_the_next_one_goes_on(
    install: Callable[..., Installation],
) -> None:
    installation = install(world(COMPANIES, 0.2))
    worker = installation.start_worker()
    run = installation.ask_for_run()
    wait_until(lambda: queries(installation) >= 6)

    worker.kill(worker.supervisor)
    wait_until(worker.nothing_left)
    installation.start_worker()
    wait_until(lambda: ended(run), PATIENCE_SECONDS)

    assert (run.status, run.companies_done) == ("success", COMPANIES)
    assert differences(installation) == false_states(run) == []
    assert queries(installation) <= COMPANIES + IN_FLIGHT


def test_a_worker_elsewhere_takes_over_what_a_dead_one_held_when_its_leases_end(
    install: Callable[..., Installation],
) -> None:
    installation = install(world(COMPANIES, 0.3), FETCH_CONCURRENCY="2")
    worker = installation.start_worker()
    installation.start_worker(DATA_DIR=str(installation.folder / "another machine"))  # sees no locks of the first
    run = installation.ask_for_run()
    wait_until(lambda: queries(installation) >= 6)

    for process_id in (worker.supervisor, worker.main, worker.sentinel, *worker.pool):
        worker.kill(process_id)
    wait_until(lambda: ended(run), PATIENCE_SECONDS)

    assert (run.status, run.companies_done) == ("success", COMPANIES)
    assert differences(installation) == false_states(run) == []
    assert queries(installation) <= COMPANIES + IN_FLIGHT


def test_supervisor_and_sentinel_killed_together_leave_no_orphans(install: Callable[..., Installation]) -> None:
    installation = install(world(COMPANIES, 0.2))
    worker = installation.start_worker("--grace", "2")
    run = installation.ask_for_run()
    wait_until(lambda: queries(installation) >= 6)

    for process_id in (worker.sentinel, worker.supervisor):
        worker.kill(process_id)
    installation.start_worker()
    wait_until(worker.nothing_left)
    wait_until(lambda: ended(run), PATIENCE_SECONDS)

    assert (run.status, run.companies_done) == ("success", COMPANIES)
    assert differences(installation) == false_states(run) == []


def test_the_companies_of_a_killed_worker_say_that_they_were_resumed(install: Callable[..., Installation]) -> None:
    """One of the four has no lane at that moment, and which one is a matter of chance: all of them are killed."""
    installation = install(world(COMPANIES, 0.2))
    worker = installation.start_worker()

    with held_up(installation.gateway, answered=6, function="query"):
        run = installation.ask_for_run()
        wait_until(lambda: queries(installation) >= 6)
        for process_id in worker.pool[:4]:
            worker.kill(process_id)
    wait_until(lambda: ended(run), PATIENCE_SECONDS)

    assert CompanyFetch.objects.filter(run=run, attempts=2).exists()
    assert "The worker was lost; resumed (attempt 2)" in worker.log


def test_a_worker_that_slept_through_its_lease_writes_nothing_when_it_wakes(
    install: Callable[..., Installation],
) -> None:
    installation = install(world(COMPANIES, 0.2), LEASE_SECONDS="2")
    worker = installation.start_worker()
    run = installation.ask_for_run()
    wait_until(lambda: queries(installation) >= 6)
    busy = worker.pool[:4]

    for process_id in busy:
        worker.kill(process_id, signal.SIGSTOP)
    time.sleep(5)  # well beyond the lease
    for process_id in busy:
        worker.kill(process_id, signal.SIGCONT)
    wait_until(lambda: ended(run), PATIENCE_SECONDS)

    assert (run.status, run.companies_done) == ("success", COMPANIES)
    assert differences(installation) == false_states(run) == []


def test_a_company_that_kills_its_worker_three_times_has_failed_and_the_others_are_fetched(
    install: Callable[..., Installation],
) -> None:
    installation = install(world(COMPANIES, 0.05))
    deadly = sorted(installation.gateway.companies)[COMPANIES // 2]
    worker = installation.start_worker()
    installation.gateway.on_request.append(lambda call: call.company.id == deadly and kill_cluster(worker))

    run = installation.ask_for_run()
    wait_until(lambda: ended(run), PATIENCE_SECONDS)

    fetch = CompanyFetch.objects.get(run=run, company__intacct_id=deadly)
    assert (fetch.status, fetch.message) == ("failed", WORKER_DIED)
    assert (run.status, run.companies_done, run.companies_failed) == ("success", COMPANIES - 1, 1)
    assert false_states(run) == []
