"""Takes all pages of all companies from the gateway and throws the bytes away: the gateway's own limit.

python -m bench.fetch_ceiling http://127.0.0.1:PORT/ia/xml/xmlgw.phtml COMPANIES
"""

import http.client
import json
import re
import resource
import sys
import time
from urllib.parse import urlsplit

PAGE = 2000
LONGEST_HEAD = 2000
SIGN_IN = "<function controlid='f'><getAPISession/></function><companyid>{company}</companyid>"
QUERY = (
    '<function controlid="f"><query><offset>{offset}</offset><pagesize>{page}</pagesize></query></function>'
    "<sessionid>s-{company}</sessionid>"
)
_COUNT = re.compile(rb' count="(\d+)" numremaining="(\d+)"')


def post(connection: http.client.HTTPConnection, path: str, body: str) -> bytes:
    """The beginning of the answer; the rest is read and dropped."""
    connection.request("POST", path, body.encode())
    response = connection.getresponse()
    head = response.read(LONGEST_HEAD)
    while response.read(2**20):
        pass
    return head


def take_company(connection: http.client.HTTPConnection, path: str, company: str) -> int:
    post(connection, path, SIGN_IN.format(company=company))
    found = 0
    while True:
        counts = _COUNT.search(post(connection, path, QUERY.format(company=company, offset=found, page=PAGE)))
        assert counts is not None
        found += int(counts.group(1))
        if int(counts.group(2)) == 0:
            return found


def main() -> None:
    address, companies = urlsplit(sys.argv[1]), int(sys.argv[2])
    connection = http.client.HTTPConnection(address.netloc)
    wall, cpu = time.perf_counter(), time.process_time()
    records = sum(take_company(connection, address.path, f"bench-{number:05}") for number in range(companies))
    found = {
        "seconds": time.perf_counter() - wall,
        "cpu_seconds": time.process_time() - cpu,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "records": records,
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
