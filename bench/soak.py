"""Many runs in a row under one worker: memory, open files, the write-ahead log and the log table stay bounded.

    script/bench soak [--minutes 5] [--companies 20] [--pause 0] [--database sqlite|postgresql]

The figures of the first fifth of the runs are held against those of the last; memory is told for each ten minutes too.
2 h and 1,000 runs are what the goal asks for.
"""

import argparse
import sys

from bench.gateway import PATH
from bench.place import DATABASES, chosen_databases, gateway, place
from bench.rounds import shown

RECORDS_PER_COMPANY = 200
LOG_ROWS = 2000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--companies", type=int, default=20)
    parser.add_argument("--pause", type=float, default=0, help="seconds between two runs")
    parser.add_argument("--database", choices=DATABASES, help="Default: both, as far as PostgreSQL is installed.")
    options = parser.parse_args()
    for database in chosen_databases(options.database):
        with gateway(records=RECORDS_PER_COMPANY) as address, place(database) as there:
            settings = {
                "INTACCT_ENDPOINT_URL": f"http://{address}{PATH}",
                "OUTBOUND_ALLOW": address,
                "LOG_RETENTION_ROWS": str(LOG_ROWS),
            }
            arguments = (str(options.companies), str(options.minutes * 60), str(options.pause), str(there.folder))
            found = there.run("bench.soak_child", *arguments, **settings)
        sys.stdout.write(f"{database}, {options.minutes:g} minutes: {shown(found)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
