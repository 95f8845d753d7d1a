"""A whole installation for tests with real workers: simulated Intacct and mail, this test's database, processes."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from intacct_usage.simulator.gateway import GatewaySimulator
from intacct_usage.simulator.mail import MailSink
from intacct_usage.simulator.scenario import GatewayOptions, Scenario
from notifications.models import EmailConfiguration
from tests.databases import database_url
from tests.workers.processes import WorkerProcess
from usage.fetching.runs import ask_for_run
from usage.models import ApiCredential, Company, FetchRun

QUICK = {"LEASE_SECONDS": "5", "REAPER_SECONDS": "1", "HTTP_DEADLINE_SECONDS": "30", "FETCH_CONCURRENCY": "4"}


def world(companies: int = 12, latency: float = 0.0, **fields: object) -> Scenario:
    """Companies with a few records each, at a gateway that takes as many calls at once as come."""
    values = {
        "company_count": companies,
        "history_days": 5,
        "records_per_day": (1, 4),
        "counts_own_calls": False,
        "latency_seconds": latency,
        "gateway": GatewayOptions(concurrency=64),
    }
    return Scenario(**{**values, **fields})


@dataclass
class Installation:
    """`folder` takes logs, mail and the data directory of the workers."""

    folder: Path
    scenario: Scenario
    settings: dict[str, str] = field(default_factory=dict)
    workers: list[WorkerProcess] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gateway = GatewaySimulator(self.scenario).start()
        self.mail = MailSink(self.folder / "mail").start()
        self._save_credentials()
        Company.objects.bulk_create([Company(intacct_id=intacct_id) for intacct_id in self.gateway.companies])

    @property
    def environment(self) -> dict[str, str]:
        allowed = [*self.gateway.addresses, self.mail.address]
        return {
            **os.environ,
            **QUICK,
            "DATABASE_URL": database_url(),
            "DATA_DIR": str(self.folder / "data"),
            "INTACCT_ENDPOINT_URL": self.gateway.url,
            "OUTBOUND_ALLOW": ",".join(allowed),
            **self.settings,
        }

    def start_worker(self, *arguments: str, **settings: str) -> WorkerProcess:
        log_path = self.folder / f"worker-{len(self.workers)}.log"
        worker = WorkerProcess({**self.environment, **settings}, log_path, arguments)
        self.workers.append(worker)
        return worker.wait_until_complete()

    def ask_for_run(self, **wish: object) -> FetchRun:
        return ask_for_run(**{"asked_by": "test", **wish})

    def add_email_configuration(self, name: str = "Finance") -> EmailConfiguration:
        return EmailConfiguration.objects.create(
            name=name,
            host="127.0.0.1",
            port=self.mail.port,
            security="none",
            from_address="usage@example.com",
            to=f"{name.lower()}@example.com",
            use_proxy=False,
        )

    @property
    def log(self) -> str:
        return "\n".join(worker.log for worker in self.workers)

    def stop(self) -> None:
        for worker in self.workers:
            worker.end()
        self.mail.stop()
        self.gateway.stop()

    def _save_credentials(self) -> None:
        (sender_id, sender_password), (user_id, password) = (
            next(iter(self.scenario.senders.items())),
            next(iter(self.scenario.users.items())),
        )
        credential = ApiCredential(sender_id=sender_id, user_id=user_id)
        credential.seal("sender_password", sender_password)
        credential.seal("user_password", password)
        credential.save()
