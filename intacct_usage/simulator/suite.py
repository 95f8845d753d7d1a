"""All simulated services together, from one scenario.

with SimulatorSuite(DEFAULT_SCENARIO, folder) as suite:
    requests.get(suite.endpoints.companies_url)
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, Self, cast

from intacct_usage.simulator.certificates import CertificateFiles, make_certificate
from intacct_usage.simulator.companies import SimulatedCompany, build_companies
from intacct_usage.simulator.companies_api import CompaniesApiSimulator, Shape
from intacct_usage.simulator.companies_paging import Paging
from intacct_usage.simulator.gateway import GatewaySimulator
from intacct_usage.simulator.graph import GraphStandIn
from intacct_usage.simulator.graph_sign_in import Application
from intacct_usage.simulator.mail import MailSecurity, MailSink
from intacct_usage.simulator.proxy import AuthenticatedProxy
from intacct_usage.simulator.scenario import Scenario

SERVICES = ("gateway", "pod of the gateway", "companies API", "mail server", "Microsoft Graph", "proxy")
HIGHEST_PORT = 65_535


class Service(Protocol):
    """What each of the simulated services can do."""

    port: int

    @property
    def address(self) -> str: ...
    def start(self) -> object: ...
    def stop(self) -> None: ...


class SimulatorError(Exception):
    """The services cannot start; the message is one sentence fit to show."""


@dataclass(frozen=True)
class Endpoints:
    """Where everything is, as text and numbers only. No password is among it."""

    gateway_url: str
    pod_url: str
    read_out_url: str
    companies_url: str
    mail_host: str
    mail_port: int
    graph_url: str
    proxy_url: str
    ca_file: str
    mail_folder: str
    graph_folder: str


class SimulatorSuite:
    """Gateway, companies API, mail sink, Graph stand-in and proxy over one set of companies.

    `folder` takes certificates (`certificates/`) and Graph mail (`graph/`); mail goes to `mail_folder`, by default
    `mail/` in it. With `port_base` the services of `SERVICES` listen on that port and those that follow; without, the
    system chooses. The single services are public, for faults and ledgers.
    """

    def __init__(
        self,
        scenario: Scenario,
        folder: Path,
        *,
        mail_folder: Path | None = None,
        port_base: int | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        if port_base is not None and not 1 <= port_base <= HIGHEST_PORT + 1 - len(SERVICES):
            raise SimulatorError(f"The first port must lie between 1 and {HIGHEST_PORT + 1 - len(SERVICES)}.")
        self.scenario = scenario
        self._clock = clock or _utc_now
        self._ports = [0 if port_base is None else port_base + number for number in range(len(SERVICES))]
        self._running: ExitStack | None = None
        self.certificate = make_certificate(folder / "certificates")
        companies = build_companies(scenario, self._clock())
        self.gateway = GatewaySimulator(scenario, clock=self._clock, companies=companies)
        self.companies_api = _companies_api(scenario, list(self.gateway.companies.values()), self._ports[2])
        self.mail = _mail(scenario, mail_folder or folder / "mail", self._ports[3], self.certificate)
        self.graph = _graph(scenario, folder / "graph", self._ports[4], self.certificate)
        self.proxy = AuthenticatedProxy(scenario.proxy.username, scenario.proxy.password, port=self._ports[5])
        self.companies_api.clock = self.graph.clock = self._clock
        self._others: tuple[Service, ...] = (self.companies_api, self.mail, self.graph, self.proxy)

    def start(self) -> Self:
        """Start all or none. Raises SimulatorError when a port is taken."""
        if self._running is not None:
            return self
        with ExitStack() as starting:
            starting.callback(self.gateway.stop)
            self._start_gateway()
            for name, service in zip(SERVICES[2:], self._others, strict=True):
                try:
                    service.start()
                except OSError as error:
                    raise _cannot_listen(name, service.port, error) from error
                starting.callback(service.stop)
            self._running = starting.pop_all()
        return self

    def stop(self) -> None:
        if self._running is not None:
            self._running.close()
            self._running = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def endpoints(self) -> Endpoints:
        """Final once started."""
        return Endpoints(
            gateway_url=self.gateway.url,
            pod_url=self.gateway.pod_url,
            read_out_url=self.gateway.read_out_url,
            companies_url=self.companies_api.url,
            mail_host=self.mail.host,
            mail_port=self.mail.port,
            graph_url=self.graph.url,
            proxy_url=self.proxy.url,
            ca_file=str(self.certificate.ca.absolute()),
            mail_folder=str(self.mail.folder.absolute()),
            graph_folder=str(self.graph.folder.absolute()),
        )

    @property
    def allow(self) -> str:
        """Text for `OUTBOUND_ALLOW`."""
        return ",".join([*self.gateway.addresses, *(service.address for service in self._others)])

    @property
    def sign_in_company(self) -> str:
        """ID of a company that lets the scenario's first user in; empty if there is none."""
        sender, user = self.first_sender[0], self.first_user[0]
        for company in self.gateway.companies.values():
            right_password = company.users.get(user) == self.scenario.users.get(user)
            if company.state == "active" and sender in company.senders and right_password:
                return company.id
        return ""

    @property
    def first_sender(self) -> tuple[str, str]:
        """Sender ID and password; empty if the scenario has none."""
        return next(iter(self.scenario.senders.items()), ("", ""))

    @property
    def first_user(self) -> tuple[str, str]:
        """User ID and password; empty if the scenario has none."""
        return next(iter(self.scenario.users.items()), ("", ""))

    def _start_gateway(self) -> None:
        try:
            self.gateway.start(port=self._ports[0], pod_port=self._ports[1])
        except OSError as error:
            raise _cannot_listen(SERVICES[0], f"{self._ports[0]} or {self._ports[1]}", error) from error


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _cannot_listen(name: str, port: int | str, error: OSError) -> SimulatorError:
    reason = os.strerror(error.errno).lower() if error.errno else str(error)
    return SimulatorError(f"The simulated {name} cannot listen on port {port}: {reason}. Choose another first port.")


def _companies_api(scenario: Scenario, companies: list[SimulatedCompany], port: int) -> CompaniesApiSimulator:
    options = scenario.companies_api
    paged = options.pagination != "none"
    return CompaniesApiSimulator(
        companies,
        token=options.token or None,
        token_header=options.token_header,
        token_scheme=options.token_prefix.strip(),
        shape=cast("Shape", options.shape),
        list_key=options.list_key,
        naming=(options.id_field, options.name_field, options.account_field, options.reseller_field),
        page_size=options.page_size if paged else None,
        paging=cast("Paging", options.pagination) if paged else "page",
        port=port,
    )


def _mail(scenario: Scenario, folder: Path, port: int, certificate: CertificateFiles) -> MailSink:
    options = scenario.mail
    return MailSink(
        folder,
        users={options.username: options.password} if options.username else None,
        security=cast("MailSecurity", options.security),
        tls=None if options.security == "none" else certificate,
        size_limit=options.size_limit or None,
        refused_recipients=frozenset(options.refused_recipients),
        port=port,
    )


def _graph(scenario: Scenario, folder: Path, port: int, certificate: CertificateFiles) -> GraphStandIn:
    options = scenario.graph
    return GraphStandIn(
        Application(options.tenant_id, options.client_id, options.client_secret),
        folder,
        tls=certificate,
        mailboxes=frozenset(options.mailboxes),
        port=port,
    )
