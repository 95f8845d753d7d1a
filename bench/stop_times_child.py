"""The stops themselves, in the environment of their place: prints their figures as one line of JSON.

python -m bench.stop_times_child STOPS FOLDER
"""

import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import django

django.setup()

from intacct_usage.simulator.scenario import Fault  # noqa: E402 - Django must be set up before
from notifications.models import OutgoingEmail  # noqa: E402
from scheduling.models import Occurrence, Schedule  # noqa: E402
from scheduling.run_requests import run_now, stop_occurrence, stop_run  # noqa: E402
from scheduling.schedules import Recipients, save_schedule  # noqa: E402
from tests.workers.installation import Installation, world  # noqa: E402
from tests.workers.ledger_check import false_states  # noqa: E402
from tests.workers.processes import wait_until  # noqa: E402
from usage.models import CompanyFetch, FetchRun  # noqa: E402
from usage.records.data_check import check_data  # noqa: E402

COMPANIES = 40
DEFAULTS = {"LEASE_SECONDS": "60", "REAPER_SECONDS": "30", "HTTP_DEADLINE_SECONDS": "120", "FETCH_CONCURRENCY": "4"}


def done() -> int:
    return CompanyFetch.objects.filter(run__status="running", status="done").count()


def fetching() -> bool:
    return CompanyFetch.objects.filter(run__status="running", status="running").exists()


@dataclass(frozen=True)
class Point:
    reached: Callable[[], object]
    fault: Fault | None = None
    ahead: bool = False


POINTS = {
    "queued": Point(fetching, ahead=True),
    "just started": Point(lambda: FetchRun.objects.running().exists()),
    "signing in": Point(fetching),
    "between companies": Point(lambda: done() > COMPANIES / 4),
    "a call that hangs": Point(fetching, Fault("slow", function="query", seconds=20.0)),
    "waiting for another try": Point(fetching, Fault("too_many_requests", function="query", retry_after="120")),
    "last companies": Point(lambda: done() > COMPANIES - 4),
    "making reports": Point(lambda: Occurrence.objects.filter(state="reporting").exists()),
}


def stop_at(point: Point, installation: Installation, schedule: Schedule) -> float:
    """Seconds from the request to the state; 0 faults and 0 runs are left behind."""
    ahead = installation.ask_for_run() if point.ahead else None
    if point.fault is not None:
        installation.gateway.faults.add(point.fault)
    occurrence = run_now(schedule, by="bench")
    wait_until(point.reached, 60, every=0.01)
    asked = time.monotonic()
    stop_occurrence(Occurrence.objects.select_related("run").get(pk=occurrence.pk), by="bench")
    wait_until(lambda: not Occurrence.objects.open().exists(), 60, every=0.01)
    took = time.monotonic() - asked
    if ahead is not None:
        stop_run(FetchRun.objects.get(pk=ahead.pk), by="bench")
    installation.gateway.faults.clear()
    wait_until(lambda: not FetchRun.objects.open().exists(), 60)
    return took


def main() -> None:
    stops, folder = int(sys.argv[1]), Path(sys.argv[2])
    installation = Installation(folder, world(COMPANIES, 0.1, history_days=20, records_per_day=(5, 20)), DEFAULTS)
    schedule = Schedule(name="Stops", kind="daily", timing="02:30", zone="UTC", reports=["detailed"])
    save_schedule(schedule, Recipients([installation.add_email_configuration()]), by="bench")
    took: dict[str, list[float]] = defaultdict(list)
    installation.start_worker()
    try:
        for number in range(stops):
            name = [*POINTS][number % len(POINTS)]
            took[name].append(stop_at(POINTS[name], installation, schedule))
    finally:
        installation.stop()
    every = sorted(seconds for times in took.values() for seconds in times)
    wrong = [*map(str, check_data()), *(line for run in FetchRun.objects.all() for line in false_states(run))]
    figures = {
        "stops": len(every),
        "p50": round(statistics.median(every), 2),
        "p95": round(every[int(len(every) * 0.95)], 2),
        "worst": round(every[-1], 2),
        "worst_by_point": {name: round(max(times), 2) for name, times in took.items()},
        "stopped": Occurrence.objects.filter(state="stopped").count(),
        "mails_of_stopped": OutgoingEmail.objects.filter(occurrences__state="stopped").count(),
        "wrong": len(wrong),
    }
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
