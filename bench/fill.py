"""Makes a database of many records that stays, with companies, filters, totals, runs and log lines to match.

    script/bench fill 10000000 [--companies 2000] [--database sqlite|postgresql]

Prints sizes and bytes per record. The pages, exports and load benchmarks use what it made.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.place import DATABASES, Place, chosen_databases, kept_folder, place

DONE = "filled.json"


def filled(database: str, records: int, companies: int = 2000) -> Path:
    """The folder of a filled database, made if it is not there or was not finished."""
    folder = kept_folder(database, records)
    if not (folder / DONE).exists():
        shutil.rmtree(folder, ignore_errors=True)
        with place(database, folder) as there:
            found = there.run("bench.fill_child", str(records), str(companies))
        (folder / DONE).write_text(json.dumps(found))
    return folder


@contextmanager
def copied_place(database: str, records: int) -> Iterator[Place]:
    """A copy of a filled database, so that what is done to it leaves the original as it was."""
    folder = Path(tempfile.mkdtemp(prefix="usage-bench-"))
    try:
        subprocess.run(["cp", "-a", f"{filled(database, records)}/.", str(folder)], check=True)
        with place(database, folder) as there:
            yield there
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("records", type=int)
    parser.add_argument("--companies", type=int, default=2000)
    parser.add_argument("--database", choices=DATABASES, help="Default: both, as far as PostgreSQL is installed.")
    options = parser.parse_args()
    for database in chosen_databases(options.database):
        folder = filled(database, options.records, options.companies)
        sys.stdout.write(f"{database}: {(folder / DONE).read_text()}\n  in {folder}\n")


if __name__ == "__main__":
    main()
