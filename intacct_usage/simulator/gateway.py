"""The Intacct XML gateway over HTTP, for the demo and for tests.

    with GatewaySimulator(DEFAULT_SCENARIO) as gateway:
        requests.post(gateway.url, data=request_document)
        assert gateway.ledger.count(function="query") == 1

Two ports are served: the gateway's own and that of its "pod", which `getAPISession` returns where the scenario says so.
Both listen on the loopback address unless `start` is told otherwise.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final, Self

from .companies import SimulatedCompany, build_companies
from .gateway_checks import Checks
from .gateway_context import GatewayState
from .gateway_faults import FaultBoard
from .gateway_ledger import GatewayLedger
from .gateway_readout import PREFIX, answer_read_out
from .gateway_requests import Hook, RequestDesk
from .gateway_sessions import SessionStore, SnapshotStore
from .gateway_transport import to_wire
from .scenario import Scenario
from .web import WebAnswer, WebListener, WebRequest, html_answer

PATH: Final = "/ia/xml/xmlgw.phtml"


class _GatewayListener(WebListener):
    def __init__(self, serve: Callable[[WebRequest], WebAnswer], tls: ssl.SSLContext | None) -> None:
        super().__init__(tls=tls)
        self._serve_request = serve

    def answer(self, request: WebRequest) -> WebAnswer:
        return self._serve_request(request)


class GatewaySimulator:
    """Serves the companies of a scenario. `clock` returns aware UTC times; with `tls` the gateway speaks https.

    `companies` (as `build_companies` makes them) may be shared with other services; else they are built here. `faults`
    may be switched while it runs. Callables in `on_request` run just before each function, after all checks: a test can
    change rows between two pages there.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        clock: Callable[[], datetime] | None = None,
        companies: Mapping[str, SimulatedCompany] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.scenario = scenario
        self.clock = clock or _utc_now
        self.companies = dict(companies) if companies is not None else build_companies(scenario, self.clock())
        self.ledger = GatewayLedger(self.companies, self.clock)
        self.faults = FaultBoard(scenario.faults)
        self.on_request: list[Hook] = []
        self._state = GatewayState(scenario.gateway, SessionStore(scenario.seed), SnapshotStore())
        self._listener = _GatewayListener(self._serve, tls)
        self._pod = _GatewayListener(self._serve, tls)
        self._desk = RequestDesk(
            scenario=scenario,
            checks=Checks(
                {key.casefold(): value for key, value in self.companies.items()}, scenario.senders, self._state
            ),
            ledger=self.ledger,
            board=self.faults,
            clock=self.clock,
            wait=self._listener.stopping.wait,
            hooks=self.on_request,
        )

    def start(self, host: str = "127.0.0.1", port: int = 0, *, pod_port: int = 0) -> Self:
        """Listen; port 0 lets the system choose. Name another `host` only to be reached from outside this machine."""
        for listener, wanted in ((self._listener, port), (self._pod, pod_port)):
            listener.host = host
            listener.port = wanted or listener.port
            listener.start()
        self._state.endpoints.update(own=self.url, pod=self.pod_url)
        return self

    def stop(self) -> None:
        """Close both ports and every connection; sessions, rows and the ledger stay, so it can be started again."""
        self._listener.stop()
        self._pod.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The endpoint, final once started."""
        return self._listener.url + PATH

    @property
    def pod_url(self) -> str:
        """The second endpoint, the one of the company's pod."""
        return self._pod.url + PATH

    @property
    def addresses(self) -> tuple[str, str]:
        """`host:port` of both ports, as `OUTBOUND_ALLOW` wants them."""
        return self._listener.address, self._pod.address

    @property
    def read_out_url(self) -> str:
        """Where other processes read the ledger and switch faults."""
        return self._listener.url + PREFIX

    def company(self, company_id: str) -> SimulatedCompany:
        """A company by its ID. Raises KeyError."""
        return self.companies[company_id]

    def end_sessions(self) -> None:
        """Let every session be over now."""
        self._state.sessions.end_all(self.clock())

    def _serve(self, request: WebRequest) -> WebAnswer:
        options = self.scenario.gateway
        if options.read_out and request.path.startswith(PREFIX):
            return answer_read_out(request, self.ledger, faults=self.faults, companies=self.companies)
        if request.path != PATH:
            return html_answer("404 Not Found", 404)
        if request.method != "POST":
            answer = html_answer("405 Method Not Allowed", 405)
            return WebAnswer(answer.status, answer.body, {**answer.headers, "Allow": "POST"})
        if request.body_bytes > options.max_request_bytes:
            return html_answer("413 Request Entity Too Large", 413)
        accepted = "gzip" in request.headers.get("Accept-Encoding", "")
        return to_wire(
            self._desk.answer(request.body), packed=accepted and options.gzip, wait=self._listener.stopping.wait
        )


def _utc_now() -> datetime:
    return datetime.now(UTC)
