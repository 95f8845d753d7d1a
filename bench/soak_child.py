"""Full refreshes one after the other, in the environment of their place: prints how figures changed, as JSON.

python -m bench.soak_child COMPANIES SECONDS PAUSE_SECONDS FOLDER
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
from bench.rounds import shown  # noqa: E402
from bench.workers_child import START_SECONDS, ended  # noqa: E402
from intacct_usage.logs.models import LogEntry  # noqa: E402
from tests.workers.processes import WorkerProcess, wait_until  # noqa: E402
from usage.fetching.runs import ask_for_run  # noqa: E402
from usage.models import FetchRun  # noqa: E402

Sample = dict[str, float]
LONGEST_RUN_SECONDS = 300.0
PERIOD_SECONDS = 600.0
RUNS_BETWEEN_SIGNS = 50


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
    companies, seconds, pause, folder = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4])
    prepare(companies)
    worker = WorkerProcess(dict(os.environ), folder / "worker.log")
    wait_until(worker.is_complete, START_SECONDS)
    samples, statuses, begun = [], [], time.monotonic()
    try:
        while time.monotonic() < begun + seconds:
            run = ask_for_run(asked_by="bench", mode=FetchRun.Mode.FULL_REFRESH)
            wait_until(lambda run=run: ended(run), LONGEST_RUN_SECONDS, every=0.1)
            statuses.append(run.status)
            samples.append((time.monotonic() - begun, sample(worker)))
            if len(samples) % RUNS_BETWEEN_SIGNS == 1:
                sys.stderr.write(f"{samples[-1][0] / 60:.0f} min, run {len(samples)}: {shown(samples[-1][1])}\n")
            time.sleep(pause)
    finally:
        worker.end()
    found: Sample = {"runs": len(samples), "not_well": sum(one != FetchRun.Status.SUCCESS for one in statuses)}
    found |= compared(samples)
    found["tracebacks"] = worker.log.count("Traceback")
    sys.stdout.write(json.dumps(found) + "\n")


def compared(samples: list[tuple[float, Sample]]) -> Sample:
    """Medians of the first and of the last fifth, the most there ever was, and the memory in each ten minutes."""
    figures, fifth = [one for _, one in samples], max(1, len(samples) // 5)
    found: Sample = {}
    for name in figures[0]:
        found[f"{name}_first"] = statistics.median(one[name] for one in figures[:fifth])
        found[f"{name}_last"] = statistics.median(one[name] for one in figures[-fifth:])
        found[f"{name}_most"] = max(one[name] for one in figures)
    for number in range(int(samples[-1][0] // PERIOD_SECONDS)):
        period = [one["memory_mib"] for elapsed, one in samples if int(elapsed // PERIOD_SECONDS) == number]
        found[f"memory_mib_from_minute_{number * 10}"] = statistics.median(period)
    return found


if __name__ == "__main__":
    main()
