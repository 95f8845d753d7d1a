"""The simulator in a process of its own, until its input ends: prints its address and companies as one line of JSON.

python -m bench.simulator_child COMPANIES RECORDS_A_DAY
"""

import json
import sys

from intacct_usage.simulator.gateway import GatewaySimulator
from intacct_usage.simulator.scenario import GatewayOptions, Scenario


def main() -> None:
    companies, records = int(sys.argv[1]), int(sys.argv[2])
    scenario = Scenario(
        company_count=companies,
        records_per_day=(records, records),
        counts_own_calls=False,
        senders={"bench": "bench-sender"},
        users={"bench": "bench-user"},
        gateway=GatewayOptions(concurrency=64),
    )
    with GatewaySimulator(scenario) as gateway:
        sys.stdout.write(json.dumps({"url": gateway.url, "companies": list(gateway.companies)}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
