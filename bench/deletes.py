"""What readers and writers of the site wait for while companies with their records are removed and the log is pruned.

script/bench deletes [--records 1000000] [--companies 300] [--database sqlite|postgresql]
"""

import argparse
import sys

from bench.fill import copied_place
from bench.place import DATABASES, chosen_databases
from bench.rounds import shown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--companies", type=int, default=300)
    parser.add_argument("--database", choices=DATABASES, help="Default: both, as far as PostgreSQL is installed.")
    options = parser.parse_args()
    for database in chosen_databases(options.database):
        with copied_place(database, options.records) as there:
            found = there.run("bench.deletes_child", str(options.companies))
        sys.stdout.write(f"{database}: {shown(found)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
