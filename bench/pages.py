"""Every page over a large database and over a small one, one reader: page time, database time and queries.

script/bench pages [--records 10000000] [--small 100000] [--times 5] [--only data|pages] [--database ...]

CPU is this process's: with SQLite the database's too, with PostgreSQL not.
"""

import argparse
import sys

from bench.fill import filled
from bench.place import DATABASES, chosen_databases, place

Pages = dict[str, dict[str, float]]


def measured(database: str, records: int, options: argparse.Namespace) -> Pages:
    with place(database, filled(database, records)) as there:
        there.manage("collectstatic", "--noinput", "--verbosity", "0")
        found: Pages = there.run("bench.pages_child", str(options.times), options.only, ALLOWED_HOSTS="testserver")  # type: ignore[assignment]
        return found


def tell(database: str, records: int, large: Pages, small: Pages) -> None:
    sys.stdout.write(
        f"{database}, {records:,} records: page ms (ratio to the small one), its p95, CPU ms, database ms, queries\n"
    )
    for name, figures in large.items():
        ratio = figures["page_ms"] / small[name]["page_ms"] if name in small else 0
        status = "" if figures["status"] == 200 else f"  status {figures['status']:.0f}"
        sys.stdout.write(
            f"  {name:42} {figures['page_ms']:8,.0f} ({ratio:4.1f} x) {figures['p95_ms']:8,.0f} "
            f"{figures['cpu_ms']:8,.0f} {figures['database_ms']:8,.1f} "
            f"{figures['queries']:4.0f}{status}\n"
        )
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=10_000_000)
    parser.add_argument("--small", type=int, default=100_000, help="0: nothing to compare with.")
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--only", choices=["data", "pages"], default="data,pages")
    parser.add_argument("--database", choices=DATABASES, help="Default: both, as far as PostgreSQL is installed.")
    options = parser.parse_args()
    for database in chosen_databases(options.database):
        small = measured(database, options.small, options) if options.small else {}
        tell(database, options.records, measured(database, options.records, options), small)


if __name__ == "__main__":
    main()
