"""One large run under one worker and under two, and the same run stopped half-way and resumed.

    script/bench scale [--companies 5000] [--latency 0.2] [--concurrency 4] [--database postgresql]

Every cluster works three lanes of `--concurrency` companies. The gateway's ledger is held against what is stored.
"""

import argparse
import json
import sys

from bench.place import DATABASES, place


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=5000)
    parser.add_argument("--latency", type=float, default=0.2)
    parser.add_argument("--concurrency", type=int, default=4)
    parser.add_argument("--database", choices=DATABASES, default="postgresql")
    options = parser.parse_args()
    with place(options.database) as there:
        arguments = (str(options.companies), str(options.latency), str(options.concurrency), str(there.folder))
        found = there.run("bench.scale_child", *arguments)
    sys.stdout.write(f"{options.database}: {json.dumps(found)}\n")
    sys.exit(1 if found["wrong"] else 0)


if __name__ == "__main__":
    main()
