"""What the product costs while nothing happens: start of commands, CPU of an idle worker, memory of site and worker.

script/bench idle [--seconds 60] [--rounds 5] [--database sqlite|postgresql]
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from bench.place import DATABASES, PYTHON, ROOT, Place, chosen_databases, place, started
from bench.processes import cpu_seconds, family, memory_mib
from bench.rounds import tell

COMMANDS = (("list_schedules",), ("check_secrets",))
SETTLE_SECONDS = 45.0


def start_seconds(there: Place, command: tuple[str, ...], rounds: int) -> dict[str, float]:
    wall, cpu = [], []
    for _ in range(rounds):
        before, children = time.perf_counter(), os.times()
        subprocess.run(
            [PYTHON, "manage.py", *command], cwd=ROOT, env=there.environment, check=False, capture_output=True
        )
        after = os.times()
        wall.append(time.perf_counter() - before)
        cpu.append(after.children_user - children.children_user + after.children_system - children.children_system)
    return {"seconds": statistics.median(wall), "cpu_seconds": statistics.median(cpu)}


def at_rest(there: Place, seconds: float) -> dict[str, dict[str, float]]:
    """Proportional memory (shared pages are counted once) and CPU of the site and the worker, each with children."""
    environment = {**there.environment, "PORT": str(20_000 + os.getpid() % 20_000)}
    gunicorn = [str(Path(PYTHON).parent / "gunicorn"), "--config", "deploy/gunicorn.conf.py"]
    with (
        started([*gunicorn, "intacct_usage.wsgi:application"], environment) as site,
        started([PYTHON, "manage.py", "worker"], environment) as worker,
    ):
        time.sleep(SETTLE_SECONDS)
        before = {name: cpu_seconds(family(one.pid)) for name, one in (("site", site), ("worker", worker))}
        time.sleep(seconds)
        found = {}
        for name, one in (("site", site), ("worker", worker)):
            members = family(one.pid)
            found[name] = {
                "cpu_percent": 100 * (cpu_seconds(members) - before[name]) / seconds,
                "memory_mib": memory_mib(members),
                "processes": len(members),
            }
    found["together"] = {"memory_mib": found["site"]["memory_mib"] + found["worker"]["memory_mib"]}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--database", choices=DATABASES, help="Default: both, as far as PostgreSQL is installed.")
    options = parser.parse_args()
    for database in chosen_databases(options.database):
        with place(database) as there:
            there.manage("collectstatic", "--noinput", "--verbosity", "0")
            starts = {f"manage.py {command[0]}": start_seconds(there, command, options.rounds) for command in COMMANDS}
            tell(f"{database}, start, medians of {options.rounds}", starts)
            tell(f"{database}, at rest for {options.seconds:g} s", at_rest(there, options.seconds))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
