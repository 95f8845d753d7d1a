"""A worker that is stopped (SIGSTOP) as a whole while another one is there: the run goes on without it."""

import os
import signal
import time
from collections.abc import Callable

import pytest
from django.db import connection

from scheduling.models import WorkerBeat
from tests.workers.installation import Installation, world
from tests.workers.ledger_check import differences, false_states
from tests.workers.processes import PATIENCE_SECONDS, WorkerProcess, wait_until
from usage.models import CompanyFetch, FetchRun, UsageRecord

pytestmark = pytest.mark.slow
COMPANIES = 40


def send_to_all(worker: WorkerProcess, number: int) -> None:
    for process_id in (worker.supervisor, *worker.processes):
        os.kill(process_id, number)


def test_a_run_moves_on_while_a_worker_sleeps_and_it_writes_nothing_when_it_wakes(
    install: Callable[..., Installation],
) -> None:
    installation = install(world(COMPANIES, 0.3), FETCH_CONCURRENCY="2")
    sleeper, other = installation.start_worker(), installation.start_worker()
    wait_until(lambda: WorkerBeat.objects.alive().count() == 2)
    run = installation.ask_for_run()
    wait_until(
        lambda: CompanyFetch.objects.filter(run=run, status="running").values("lease_owner").distinct().count() > 2
    )

    send_to_all(sleeper, signal.SIGSTOP)
    if connection.vendor == "postgresql":  # the server ends the transaction of a sleeper; of SQLite's lock nobody can
        wait_until(lambda: FetchRun.objects.get(pk=run.pk).status not in FetchRun.OPEN_STATUSES, PATIENCE_SECONDS)
        run.refresh_from_db()
        before = (run.status, run.companies_done, run.message, UsageRecord.objects.count())
    else:
        time.sleep(7)  # longer than the lease
    send_to_all(sleeper, signal.SIGCONT)
    wait_until(lambda: FetchRun.objects.get(pk=run.pk).status not in FetchRun.OPEN_STATUSES, PATIENCE_SECONDS)
    again = installation.ask_for_run()
    wait_until(lambda: FetchRun.objects.get(pk=again.pk).status not in FetchRun.OPEN_STATUSES, PATIENCE_SECONDS)

    run.refresh_from_db()
    after = (run.status, run.companies_done, run.message, UsageRecord.objects.count())
    assert after[:2] == ("success", COMPANIES)
    if connection.vendor == "postgresql":
        assert before == after
    assert differences(installation) == false_states(run) == false_states(again) == []
    assert other.popen.poll() is None
