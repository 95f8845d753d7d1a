"""What the bundled simulator itself can give: a sign-in and a page for each company, to a client that drops the bytes.

    script/bench simulator [--companies 500] [--records 1] [--rounds 3]

`--records` are those of each company and day; the simulator keeps 62 days. A run over the simulator that is far slower
than this is not held up by it.
"""

import argparse
import http.client
import json
import re
import resource
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

from lxml import etree

from bench.place import PYTHON, ROOT
from bench.rounds import Figures, alternate, medians, tell
from usage.gateway.envelope import (
    Login,
    Query,
    Sender,
    Session,
    build_request,
    open_session_function,
    query_function,
)
from usage.gateway.objects import USAGE_FIELDS, USAGE_OBJECT

_SESSION = re.compile(rb"<sessionid>([^<]+)</sessionid>")
_COUNT = re.compile(rb' count="(\d+)" numremaining="(\d+)"')
TO_COME = "the-session"


@contextmanager
def simulator(companies: int, records: int) -> Iterator[tuple[str, list[str]]]:
    """Address and company IDs."""
    command = [PYTHON, "-m", "bench.simulator_child", str(companies), str(records)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin and process.stdout
    try:
        found = json.loads(process.stdout.readline())
        yield found["url"], found["companies"]
    finally:
        process.stdin.close()
        process.wait(30)


def request(function: etree._Element, authentication: Login | Session) -> bytes:
    return build_request(
        function,
        sender=Sender("bench", "bench-sender"),
        authentication=authentication,
        control_id="bench",
        function_id="bench",
    )


class RawClient:
    """One connection; requests are made beforehand, answers are searched for what the next request needs."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._path = address.path
        self._connection = http.client.HTTPConnection(address.netloc)

    def take(self, sign_in: bytes, pages: Sequence[bytes]) -> int:
        """The records of one company, all of them."""
        session = _SESSION.search(self._post(sign_in))
        assert session is not None
        records = 0
        for page in pages:
            counts = _COUNT.search(self._post(page.replace(TO_COME.encode(), session.group(1))))
            assert counts is not None
            records += int(counts.group(1))
            if int(counts.group(2)) == 0:
                return records
        raise AssertionError("More pages than were expected.")

    def _post(self, body: bytes) -> bytes:
        self._connection.request("POST", self._path, body, {"Content-Type": "application/xml"})
        return self._connection.getresponse().read()


def everything(url: str, companies: Sequence[str]) -> Figures:
    fields = tuple(USAGE_FIELDS)
    offsets = range(0, 200_000, 2000)
    pages = [request(query_function(Query(USAGE_OBJECT, fields, offset=at)), Session(TO_COME)) for at in offsets]
    sign_ins = [request(open_session_function(), Login("bench", company, "bench-user")) for company in companies]
    client, cpu, started = RawClient(url), resource.getrusage(resource.RUSAGE_SELF).ru_utime, time.perf_counter()
    records = sum(client.take(sign_in, pages) for sign_in in sign_ins)
    seconds = time.perf_counter() - started
    return {
        "companies_per_second": len(companies) / seconds,
        "records_per_second": records / seconds,
        "client_cpu_share": (resource.getrusage(resource.RUSAGE_SELF).ru_utime - cpu) / seconds,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=500)
    parser.add_argument("--records", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with simulator(options.companies, options.records) as (url, companies):
        found = medians(alternate({"the simulator": lambda: everything(url, companies)}, options.rounds))
    tell(f"{options.companies:,} companies, {options.records:,} records a day", found)


if __name__ == "__main__":
    main()
