"""Removes companies while threads read and write, and reads alone before: prints what they waited for, as JSON.

python -m bench.deletes_child COMPANIES
"""

import json
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import django

django.setup()

from django.db import connection  # noqa: E402 - Django must be set up before

from bench.rounds import percentile  # noqa: E402
from intacct_usage.lib import clock  # noqa: E402
from intacct_usage.lib.small_steps import delete_in_small_steps  # noqa: E402
from intacct_usage.logs.models import LogEntry  # noqa: E402
from usage.analysis.charts import monthly_usage  # noqa: E402
from usage.companies.removal import remove_with_data  # noqa: E402
from usage.models import Company, QueryFilter, UsageRecord  # noqa: E402
from usage.periods import ALL_DATA  # noqa: E402
from usage.reports import ReportScope  # noqa: E402

PAUSE_SECONDS = 0.05
ALONE_SECONDS = 10.0


def read() -> None:
    """A chart, and the newest records of a company that stays."""
    monthly_usage(ReportScope(None, ALL_DATA), clock.today())
    list(UsageRecord.objects.filter(company=Company.objects.latest("pk")).order_by("-created_on")[:50])


def write() -> None:
    QueryFilter.objects.filter(pk=QueryFilter.objects.latest("pk").pk).update(position=99)


class Timed:
    """Acts again and again in a thread of its own until told to stop."""

    def __init__(self, act: Callable[[], None]) -> None:
        self.milliseconds: list[float] = []
        self._act, self._stop = act, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(PAUSE_SECONDS):
            began = time.perf_counter()
            self._act()
            self.milliseconds.append((time.perf_counter() - began) * 1000)
        connection.close()

    def end(self) -> list[float]:
        self._stop.set()
        self._thread.join()
        return self.milliseconds


def beside(work: Callable[[], object]) -> dict[str, float]:
    readers, writers = Timed(read), Timed(write)
    began = time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    read_ms, write_ms = readers.end(), writers.end()
    return {
        "seconds": seconds,
        "read_p50_ms": percentile(read_ms, 0.5),
        "read_p99_ms": percentile(read_ms, 0.99),
        "write_p50_ms": percentile(write_ms, 0.5),
        "write_p99_ms": percentile(write_ms, 0.99),
        "write_longest_ms": max(write_ms),
    }


def main() -> None:
    removed = Company.objects.filter(pk__in=Company.objects.order_by("pk").values("pk")[1 : 1 + int(sys.argv[1])])
    records = UsageRecord.objects.count()
    old_lines = LogEntry.objects.filter(at__lt=clock.now() + timedelta(days=1)).order_by("at")
    found = {f"alone_{name}": value for name, value in beside(lambda: time.sleep(ALONE_SECONDS)).items()}
    found |= {f"removal_{name}": value for name, value in beside(lambda: remove_with_data(removed, by="bench")).items()}
    found["records_removed"] = records - UsageRecord.objects.count()
    found |= {f"pruning_{name}": value for name, value in beside(lambda: delete_in_small_steps(old_lines)).items()}
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
