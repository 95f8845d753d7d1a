"""Many schedules due in the same minute under several workers: each fires once.

script/bench firing [--workers 2 4] [--schedules 60] [--rounds 20] [--database sqlite|postgresql]
"""

import argparse
import json
import sys

from bench.place import DATABASES, has_postgresql, place


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, nargs="+", default=[2, 4])
    parser.add_argument("--schedules", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--database", choices=DATABASES, help="Default: both, as far as PostgreSQL is installed.")
    options = parser.parse_args()
    databases = [options.database] if options.database else [*DATABASES] if has_postgresql() else ["sqlite"]
    wrong = 0.0
    for database in databases:
        for workers in options.workers:
            with place(database) as there:
                numbers = [str(number) for number in (workers, options.schedules, options.rounds)]
                found = there.run("bench.firing_child", *numbers, str(there.folder))
            sys.stdout.write(f"{database}: {json.dumps(found)}\n")
            wrong += found["wrong"]
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
