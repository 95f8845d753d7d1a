"""Kills processes at random moments of runs and checks afterwards that nothing was lost, doubled or shown wrongly.

    script/bench kill-sweep [--kills 100] [--minutes 60] [--database sqlite|postgresql] [--seed 1]

Each round runs a schedule to its mails, kills three processes by SIGKILL at phases chosen at random (two of the worker
and one other), and waits until the worker has recovered by itself. Prints the kills by phase and role, the longest time
from a kill to the last mail of its run, and every violation.
"""

import argparse
import json
import sys

from bench.place import DATABASES, has_postgresql, place


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=60, help="Ends a sweep early; on each database.")
    parser.add_argument("--database", choices=DATABASES, help="Default: both, as far as PostgreSQL is installed.")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    databases = [options.database] if options.database else [*DATABASES] if has_postgresql() else ["sqlite"]
    violations = 0
    for database in databases:
        with place(database) as there:
            numbers = (str(options.kills), str(options.minutes), str(options.seed))
            found = there.run("bench.kill_sweep_child", *numbers, str(there.folder))
        sys.stdout.write(f"{database}: {json.dumps(found, indent=2)}\n")
        violations += int(found["violations"])
    sys.exit(1 if violations else 0)


if __name__ == "__main__":
    main()
