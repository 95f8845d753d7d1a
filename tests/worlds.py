"""A simulated Intacct for fetching tests: real HTTP on loopback, real sessions, one world per test."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from django.conf import LazySettings

from intacct_usage.lib.outbound import OutboundPolicy, parse_outbound_allow
from intacct_usage.simulator.gateway import GatewaySimulator
from intacct_usage.simulator.scenario import Scenario
from usage.fetching.lane import Lane
from usage.fetching.runs import ask_for_run, start_next_run
from usage.gateway.retries import RetryPolicy
from usage.models import ApiCredential, Company, CompanyFetch, FetchRun

QUICK = RetryPolicy(
    quick=(0.01,) * 4, slow=(0.01,) * 4, few=(0.01,) * 2, cdn_timeout=(0.01,) * 4, cdn_block=(0.01,) * 3
)


@dataclass
class World:
    """The simulator, and this installation pointed at it."""

    gateway: GatewaySimulator
    scenario: Scenario

    def fetch(self, *, concurrency: int = 4, **wish: object) -> FetchRun:
        """One run to its end, in this process."""
        run = ask_for_run(asked_by="test", **wish)
        start_next_run()
        run.refresh_from_db()
        Lane(run, concurrency=concurrency, pauses=QUICK).work()
        run.refresh_from_db()
        return run

    def outcome(self, intacct_id: str) -> CompanyFetch:
        return CompanyFetch.objects.select_related("company").filter(company__intacct_id=intacct_id).latest("pk")


def save_credentials(scenario: Scenario, user_password: str | None = None) -> ApiCredential:
    (sender_id, sender_password), (user_id, password) = (
        next(iter(scenario.senders.items())),
        next(iter(scenario.users.items())),
    )
    credential = ApiCredential(sender_id=sender_id, user_id=user_id)
    credential.seal("sender_password", sender_password)
    credential.seal("user_password", password if user_password is None else user_password)
    credential.save()
    return credential


@pytest.fixture
def make_world(transactional_db: None, settings: LazySettings) -> Iterator[Callable[..., World]]:
    """Starts a simulator for a scenario, stores its credentials and lists its companies."""
    started: list[GatewaySimulator] = []

    def make(scenario: Scenario, *, user_password: str | None = None, **simulator: object) -> World:
        gateway = GatewaySimulator(scenario, **simulator).start()
        started.append(gateway)
        settings.INTACCT_ENDPOINT_URL = gateway.url
        settings.HTTP_DEADLINE_SECONDS = 30  # no machine is so slow
        settings.OUTBOUND_POLICY = OutboundPolicy(
            allow=parse_outbound_allow(",".join(gateway.addresses)), extra_ca_file=None, deadline_seconds=30
        )
        save_credentials(scenario, user_password)
        Company.objects.bulk_create([Company(intacct_id=intacct_id) for intacct_id in gateway.companies])
        return World(gateway, scenario)

    yield make
    for gateway in started:
        gateway.stop()
