"""The runs themselves, in the environment of their place: prints their figures as one line of JSON.

python -m bench.scale_child COMPANIES LATENCY CONCURRENCY FOLDER
"""

import json
import sys
import time
from pathlib import Path

import django

django.setup()

from django.db.models import Count  # noqa: E402 - Django must be set up before

from scheduling.models import WorkerBeat  # noqa: E402
from scheduling.run_requests import retry_failed, stop_run  # noqa: E402
from tests.workers.installation import Installation, world  # noqa: E402
from tests.workers.ledger_check import differences, false_states, queries  # noqa: E402
from tests.workers.processes import wait_until  # noqa: E402
from usage.models import CompanyFetch, FetchRun  # noqa: E402

LONGEST_SECONDS = 1800.0


def ended(run: FetchRun) -> bool:
    run.refresh_from_db()
    return run.status not in FetchRun.OPEN_STATUSES


def full_run(installation: Installation) -> float:
    """Seconds that the companies took; waiting for workers does not count."""
    run = installation.ask_for_run(mode=FetchRun.Mode.FULL_REFRESH)
    wait_until(lambda: ended(run), LONGEST_SECONDS, every=0.25)
    if run.status != FetchRun.Status.SUCCESS or run.companies_failed:
        raise SystemExit(f"{run}: {run.status}, {run.message}")
    return (run.finished_at - run.started_at).total_seconds()


def stop_and_resume(installation: Installation) -> dict[str, int]:
    """A run stopped half-way; the retry fetches what was left, and nothing that was done."""
    companies = len(installation.gateway.companies)
    installation.gateway.ledger.clear()
    run = installation.ask_for_run(mode=FetchRun.Mode.FULL_REFRESH)
    half = CompanyFetch.objects.filter(run=run, status="done")
    wait_until(lambda: half.count() >= companies / 2, LONGEST_SECONDS)
    stop_run(run, by="bench")
    time.sleep(3)
    again = retry_failed(run, by="bench").run
    wait_until(lambda: ended(again), LONGEST_SECONDS, every=0.25)
    done = CompanyFetch.objects.filter(run__in=[run, again], status="done").values("company")
    return {
        "stopped_after": half.count(),
        "fetched_once": done.annotate(count=Count("pk")).filter(count=1).count(),
        "queries_beyond_one_each": queries(installation) - companies,
        "false_states": len(false_states(run) + false_states(again)),
    }


def main() -> None:
    companies, latency, concurrency = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
    settings = {"LEASE_SECONDS": "60", "REAPER_SECONDS": "30", "FETCH_CONCURRENCY": concurrency}
    scenario = world(companies, latency, history_days=3, records_per_day=(1, 4))
    installation = Installation(Path(sys.argv[4]), scenario, settings)
    try:
        installation.start_worker()
        one = full_run(installation)
        installation.start_worker()
        wait_until(lambda: WorkerBeat.objects.alive().count() == 2)
        two = full_run(installation)
        resumed = stop_and_resume(installation)
    finally:
        installation.stop()
    wrong = len(differences(installation)) + resumed["false_states"] + companies - resumed["fetched_once"]
    figures = {
        "companies": companies,
        "one_worker_seconds": round(one, 1),
        "two_workers_seconds": round(two, 1),
        "one_worker_per_second": round(companies / one, 1),
        "two_workers_per_second": round(companies / two, 1),
        "ratio": round(one / two, 2),
        "stop_and_resume": resumed,
        "tracebacks": installation.log.count("Traceback"),
        "wrong": wrong,
    }
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
