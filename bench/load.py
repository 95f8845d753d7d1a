"""People on the site, without and with a fetch and an export beside them: how long pages take.

    script/bench load [--seconds 60] [--users 20] [--records 1000000] [--database sqlite|postgresql]

Each person opens a page and looks at it for 2 to 6 seconds; one more switches schedules on and off once a second.
The site is gunicorn as it is deployed: one process of 8 threads on SQLite, two on PostgreSQL.
"""

import argparse
import json
import sys

from bench.fill import copied_place
from bench.gateway import PATH
from bench.place import DATABASES, chosen_databases, gateway
from bench.rounds import shown

USERS = {"sqlite": 20, "postgresql": 50}
PROCESSES = {"sqlite": "1", "postgresql": "2"}
LATENCY_SECONDS = 0.2
RECORDS_PER_COMPANY = 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--users", type=int, help="Default: 20 on SQLite, 50 on PostgreSQL.")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--database", choices=DATABASES, help="Default: both, as far as PostgreSQL is installed.")
    options = parser.parse_args()
    for database in chosen_databases(options.database):
        users = str(options.users or USERS[database])
        with (
            gateway(records=RECORDS_PER_COMPANY, latency_seconds=LATENCY_SECONDS) as address,
            copied_place(database, options.records) as there,
        ):
            there.manage("collectstatic", "--noinput", "--verbosity", "0")
            settings = {
                "INTACCT_ENDPOINT_URL": f"http://{address}{PATH}",
                "OUTBOUND_ALLOW": address,
                "WEB_CONCURRENCY": PROCESSES[database],
            }
            found = there.run("bench.load_child", users, str(options.seconds), str(there.folder), **settings)
        sys.stdout.write(f"{database}, {users} users, {options.records:,} records\n")
        for name, figures in found.items():
            text = shown(figures) if isinstance(figures, dict) else json.dumps(figures)
            sys.stdout.write(f"  {name}: {text}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
