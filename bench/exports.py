"""The Detailed report from the database to a file, against what could be fastest.

    script/bench exports [--records 1000000] [--rounds 3] [--database sqlite|postgresql]

CSV: Python's csv module over the same rows from memory (the floor), and the database's own COPY (PostgreSQL). XLSX:
rustpy-xlsxwriter, the fastest library, over the same rows from the database. Memory: against a report of one company.
"""

import argparse
from collections.abc import Callable

from bench.fill import filled
from bench.place import DATABASES, Place, chosen_databases, place
from bench.rival_packages import RUST_XLSX, python_packages
from bench.rounds import Figures, alternate, medians, tell


def contestant(there: Place, what: str) -> Callable[[], Figures]:
    path = f"{there.environment['PYTHONPATH']}:{python_packages(RUST_XLSX)}"
    return lambda: there.run("bench.exports_child", what, PYTHONPATH=path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--companies", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", choices=DATABASES, help="Default: both, as far as PostgreSQL is installed.")
    options = parser.parse_args()
    for database in chosen_databases(options.database):
        with place(database, filled(database, options.records, options.companies)) as there:
            names = ["csv", "csv-module", *(["copy"] if database == "postgresql" else []), "xlsx", "xlsx-rustpy"]
            found = medians(alternate({name: contestant(there, name) for name in names}, options.rounds))
            for name in ("csv", "xlsx"):
                small = contestant(there, f"{name}-small")()["peak_mib"]
                found[name]["peak_over_small"] = found[name]["peak_mib"] / small
        title = f"{database}, {options.records:,} records, medians of {options.rounds}"
        csv = {name: found[name] for name in found if not name.startswith("xlsx")}
        tell(title, csv, ratio_of="seconds", to="csv-module")
        if "copy" in csv:
            tell("", {"csv": csv["csv"], "copy": csv["copy"]}, ratio_of="seconds", to="copy")
        xlsx = {name: found[name] for name in found if name.startswith("xlsx")}
        tell(title, xlsx, ratio_of="seconds", to="xlsx-rustpy")


if __name__ == "__main__":
    main()
