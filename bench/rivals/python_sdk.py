"""`sageintacctsdk` from PyPI, fetching and parsing the same records. Runs in the rivals' own environment.

python python_sdk.py http://127.0.0.1:PORT/ia/xml/xmlgw.phtml COMPANIES
"""

import json
import resource
import sys
import time

from sageintacctsdk.apis.api_base import ApiBase

FIELDS = [
    "RECORDNO",
    "CLIENT_TYPE",
    "PARTNERID",
    "FUNCTION",
    "CONTROLID",
    "POLICYID",
    "DTDVERSION",
    "DOCCONTROLID",
    "LOGINID",
    "N_TRANS",
    "CREATED_DATE",
    "CREATED_TIME",
    "STATUS",
]
PAGE = 2000


def read_company(endpoint: str, company: str) -> int:
    """The SDK's own sign-in and requests; it has no class for this object, so the query is put as its classes do."""
    api = ApiBase(dimension="APIUSAGEDETAIL")
    api.set_sender_id("bench")
    api.set_sender_password("bench-sender")
    api.set_show_private(False)
    api._ApiBase__api_url = endpoint  # the SDK has no setting for it
    api.get_session_id("bench", company, "bench-user")
    found = 0
    while True:
        query = {"object": "APIUSAGEDETAIL", "select": {"field": FIELDS}, "pagesize": PAGE, "offset": found}
        result = api.format_and_send_request({"query": query})
        data = result["data"]
        found += len(data.get("APIUSAGEDETAIL", []))
        if int(data["@numremaining"]) == 0:
            return found


def main() -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    records = sum(read_company(sys.argv[1], f"bench-{number:05}") for number in range(int(sys.argv[2])))
    result = {
        "seconds": time.perf_counter() - wall,
        "cpu_seconds": time.process_time() - cpu,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "records": records,
    }
    sys.stdout.write(json.dumps(result) + "\n")


main()
