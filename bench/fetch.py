"""Fetch, parse and store against the SDKs for Intacct, which fetch and parse only.

    script/bench fetch [--shape big|many] [--rounds 3] [--database sqlite|postgresql]
    script/bench fetch --shape many --latency 0.2 --concurrency 32 --rounds 1
    script/bench fetch --companies 5000 --records 14 --latency 0.2 --concurrency 32 --alone

*big* is one company with 200,000 records, *many* are 200 companies with 1,000 each. `ceiling` is a client that throws
the bytes away: what the gateway of the benchmarks itself can give. `--alone` leaves the SDKs out.
"""

import argparse
import sys
from collections.abc import Callable
from contextlib import ExitStack

from bench.gateway import PATH
from bench.place import DATABASES, PYTHON, Place, chosen_databases, gateway, place, run_json, safe_environment
from bench.rival_packages import PYTHON_SDK, node_packages, python_packages
from bench.rounds import Figures, alternate, medians, tell

SHAPES = {"big": (1, 200_000), "many": (200, 1000)}
CEILING = "ceiling (bytes thrown away)"
REQUESTS_PER_COMPANY = 2
"""A sign-in and a page, for companies whose records fit on one page."""

Contestants = dict[str, Callable[[], Figures]]


def rated(figures: Figures) -> Figures:
    return {
        "records_per_second": figures["records"] / figures["seconds"],
        "cpu_seconds_per_100k": figures["cpu_seconds"] / figures["records"] * 100_000,
        **figures,
    }


def ours(there: Place, address: str, companies: int, concurrency: int) -> Callable[[], Figures]:
    settings = {
        "INTACCT_ENDPOINT_URL": f"http://{address}{PATH}",
        "OUTBOUND_ALLOW": address,
        "FETCH_CONCURRENCY": str(concurrency),
    }
    return lambda: rated(there.run("bench.fetch_child", str(companies), "first", **settings))


def other(program: list[str], address: str, companies: int, **environment: str) -> Callable[[], Figures]:
    command = [*program, f"http://{address}{PATH}", str(companies)]
    return lambda: rated(run_json(command, {**safe_environment(), **environment}))


def sdks(address: str, companies: int) -> Contestants:
    python = {"PYTHONPATH": str(python_packages(PYTHON_SDK))}
    found = {"Python SDK": other([PYTHON, "bench/rivals/python_sdk.py"], address, companies, **python)}
    if folder := node_packages():
        node = ["node", "bench/rivals/node_sdk.js"]
        found["Node SDK"] = other(node, address, companies, RIVALS_FOLDER=str(folder))
    return found


def compare(shape: str, options: argparse.Namespace) -> None:
    companies, records = SHAPES[shape]
    companies, records = options.companies or companies, options.records or records
    with ExitStack() as stack:
        address = stack.enter_context(gateway(records=records, latency_seconds=options.latency))
        contestants = {} if options.alone else sdks(address, companies)
        rivals = list(contestants)
        for database in chosen_databases(options.database):
            there = stack.enter_context(place(database))
            contestants[f"ours, {database}"] = ours(there, address, companies, options.concurrency)
        if not options.latency:
            contestants[CEILING] = other([PYTHON, "-m", "bench.fetch_ceiling"], address, companies)
        found = medians(alternate(contestants, options.rounds))
    fastest = max(rivals, key=lambda name: found[name]["records_per_second"], default="")
    title = f"{companies:,} companies x {records:,} records, latency {options.latency:g} s, medians of {options.rounds}"
    tell(title, found, ratio_of="records_per_second", to=fastest)
    if options.latency:
        least = companies * REQUESTS_PER_COMPANY * options.latency / options.concurrency
        sys.stdout.write(f"  requests x latency / in flight: {least:.1f} s\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=SHAPES, help="Default: both.")
    parser.add_argument("--companies", type=int, help="Others than the shape's.")
    parser.add_argument("--records", type=int, help="Per company, others than the shape's.")
    parser.add_argument("--latency", type=float, default=0.0, help="Seconds that each request takes.")
    parser.add_argument("--concurrency", type=int, default=8, help="FETCH_CONCURRENCY of ours.")
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", choices=DATABASES, help="Default: both, as far as PostgreSQL is installed.")
    options = parser.parse_args()
    custom = "many" if options.companies or options.records else None
    for shape in [options.shape or custom] if options.shape or custom else SHAPES:
        compare(shape, options)


if __name__ == "__main__":
    main()
