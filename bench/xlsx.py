"""Libraries that write XLSX, over the columns of the Detailed report: speed, memory, size, safety.

    script/bench xlsx [--rows 200000] [--rounds 3] [--past-the-last]

`--past-the-last` also finds out what becomes of rows beyond Excel's last one, which takes minutes.
Ours, XlsxWriter (typed calls, constant memory), openpyxl (write-only) and rustpy-xlsxwriter take the same rows.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.place import PYTHON, environment_for, run_json
from bench.rival_packages import RUST_XLSX, python_packages
from bench.rounds import Figures, alternate, medians, tell

WRITERS = ("ours", "xlsxwriter", "openpyxl", "rustpy")
SMALL = 10_000


def child(writer: str, *what: str) -> Figures:
    with tempfile.TemporaryDirectory(prefix="usage-bench-") as folder:
        environment = environment_for(Path(folder), f"sqlite:///{folder}/none.sqlite3")
        if writer == "rustpy":
            environment["PYTHONPATH"] += f":{python_packages(RUST_XLSX)}"
        return run_json([PYTHON, "-m", "bench.xlsx_child", writer, *what], environment)


def contestant(writer: str, rows: int) -> Callable[[], Figures]:
    return lambda: child(writer, str(rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--past-the-last", action="store_true")
    options = parser.parse_args()
    found = medians(alternate({name: contestant(name, options.rows) for name in WRITERS}, options.rounds))
    small = {name: child(name, str(SMALL))["peak_mib"] for name in WRITERS}
    for name, figures in found.items():
        figures["peak_over_small"] = figures["peak_mib"] / small[name]
    tell(f"{options.rows:,} rows of 17 columns, medians of {options.rounds}", found, ratio_of="seconds", to="rustpy")
    past = ["past"] if options.past_the_last else []
    for name in WRITERS:
        sys.stdout.write(f"safety of {name}: {json.dumps(child(name, 'safety', *past))}\n")


if __name__ == "__main__":
    main()
