"""The site, its worker and the people, in the environment of their place: prints their figures as one line of JSON.

python -m bench.load_child USERS SECONDS FOLDER
"""

import json
import os
import random
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402 - Django must be set up before
from django.db import connection  # noqa: E402

from bench.browsing import Browser  # noqa: E402
from bench.fetch_child import save_credentials  # noqa: E402
from bench.place import PYTHON, started  # noqa: E402
from bench.rounds import percentile  # noqa: E402
from scheduling.models import Schedule  # noqa: E402
from usage.fetching.runs import ask_for_run  # noqa: E402
from usage.models import Company, FetchRun, UsageRecord  # noqa: E402

THREADS_START_SECONDS = 5.0
LOOK_SECONDS = (2.0, 6.0)
WRITE_EVERY_SECONDS = 1.0
CHART = "/reports/?preset=last-12-months"
EXPORT = "/reports/download/detailed.csv"

Figures = dict[str, float]


def pages() -> list[str]:
    """What people open, the common ones more than once."""
    company, run = Company.objects.order_by("pk").values_list("pk", flat=True)[100], FetchRun.objects.latest("pk").pk
    return [
        *("/", "/", "/reports/", CHART, "/schedules/", "/runs/", f"/runs/{run}/", f"/companies/{company}/"),
        *("/configuration/", "/configuration/companies/?page=3", "/logs/", "/notifications/", "/schedules/live/"),
    ]


class People:
    """Threads that browse until told to stop, and what each page took."""

    def __init__(self, port: int, users: int) -> None:
        self._port, self._users = port, users
        self._stop = threading.Event()
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.errors: list[str] = []

    def browse_for(self, seconds: float, *, exporting: bool) -> None:
        user = User.objects.get(username="bench-admin")
        chosen, schedules = pages(), list(Schedule.objects.values_list("pk", flat=True))
        acts = [partial(self._read, Browser(self._port, user), chosen, seed) for seed in range(self._users)]
        acts.append(partial(self._write, Browser(self._port, user), schedules))
        if exporting:
            acts.append(partial(self._export, Browser(self._port, user)))
        threads = [threading.Thread(target=act, daemon=True) for act in acts]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        self._stop.set()
        for thread in threads:
            thread.join(60)

    def _read(self, browser: Browser, chosen: list[str], seed: int) -> None:
        chance = random.Random(seed)
        self._stop.wait(chance.uniform(0, LOOK_SECONDS[1]))
        while not self._stop.is_set():
            address = chance.choice(chosen)
            self._timed("chart" if address.startswith("/reports/") else "page", browser.get, address)
            self._stop.wait(chance.uniform(*LOOK_SECONDS))

    def _write(self, browser: Browser, schedules: list[int]) -> None:
        number = 0
        while not self._stop.wait(WRITE_EVERY_SECONDS):
            act = "enable" if number % 2 == 0 else "disable"
            self._timed("write", browser.post, f"/schedules/{schedules[number // 2 % len(schedules)]}/{act}/")
            number += 1

    def _export(self, browser: Browser) -> None:
        while not self._stop.is_set():
            self._timed("export", browser.get, EXPORT)

    def _timed(self, kind: str, act: Callable[[str], int], address: str) -> None:
        began = time.perf_counter()
        status = act(address)
        self.seconds[kind].append(time.perf_counter() - began)
        if status != (302 if kind == "write" else 200):
            self.errors.append(f"{address}: {status}")

    def figures(self) -> dict[str, Figures]:
        found = {
            kind: {
                "count": float(len(seconds)),
                "p50_ms": 1000 * percentile(seconds, 0.5),
                "p95_ms": 1000 * percentile(seconds, 0.95),
                "p99_ms": 1000 * percentile(seconds, 0.99),
                "worst_ms": 1000 * max(seconds),
            }
            for kind, seconds in sorted(self.seconds.items())
        }
        return {**found, "errors": {"count": float(len(self.errors))}}


def measured(port: int, users: int, seconds: float, *, exporting: bool) -> dict[str, Figures]:
    people = People(port, users)
    people.browse_for(seconds, exporting=exporting)
    for error in people.errors[:5]:
        sys.stderr.write(f"{error}\n")
    return people.figures()


def wait_for_site(port: int) -> None:
    ends_at = time.monotonic() + 60
    while time.monotonic() < ends_at:
        try:
            if Browser(port, None).get("/healthz") == 200:
                return
        except OSError:
            time.sleep(0.2)
    sys.exit("The site did not start.")


def main() -> None:
    users, seconds, folder = int(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3])
    save_credentials()
    port = 20_000 + os.getpid() % 20_000
    environment = {**os.environ, "PORT": str(port), "ALLOWED_HOSTS": "127.0.0.1"}
    gunicorn = [str(Path(PYTHON).parent / "gunicorn"), "--config", "deploy/gunicorn.conf.py"]
    found: dict[str, object] = {}
    with started([*gunicorn, "intacct_usage.wsgi:application"], environment):
        wait_for_site(port)
        measured(port, users, THREADS_START_SECONDS, exporting=False)  # the first requests load templates
        for name, one in measured(port, users, seconds, exporting=False).items():
            found[f"alone, {name}"] = one
        found["load average"] = os.getloadavg()[0]
        with started([PYTHON, "manage.py", "worker"], {**environment, "LOG_FORMAT": "text"}):
            run = ask_for_run(asked_by="bench", mode=FetchRun.Mode.FULL_REFRESH)
            while FetchRun.objects.filter(pk=run.pk, companies_done=0, started_at=None).exists():
                time.sleep(0.5)
            before, began = UsageRecord.objects.count(), time.monotonic()
            for name, one in measured(port, users, seconds, exporting=True).items():
                found[f"busy, {name}"] = one
            run.refresh_from_db()
            stored = run.company_fetches.filter(status="done").count()
            found["companies fetched meanwhile"] = stored
            found["seconds"] = round(time.monotonic() - began)
            found["records before"] = before
            found["run"] = run.status
    found["load average at the end"] = os.getloadavg()[0]
    (folder / "load.json").write_text(json.dumps(found))
    connection.close()
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
