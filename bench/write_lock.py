"""How long a fetch holds SQLite's one write lock, and how long others wait for it.

script/bench write-lock [--rows 20000] [--companies 10] [--concurrency 8]
"""

import argparse
import json
import sys

from bench.gateway import PATH
from bench.place import gateway, place


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--companies", type=int, default=10)
    parser.add_argument("--concurrency", type=int, default=8)
    options = parser.parse_args()
    with gateway(records=options.rows) as address, place("sqlite") as there:
        settings = {
            "INTACCT_ENDPOINT_URL": f"http://{address}{PATH}",
            "OUTBOUND_ALLOW": address,
            "FETCH_CONCURRENCY": str(options.concurrency),
        }
        found = there.run("bench.write_lock_child", str(options.companies), **settings)
    sys.stdout.write(f"sqlite, {options.companies} companies x {options.rows:,} records: {json.dumps(found)}\n")


if __name__ == "__main__":
    main()
