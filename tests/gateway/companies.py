"""A simulated gateway with the company "acme", and connections to it that never really wait."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from intacct_usage.lib.outbound import OutboundPolicy, OutboundSession, parse_outbound_allow
from intacct_usage.simulator.gateway import GatewaySimulator
from intacct_usage.simulator.scenario import CompanyScenario, Fault, GatewayOptions, Scenario
from usage.gateway.client import CompanyConnection, GatewayClient
from usage.gateway.retries import RetryPolicy

SENDER, SENDER_PASSWORD = "usagewatch", 'se"nd<er>&é]]>'
USER, USER_PASSWORD = "reader", "us]]>er&ü\"'<x>"


@dataclass
class World:
    """The simulator, a client for it, and the pauses that were asked for."""

    gateway: GatewaySimulator
    session: OutboundSession
    pauses: list[float] = field(default_factory=list)
    client_options: dict[str, Any] = field(default_factory=dict)

    def client(self, **options: object) -> GatewayClient:
        fields = {
            "endpoint_url": self.gateway.url,
            "sender_id": SENDER,
            "sender_password": SENDER_PASSWORD,
            "policy": self.session.policy,
            "pauses": RetryPolicy(jitter=lambda: 1.0),
            "query_deadline_seconds": 30,
            "sign_in_deadline_seconds": 30,
            **self.client_options,
            **options,
        }
        return GatewayClient(self.session, **fields)

    def connect(self, company_id: str = "acme", **options: object) -> CompanyConnection:
        fields = {
            "user_id": USER,
            "user_password": USER_PASSWORD,
            "control_id_prefix": "run-7",
            "wait": self.pauses.append,
            **options,
        }
        client = fields.pop("client", None) or self.client()
        return CompanyConnection(client, company_id=company_id, **fields)

    def add_rows(self, count: int, company_id: str = "acme") -> None:
        """Rows of yesterday, one a minute."""
        start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
        for minute in range(count):
            self.gateway.company(company_id).add_row(start + timedelta(minutes=minute), transactions=minute + 1)

    def fault(self, kind: str, **options: object) -> None:
        self.gateway.faults.add(Fault(kind, **options))


@contextmanager
def world(
    *companies: CompanyScenario, gateway: GatewayOptions | None = None, **client_options: object
) -> Iterator[World]:
    scenario = Scenario(
        companies=companies or (CompanyScenario("acme"),),
        company_count=0,
        history_days=0,
        records_per_day=(0, 0),
        counts_own_calls=False,
        senders={SENDER: SENDER_PASSWORD},
        users={USER: USER_PASSWORD},
        gateway=gateway or GatewayOptions(),
    )
    with GatewaySimulator(scenario) as simulator:
        policy = OutboundPolicy(allow=parse_outbound_allow(",".join(simulator.addresses)), connect_timeout_seconds=10)
        with OutboundSession(policy) as session:
            yield World(simulator, session, client_options=client_options)
