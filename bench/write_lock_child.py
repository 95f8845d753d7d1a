"""A run whose transactions are timed from BEGIN to COMMIT while another process writes, as one line of JSON.

python -m bench.write_lock_child COMPANIES
python -m bench.write_lock_child --other DATABASE    writes until its input is closed, and prints how long it waited
"""

import json
import select
import sqlite3
import sys
import time
from pathlib import Path
from subprocess import PIPE, Popen

PAUSE_SECONDS = 0.02


def write_until_told(path: str) -> None:
    """Begin as the site does (BEGIN IMMEDIATE, up to 20 s), change one row, commit."""
    connection = sqlite3.connect(path, timeout=20, isolation_level=None)
    waited = []
    while not select.select([sys.stdin], [], [], PAUSE_SECONDS)[0]:
        started = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE usage_company SET name = 'bench' WHERE id = (SELECT MIN(id) FROM usage_company)")
        connection.execute("COMMIT")
        waited.append((time.perf_counter() - started) * 1000)
    sys.stdout.write(json.dumps(waited) + "\n")


def main() -> None:
    import django

    django.setup()

    from django.conf import settings
    from django.db import transaction

    from bench.fetch_child import measured_run, prepare
    from bench.rounds import percentile

    held: list[float] = []
    cpu: list[float] = []

    class Timed(transaction.Atomic):
        """The outermost block holds the lock: SQLite takes it at BEGIN IMMEDIATE."""

        def __enter__(self) -> None:
            super().__enter__()
            self.began, self.cpu_began = time.perf_counter(), time.thread_time()

        def __exit__(self, *error: object) -> None:  # type: ignore[override]
            outermost = not transaction.get_connection(self.using).savepoint_ids and not self._from_testcase
            super().__exit__(*error)  # type: ignore[arg-type]
            if outermost and not transaction.get_connection(self.using).in_atomic_block:
                held.append((time.perf_counter() - self.began) * 1000)
                cpu.append((time.thread_time() - self.cpu_began) * 1000)

    prepare(int(sys.argv[1]))
    transaction.Atomic = Timed  # type: ignore[misc]
    path = str(settings.DATABASES["default"]["NAME"])
    with Popen([sys.executable, "-m", "bench.write_lock_child", "--other", path], stdin=PIPE, stdout=PIPE) as other:
        run = measured_run()
        waited = json.loads(other.communicate()[0])
    found = {
        "records_per_second": round(run["records"] / run["seconds"]),
        "transactions": len(held),
        "held_p50_ms": round(percentile(held, 0.5), 1),
        "held_longest_ms": round(max(held), 1),
        "held_most_cpu_ms": round(max(cpu), 1),
        "other_writes": len(waited),
        "other_p50_ms": round(percentile(waited, 0.5), 1),
        "other_p99_ms": round(percentile(waited, 0.99), 1),
        "other_longest_ms": round(max(waited), 1),
        "wal_mib": round(Path(f"{path}-wal").stat().st_size / 2**20, 1) if Path(f"{path}-wal").exists() else 0,
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    write_until_told(sys.argv[2]) if sys.argv[1] == "--other" else main()
