"""A run under some workers, in the environment of its place: prints what it took as one line of JSON.

python -m bench.workers_child WORKERS COMPANIES FOLDER
"""

import json
import os
import sys
from pathlib import Path

import django

django.setup()

from bench.fetch_child import prepare  # noqa: E402 - Django must be set up before
from bench.processes import cpu_seconds, family  # noqa: E402
from scheduling.models import WorkerBeat  # noqa: E402
from tests.workers.processes import WorkerProcess, wait_until  # noqa: E402
from usage.fetching.runs import ask_for_run  # noqa: E402
from usage.models import CompanyFetch, FetchRun, UsageRecord  # noqa: E402

LONGEST_SECONDS = 600.0
START_SECONDS = 300.0
"""A machine that is busy with other things takes long to start a worker's processes."""


def ended(run: FetchRun) -> bool:
    run.refresh_from_db()
    return run.status not in FetchRun.OPEN_STATUSES


def main() -> None:
    count, companies, folder = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    prepare(companies)
    workers = [WorkerProcess(dict(os.environ), folder / f"worker-{number}.log") for number in range(count)]
    try:
        for worker in workers:
            wait_until(worker.is_complete, START_SECONDS)
        wait_until(lambda: WorkerBeat.objects.alive().count() == count, START_SECONDS)
        processes = [one for worker in workers for one in family(worker.supervisor)]
        before = cpu_seconds(processes)
        run = ask_for_run(asked_by="bench")
        wait_until(lambda: ended(run), LONGEST_SECONDS, every=0.25)
        cpu = cpu_seconds(processes) - before
    finally:
        for worker in workers:
            worker.end()
    if run.status != FetchRun.Status.SUCCESS or run.companies_failed:
        sys.exit(f"{run}: {run.status}, {run.message}")
    seconds = (run.finished_at - run.started_at).total_seconds()
    found = {
        "companies_per_second": companies / seconds,
        "seconds": seconds,
        "cpu_seconds": cpu,
        "fetched": CompanyFetch.objects.filter(run=run, status="done").count(),
        "records": UsageRecord.objects.count(),
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
