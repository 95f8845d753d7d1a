"""The rounds themselves, in the environment of their place: prints their figures as one line of JSON.

python -m bench.firing_child WORKERS SCHEDULES ROUNDS FOLDER
"""

import json
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django

django.setup()

from scheduling.models import Occurrence, Schedule  # noqa: E402 - Django must be set up before
from tests.workers.installation import Installation, world  # noqa: E402
from tests.workers.processes import wait_until  # noqa: E402
from usage.fetching.runs import request_stop  # noqa: E402
from usage.models import FetchRun  # noqa: E402

SETTLE_SECONDS = 3.0


def make_due(moment: datetime) -> None:
    """All schedules are due at this minute, which is just past."""
    Schedule.objects.update(timing=f"{moment:%Y-%m-%dT%H:%M}", enabled=True, next_run_at=moment)


def fired(moment: datetime) -> int:
    return Occurrence.objects.filter(due_at=moment).count()


def play_round(moment: datetime, schedules: int) -> float:
    """Seconds from being due to the last one being fired."""
    make_due(moment)
    took = wait_until(lambda: fired(moment) >= schedules, 60)
    time.sleep(SETTLE_SECONDS)
    for run in FetchRun.objects.open():
        request_stop(run, by="bench")
    wait_until(lambda: not Occurrence.objects.open().exists(), 60)
    return took


def main() -> None:
    workers, schedules, rounds = (int(word) for word in sys.argv[1:4])
    installation = Installation(Path(sys.argv[4]), world(2))
    Schedule.objects.bulk_create(
        [
            Schedule(name=f"Schedule {n}", kind="one_off", timing="2026-01-01T00:00", zone="UTC")
            for n in range(schedules)
        ]
    )
    for _ in range(workers):
        installation.start_worker()
    start = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=rounds)
    try:
        took = [play_round(start + timedelta(minutes=number), schedules) for number in range(rounds)]
    finally:
        installation.stop()
    log = installation.log
    due = schedules * rounds
    figures = {
        "workers": workers,
        "due": due,
        "occurrences": Occurrence.objects.count(),
        "runs": FetchRun.objects.count(),
        "database_is_locked": log.count("database is locked"),
        "tracebacks": log.count("Traceback"),
        "slowest_round_seconds": round(max(took), 1),
    }
    wrong = abs(figures["occurrences"] - due) + abs(figures["runs"] - due) + figures["database_is_locked"]
    sys.stdout.write(json.dumps({**figures, "wrong": wrong}) + "\n")


if __name__ == "__main__":
    main()
