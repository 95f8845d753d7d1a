"""A nightly run that finds nothing new: calls, and CPU for each company besides the network's.

script/bench topup [--companies 5000] [--rounds 3] [--database sqlite|postgresql]
"""

import argparse
import sys
from functools import partial

from bench.gateway import PATH
from bench.place import DATABASES, Place, chosen_databases, gateway, place
from bench.rounds import Figures, alternate, medians, tell

RECORDS_PER_COMPANY = 14


def per_company(figures: Figures, companies: int) -> Figures:
    own = figures["cpu_seconds"] - figures["network_cpu_seconds"]
    return {
        "own_cpu_ms_per_company": 1000 * own / companies,
        "network_cpu_ms_per_company": 1000 * figures["network_cpu_seconds"] / companies,
        "calls_per_company": figures["requests"] / companies,
        "companies_per_second": companies / figures["seconds"],
        "records_stored": figures["stored"],
    }


def again(there: Place, companies: int, settings: dict[str, str]) -> Figures:
    return per_company(there.run("bench.fetch_child", str(companies), "again", **settings), companies)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", choices=DATABASES, help="Default: both, as far as PostgreSQL is installed.")
    options = parser.parse_args()
    companies = options.companies
    with gateway(records=RECORDS_PER_COMPANY, days=RECORDS_PER_COMPANY) as address:
        settings = {"INTACCT_ENDPOINT_URL": f"http://{address}{PATH}", "OUTBOUND_ALLOW": address}
        for database in chosen_databases(options.database):
            with place(database) as there:
                first = there.run("bench.fetch_child", str(companies), "first", **settings)
                found = medians(alternate({"nothing new": partial(again, there, companies, settings)}, options.rounds))
            title = f"{database}, {companies:,} companies, medians of {options.rounds}"
            tell(title, {"first fetch": per_company(first, companies), **found})
    sys.stdout.flush()


if __name__ == "__main__":
    main()
