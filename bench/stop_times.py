"""How long a stop takes, from the request to *Stopped*, at eight points of a run; and that nothing is mailed then.

script/bench stop-times [--stops 50] [--database sqlite|postgresql]
"""

import argparse
import json
import sys

from bench.place import DATABASES, has_postgresql, place


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stops", type=int, default=50)
    parser.add_argument("--database", choices=DATABASES, help="Default: both, as far as PostgreSQL is installed.")
    options = parser.parse_args()
    databases = [options.database] if options.database else [*DATABASES] if has_postgresql() else ["sqlite"]
    for database in databases:
        with place(database) as there:
            found = there.run("bench.stop_times_child", str(options.stops), str(there.folder))
        sys.stdout.write(f"{database}: {json.dumps(found)}\n")


if __name__ == "__main__":
    main()
