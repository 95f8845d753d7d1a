"""SIGTERM in all its forms: the worker ends within its time, gives back what it held, and the run goes on later."""

import os
import signal
from collections.abc import Callable

import pytest

from tests.workers.installation import Installation, world
from tests.workers.ledger_check import differences, false_states
from tests.workers.processes import PATIENCE_SECONDS, WorkerProcess, wait_until
from usage.models import CompanyFetch, FetchRun

pytestmark = pytest.mark.slow


def ended(run: FetchRun) -> bool:
    run.refresh_from_db()
    return run.status not in FetchRun.OPEN_STATUSES


def to_the_parent(worker: WorkerProcess) -> None:
    worker.popen.terminate()


def to_all(worker: WorkerProcess) -> None:
    """As systemd does by default: every process gets the signal."""
    for process_id in [worker.supervisor, *worker.processes]:
        os.kill(process_id, signal.SIGTERM)


def twice(worker: WorkerProcess) -> None:
    worker.popen.terminate()
    worker.popen.terminate()


@pytest.mark.parametrize("send", [to_the_parent, to_all, twice])
def test_a_busy_worker_ends_in_good_order(
    install: Callable[..., Installation], send: Callable[[WorkerProcess], None]
) -> None:
    installation = install(world(40, 0.3))
    worker = installation.start_worker()
    run = installation.ask_for_run()
    wait_until(lambda: installation.gateway.ledger.count(function="query") >= 4)

    send(worker)

    assert worker.wait_for_end(20) == 0
    assert worker.nothing_left()
    assert not CompanyFetch.objects.filter(run=run, status="running").exists()
    assert not CompanyFetch.objects.filter(run=run, attempts__gt=1).exists()


def test_a_stopped_worker_is_followed_by_one_that_goes_on(install: Callable[..., Installation]) -> None:
    installation = install(world(40, 0.3))
    worker = installation.start_worker()
    run = installation.ask_for_run()
    wait_until(lambda: installation.gateway.ledger.count(function="query") >= 4)
    worker.popen.terminate()
    worker.wait_for_end()

    installation.start_worker()
    wait_until(lambda: ended(run), PATIENCE_SECONDS)

    assert (run.status, run.companies_done) == ("success", 40)
    assert differences(installation) == false_states(run) == []


def test_work_that_does_not_end_is_cut_off_after_the_grace(install: Callable[..., Installation]) -> None:
    installation = install(world(4, 0.0))
    worker = installation.start_worker("--grace", "1")
    os.kill(worker.sentinel, signal.SIGSTOP)

    worker.popen.terminate()

    assert worker.wait_for_end(18) == 0  # after its second, not after the 20 that are the default
    assert worker.nothing_left()
