"""Full refreshes one after the other, in the environment of their place: prints how figures changed, as JSON.

python -m bench.soak_child COMPANIES SECONDS FOLDER
"""

import json
import os
import statistics
import sys
import time
from pathlib import Path

import django

django.setup()

from django.db import connection  # noqa: E402 - Django must be set up before

from bench.fetch_child import prepare  # noqa: E402
from bench.processes import family, memory_mib, open_files  # noqa: E402
from bench.workers_child import START_SECONDS, ended  # noqa: E402
from intacct_usage.logs.models import LogEntry  # noqa: E402
from tests.workers.processes import WorkerProcess, wait_until  # noqa: E402
from usage.fetching.runs import ask_for_run  # noqa: E402
from usage.models import FetchRun  # noqa: E402

Sample = dict[str, float]
LONGEST_RUN_SECONDS = 300.0


def sample(worker: WorkerProcess) -> Sample:
    """Again if a process is just being renewed: then its figures are gone while they are read."""
    try:
        return _sample(worker)
    except (FileNotFoundError, ProcessLookupError):
        time.sleep(0.5)
        return sample(worker)


def _sample(worker: WorkerProcess) -> Sample:
    processes = family(worker.supervisor)
    wal = Path(f"{connection.settings_dict['NAME']}-wal")
    return {
        "memory_mib": memory_mib(processes),
        "processes": len(processes),
        "open_files": open_files(processes),
        "wal_mib": wal.stat().st_size / 2**20 if wal.exists() else 0,
        "log_rows": LogEntry.objects.count(),
    }


def main() -> None:
    companies, seconds, folder = int(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3])
    prepare(companies)
    worker = WorkerProcess(dict(os.environ), folder / "worker.log")
    wait_until(worker.is_complete, START_SECONDS)
    samples, statuses, ends_at = [], [], time.monotonic() + seconds
    try:
        while time.monotonic() < ends_at:
            run = ask_for_run(asked_by="bench", mode=FetchRun.Mode.FULL_REFRESH)
            wait_until(lambda run=run: ended(run), LONGEST_RUN_SECONDS, every=0.1)
            statuses.append(run.status)
            samples.append(sample(worker))
    finally:
        worker.end()
    fifth = max(1, len(samples) // 5)
    first, last = samples[:fifth], samples[-fifth:]
    found: Sample = {"runs": len(samples), "not_well": sum(one != FetchRun.Status.SUCCESS for one in statuses)}
    for name in samples[0]:
        found[f"{name}_first"] = statistics.median(one[name] for one in first)
        found[f"{name}_last"] = statistics.median(one[name] for one in last)
        found[f"{name}_most"] = max(one[name] for one in samples)
    found["tracebacks"] = worker.log.count("Traceback")
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
