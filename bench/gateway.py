"""A gateway that costs next to nothing: answers made beforehand, any number of companies with the same records.

It understands what the clients of the benchmarks send: `getAPISession`, `query` with offset and page size, and lower
ends of CREATED_DATE or CREATED_TIME. It runs in a process of its own, so its CPU is not counted to any client.

    python -m bench.gateway '{"records": 1000, "latency_seconds": 0.2}'   prints its port
"""

import asyncio
import bisect
import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

PATH = "/ia/xml/xmlgw.phtml"
SENDERS = ("expenseapp", "payrollsync", "crmbridge", "bank-feeds", "timesheets")
FUNCTIONS = ("readByQuery", "query", "create", "update", "readMore", "inspect")
TIME_FORMAT = "%m/%d/%Y %H:%M:%S"
_CONTROL = re.compile(rb"<controlid>([^<]*)</controlid>")
_FUNCTION = re.compile(rb"<function controlid=\"([^\"]*)\"")
_COMPANY = re.compile(rb"<companyid>([^<]*)</companyid>")
_SESSION = re.compile(rb"<sessionid>([^<]*)</sessionid>")
_OFFSET = re.compile(rb"<offset>(\d+)</offset>")
_PAGE_SIZE = re.compile(rb"<pagesize>(\d+)</pagesize>")
_FROM_TIME = re.compile(rb"<field>CREATED_TIME</field><value>([^<]*)</value>")
_FROM_DAY = re.compile(rb"<field>CREATED_DATE</field><value>([^<]*)</value>")
_LENGTH = re.compile(rb"content-length: *(\d+)", re.I)


@dataclass(frozen=True)
class Plan:
    """What every company holds: `records` spread evenly over `days`, the last of them `ends_days_ago`."""

    records: int
    days: int = 50
    ends_days_ago: int = 1
    latency_seconds: float = 0.0


class Answers:
    """The records as XML, once, and the pages cut from them."""

    def __init__(self, plan: Plan, endpoint: str, now: datetime) -> None:
        self._endpoint = endpoint
        last_day = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=plan.ends_days_ago)
        start = last_day - timedelta(days=plan.days - 1)
        step = timedelta(days=plan.days) / max(plan.records, 1)
        self._times = [(start + step * number).replace(microsecond=0) for number in range(plan.records)]
        self._records = [_record(number, moment) for number, moment in enumerate(self._times)]
        self.page = lru_cache(maxsize=512)(self._page)

    def answer(self, body: bytes) -> bytes:
        control, function = _first(_CONTROL, body), _first(_FUNCTION, body)
        if b"<getAPISession" in body:
            company = _first(_COMPANY, body)
            return self._envelope(control, function, company, b"getAPISession", self._session(company))
        company = _first(_SESSION, body).removeprefix(b"s-")
        offset, size = int(_first(_OFFSET, body) or 0), int(_first(_PAGE_SIZE, body) or 100)
        return self._envelope(control, function, company, b"query", self.page(self._first_index(body), offset, size))

    def _first_index(self, body: bytes) -> int:
        index = 0
        if moment := _first(_FROM_DAY, body):
            index = bisect.bisect_left(self._times, _moment(moment.decode() + " 00:00:00"))
        if moment := _first(_FROM_TIME, body):
            index = max(index, bisect.bisect_left(self._times, _moment(moment.decode())))
        return index

    def _page(self, first: int, offset: int, size: int) -> bytes:
        total = len(self._records) - first
        rows = self._records[first + offset : first + offset + size]
        remaining = max(0, total - offset - len(rows))
        head = (
            f'<data listtype="APIUSAGEDETAIL" totalcount="{total}" offset="{offset}" count="{len(rows)}" '
            f'numremaining="{remaining}">'
        )
        return head.encode() + b"".join(rows) + b"</data>"

    def _session(self, company: bytes) -> bytes:
        return (
            b"<data><api><sessionid>s-"
            + company
            + b"</sessionid><endpoint>"
            + self._endpoint.encode()
            + b"</endpoint><locationid></locationid></api></data>"
        )

    def _envelope(self, control: bytes, function: bytes, company: bytes, name: bytes, data: bytes) -> bytes:
        until = (datetime.now(UTC) + timedelta(hours=2)).isoformat(timespec="seconds").encode()
        started = datetime.now(UTC).isoformat(timespec="seconds").encode()
        return b"".join(
            [
                b'<?xml version="1.0" encoding="UTF-8"?>\n<response><control><status>success</status><senderid>bench',
                b"</senderid><controlid>",
                control,
                b"</controlid><uniqueid>false</uniqueid><dtdversion>3.0</dtdversion></control><operation>",
                b"<authentication><status>success</status><userid>bench</userid><companyid>",
                company,
                b"</companyid><locationid></locationid><sessiontimestamp>",
                started,
                b"</sessiontimestamp><sessiontimeout>",
                until,
                b"</sessiontimeout></authentication><result><status>success</status><function>",
                name,
                b"</function><controlid>",
                function,
                b"</controlid>",
                data,
                b"</result></operation></response>",
            ]
        )


def _first(pattern: re.Pattern[bytes], body: bytes) -> bytes:
    found = pattern.search(body)
    return found.group(1) if found else b""


def _moment(text: str) -> datetime:
    return datetime.strptime(text, TIME_FORMAT).replace(tzinfo=UTC)


def _record(number: int, moment: datetime) -> bytes:
    fields = {
        "RECORDNO": 1_000_000 + number,
        "CLIENT_TYPE": "XMLGW",
        "PARTNERID": SENDERS[number % len(SENDERS)],
        "FUNCTION": FUNCTIONS[number % len(FUNCTIONS)],
        "CONTROLID": f"{number:08x}-7a31-4c55-9e21-{number * 2654435761 % 2**48:012x}",
        "POLICYID": "",
        "DTDVERSION": "3.0",
        "DOCCONTROLID": f"doc-{number * 40503 % 2**32:08x}",
        "LOGINID": "xml_gateway_user",
        "N_TRANS": 1 + number % 3,
        "CREATED_DATE": moment.strftime("%m/%d/%Y"),
        "CREATED_TIME": moment.strftime(TIME_FORMAT),
        "STATUS": "success",
    }
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return f"<APIUSAGEDETAIL>{inner}</APIUSAGEDETAIL>".encode()


Send = Callable[[bytes, bytes], None]


class _Connection(asyncio.Protocol):
    """HTTP/1.1 with kept connections, one request after the other."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport if isinstance(transport, asyncio.Transport) else None

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            length = int(_first(_LENGTH, bytes(self._received[:end])) or 0)
            if len(self._received) < end + 4 + length:
                return
            line, body = bytes(self._received[:64]), bytes(self._received[end + 4 : end + 4 + length])
            del self._received[: end + 4 + length]
            self._gateway.receive(line, body, self._send)

    def _send(self, body: bytes, content_type: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        head = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (content_type, len(body))
        self._transport.write(head + body)


class Gateway:
    """Counts requests, and how many were in flight at once, besides answering them."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._answers: Answers | None = None
        self._counts = {"requests": 0, "sign_ins": 0, "queries": 0, "in_flight": 0, "most_in_flight": 0}

    async def serve(self) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0, backlog=1024)
        port = server.sockets[0].getsockname()[1]
        self._answers = Answers(self._plan, f"http://127.0.0.1:{port}{PATH}", datetime.now(UTC))
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        await server.serve_forever()

    def receive(self, line: bytes, body: bytes, send: Send) -> None:
        if line.startswith(b"GET /counts"):
            send(json.dumps(self._counts).encode(), b"application/json")
            return
        counts = self._counts
        counts["requests"] += 1
        counts["sign_ins" if b"<getAPISession" in body else "queries"] += 1
        counts["in_flight"] += 1
        counts["most_in_flight"] = max(counts["most_in_flight"], counts["in_flight"])
        if self._plan.latency_seconds:
            asyncio.get_running_loop().call_later(self._plan.latency_seconds, self._reply, body, send)
        else:
            self._reply(body, send)

    def _reply(self, body: bytes, send: Send) -> None:
        self._counts["in_flight"] -= 1
        if self._answers is not None:
            send(self._answers.answer(body), b"text/xml; charset=UTF-8")


if __name__ == "__main__":
    asyncio.run(Gateway(Plan(**json.loads(sys.argv[1]))).serve())
