"""One run under 1, 2 and 4 workers on one database, with a gateway that takes its time (or none, for the CPU's limit).

    script/bench workers [--workers 1 2 4] [--companies 480] [--latency 1.0] [--records 14] [--database postgresql]

Every worker works three lanes of FETCH_CONCURRENCY (4 here) companies. That no company is fetched twice is counted
at the gateway: two calls for each company, a sign-in and a page.
"""

import argparse
import json
import sys
import urllib.request

from bench.gateway import PATH
from bench.place import DATABASES, gateway, place
from bench.rounds import Figures, tell

CONCURRENCY = 4


def gateway_counts(address: str) -> dict[str, float]:
    with urllib.request.urlopen(f"http://{address}/counts", timeout=10) as answer:
        found: dict[str, float] = json.loads(answer.read())
        return found


def measured(workers: int, options: argparse.Namespace) -> Figures:
    with gateway(records=options.records, latency_seconds=options.latency) as address, place(options.database) as there:
        settings = {
            "INTACCT_ENDPOINT_URL": f"http://{address}{PATH}",
            "OUTBOUND_ALLOW": address,
            "FETCH_CONCURRENCY": str(CONCURRENCY),
        }
        arguments = (str(workers), str(options.companies), str(there.folder))
        found = there.run("bench.workers_child", *arguments, **settings)
        counts = gateway_counts(address)
    return {
        **found,
        "calls_per_company": counts["requests"] / options.companies,
        "most_in_flight": counts["most_in_flight"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--companies", type=int, default=480)
    parser.add_argument("--records", type=int, default=14)
    parser.add_argument("--latency", type=float, default=1.0)
    parser.add_argument("--database", choices=DATABASES, default="postgresql")
    options = parser.parse_args()
    found = {f"{workers} workers": measured(workers, options) for workers in options.workers}
    title = f"{options.database}, {options.companies:,} companies, latency {options.latency:g} s"
    tell(title, found, ratio_of="companies_per_second", to=next(iter(found)))
    sys.exit(0 if all(figures["calls_per_company"] == 2 for figures in found.values()) else 1)


if __name__ == "__main__":
    main()
