"""`run_schedule NAME --wait` beside a real worker: what it prints, how it exits, what the run's figures say."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from intacct_usage.simulator.scenario import Fault
from scheduling.models import Schedule
from scheduling.schedules import Recipients, save_schedule
from tests.holding import held_up
from tests.workers.installation import Installation, world
from tests.workers.processes import PATIENCE_SECONDS, ROOT, wait_until
from usage.fetching.run_progress import run_progress
from usage.models import FetchRun

pytestmark = pytest.mark.slow
COMPANIES = 12


def make_schedule(installation: Installation, **fields: object) -> None:
    schedule = Schedule(**{"name": "Nightly", "kind": "daily", "timing": "02:30", "zone": "UTC", **fields})
    save_schedule(schedule, Recipients([installation.add_email_configuration()]), by="test")


def run_schedule(installation: Installation) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "run_schedule", "Nightly", "--wait"]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=installation.environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def test_it_waits_for_the_mail_and_exits_with_0(install: Callable[..., Installation]) -> None:
    installation = install(world(COMPANIES))
    make_schedule(installation)
    installation.start_worker()

    finished = run_schedule(installation)

    assert finished.returncode == 0, finished.stderr
    assert "12 of 12 companies were fetched." in finished.stdout
    assert "Finance: Sent. Sent to 1 recipient." in finished.stdout
    assert len(installation.mail.messages()) == 1


def test_failed_companies_make_it_exit_with_1(install: Callable[..., Installation]) -> None:
    installation = install(world(COMPANIES))
    bad = sorted(installation.gateway.companies)[5]
    installation.gateway.company(bad).senders.clear()
    make_schedule(installation)
    installation.start_worker()

    finished = run_schedule(installation)

    assert finished.returncode == 1, finished.stdout + finished.stderr
    assert "1 of 12 companies failed." in finished.stdout


def test_a_failed_mail_makes_it_exit_with_1(install: Callable[..., Installation]) -> None:
    installation = install(world(2))
    make_schedule(installation)
    installation.mail.stop()
    installation.start_worker()

    finished = run_schedule(installation)

    assert finished.returncode == 1, finished.stdout + finished.stderr
    assert "Finance: Pending." in finished.stdout


def test_a_failed_run_makes_it_exit_with_2(install: Callable[..., Installation]) -> None:
    installation = install(world(COMPANIES, faults=(Fault("wrong_password"),)))
    make_schedule(installation)
    installation.start_worker()

    finished = run_schedule(installation)

    assert finished.returncode == 2, finished.stdout + finished.stderr
    assert "Stopped to avoid locking users" in finished.stdout
    assert installation.mail.messages() == ()


def test_the_figures_of_a_run_follow_it(install: Callable[..., Installation]) -> None:
    installation = install(world(COMPANIES * 2, 0.3), FETCH_CONCURRENCY="2")
    run = installation.ask_for_run()
    waiting = run_progress(run)
    with held_up(installation.gateway, answered=COMPANIES, function="query"):
        installation.start_worker()
        wait_until(lambda: run_progress(FetchRun.objects.get(pk=run.pk))["done"] == COMPANIES)
        wait_until(lambda: run_progress(FetchRun.objects.get(pk=run.pk))["current_count"])
        midway = run_progress(FetchRun.objects.get(pk=run.pk))
    wait_until(lambda: FetchRun.objects.get(pk=run.pk).status == "success", PATIENCE_SECONDS)
    at_the_end = run_progress(FetchRun.objects.get(pk=run.pk))

    assert (waiting["status"], waiting["sub_state"], waiting["total"], waiting["started_at"]) == (
        "queued",
        "queued",
        0,
        None,
    )
    assert (midway["status"], midway["total"], midway["is_open"]) == ("running", COMPANIES * 2, True)
    assert 0 < len(midway["current"]) == midway["current_count"] <= 6
    assert midway["estimate_seconds"] is not None
    assert (at_the_end["done"], at_the_end["failed"], at_the_end["current"]) == (COMPANIES * 2, 0, [])
    assert (at_the_end["estimate_seconds"], at_the_end["is_open"]) == (None, False)
