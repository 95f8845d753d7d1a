"""The sweep itself, in the environment of its place: prints its figures as one line of JSON.

python -m bench.kill_sweep_child KILLS MINUTES SEED FOLDER
"""

import contextlib
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402 - Django must be set up before
from django.db import close_old_connections  # noqa: E402

from intacct_usage.api.tokens import create_token  # noqa: E402
from notifications.models import OutgoingEmail  # noqa: E402
from scheduling.models import Occurrence, Schedule  # noqa: E402
from scheduling.run_requests import AlreadyRunningError, run_now  # noqa: E402
from scheduling.schedules import Recipients, save_schedule  # noqa: E402
from scheduling.state_check import check_states  # noqa: E402
from tests.ports import free_port  # noqa: E402
from tests.workers.installation import Installation, world  # noqa: E402
from tests.workers.ledger_check import differences, false_states  # noqa: E402
from tests.workers.processes import ROOT, WorkerProcess, children, wait_until  # noqa: E402
from usage.models import CompanyFetch, FetchRun  # noqa: E402
from usage.records.data_check import check_data  # noqa: E402

COMPANIES = 60
RECOVERY_LIMIT_SECONDS = 90.0
# The defaults of an installation, not the short times of tests.
DEFAULTS = {"LEASE_SECONDS": "60", "REAPER_SECONDS": "30", "HTTP_DEADLINE_SECONDS": "120", "FETCH_CONCURRENCY": "4"}
OPEN_MAILS = OutgoingEmail.OPEN_STATES


def done_share() -> float:
    run = FetchRun.objects.running().first()
    if run is None:
        return -1.0
    return CompanyFetch.objects.filter(run=run, status="done").count() / COMPANIES


PHASES: dict[str, Callable[[], bool]] = {
    "queued or signing in": lambda: FetchRun.objects.open().filter(sign_in_proven_at=None).exists(),
    "fetching": lambda: 0.0 < done_share() < 0.8,
    "last companies": lambda: done_share() >= 0.8,
    "making reports": lambda: Occurrence.objects.filter(state="reporting").exists(),
    "mailing": lambda: OutgoingEmail.objects.filter(state__in=OPEN_MAILS).exists(),
    "idle": lambda: not Occurrence.objects.open().exists(),
}
ROLES: dict[str, Callable[[WorkerProcess], int]] = {
    "first worker": lambda worker: next(iter(worker.pool), 0),
    "second worker": lambda worker: worker.pool[1] if len(worker.pool) > 1 else 0,
    "third worker": lambda worker: worker.pool[2] if len(worker.pool) > 2 else 0,
    "monitor": lambda worker: worker.pool[4] if len(worker.pool) > 4 else 0,
    "pusher": lambda worker: worker.pool[5] if len(worker.pool) > 5 else 0,
    "sentinel": lambda worker: worker.sentinel,
    "main process": lambda worker: worker.main,
    "supervisor": lambda worker: worker.supervisor,
}
OTHERS = ("web", "command")
WORKER_KILLS_PER_RUN = 2


@dataclass
class Kill:
    """A process that was killed; `seconds`: until everything was over and right again."""

    role: str
    phase: str
    at: float = field(repr=False)
    seconds: float | None = None

    def __str__(self) -> str:
        return f"{self.role} killed while {self.phase}"


@dataclass
class Sweep:
    """One installation, one worker at a time, and what has happened to it so far."""

    installation: Installation
    schedule: Schedule
    chance: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    phases: Counter[str] = field(default_factory=Counter)
    recoveries: list[float] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.port = free_port()
        owner = User.objects.create_superuser("sweep")
        self._token = create_token(owner, name="Sweep", scope="run", days=1, by="sweep")[1]
        self.worker = self.installation.start_worker()
        self.web = self._start_web()

    def round(self) -> None:
        """One run with a few kills, one recovery, one check."""
        self._add_usage()
        occurrence = self._begin()
        kills: list[Kill] = []
        for phase, role in self._plan():
            if phase == "idle":
                self._wait_for_recovery(occurrence, kills)
            kills += self._kill_in(phase, role)
            if role in ROLES:
                self._wait_for_worker(role)
        self._wait_for_recovery(occurrence, kills)
        self._check(", ".join(map(str, kills)), occurrence)

    def _plan(self) -> list[tuple[str, str]]:
        """Phases in their order, each with whom to kill then; two deaths of the worker at most, for with the third
        one a company may rightly fail."""
        roles = [*self.chance.choices([*ROLES], k=WORKER_KILLS_PER_RUN), self.chance.choice(OTHERS)]
        self.chance.shuffle(roles)
        places = sorted(self.chance.choices(range(len(PHASES)), k=len(roles)))
        return [([*PHASES][place], role) for place, role in zip(places, roles, strict=True)]

    def _kill_in(self, phase: str, role: str) -> "list[Kill]":
        with contextlib.suppress(AssertionError):  # a phase may be over before it was seen; then any moment will do
            wait_until(lambda: PHASES[phase]() or PHASES["idle"](), 30, every=0.02)
        time.sleep(self.chance.uniform(0, 0.15))
        kill = Kill(role, self._phase_now(), time.monotonic())
        if not self._kill(role):
            return []
        self.kills[role] += 1
        self.phases[kill.phase] += 1
        return [kill]

    def _add_usage(self) -> None:
        for company in self.chance.sample(sorted(self.installation.gateway.companies), 20):
            self.installation.gateway.company(company).add_row(datetime.now(UTC))

    def _begin(self) -> Occurrence:
        """Every third run is asked for at the site, which is killed while it answers, or is about to."""
        if self.chance.random() < 1 / 3:
            asking = threading.Thread(target=self._ask_the_site, daemon=True)
            asking.start()
            time.sleep(self.chance.uniform(0, 1.5))
            self._kill("web")
            asking.join()
            self.kills["web"] += 1
            self.phases["asked for at the site"] += 1
        return Occurrence.objects.open().select_related("run").first() or run_now(self.schedule, by="sweep")

    def _ask_the_site(self) -> None:
        address = f"http://127.0.0.1:{self.port}/api/v1/schedules/{self.schedule.pk}/run"
        request = urllib.request.Request(address, b"", {"Authorization": f"Bearer {self._token}"})
        with contextlib.suppress(OSError, http.client.HTTPException):
            urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - our own site

    def _phase_now(self) -> str:
        return next((name for name, holds in PHASES.items() if holds()), "between two phases")

    def _kill(self, role: str) -> bool:
        if role == "web":
            for process_id in (*children(self.web.pid), self.web.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process_id, signal.SIGKILL)
            self.web.wait()
            self.web = self._start_web()
            return True
        if role == "command":
            self._kill_command()
            return True
        process_id = ROLES[role](self.worker)
        try:
            self.worker.kill(process_id)
        except ProcessLookupError:
            return False
        if role == "supervisor":
            self.worker.popen.wait()
            self.worker = self.installation.start_worker()
        return True

    def _kill_command(self) -> None:
        """Somebody starts the schedule from a terminal, and is killed meanwhile."""
        command = subprocess.Popen(
            [sys.executable, "manage.py", "run_schedule", self.schedule.name],
            cwd=ROOT,
            env=self.installation.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(self.chance.uniform(0.3, 1.5))
        command.kill()
        command.wait()

    def _start_web(self) -> subprocess.Popen[bytes]:
        web = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "intacct_usage.wsgi:application", "--bind", f"127.0.0.1:{self.port}"],
            cwd=ROOT,
            env=self.installation.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(self._answers, 60)
        return web

    def _answers(self) -> bool:
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", self.port)) == 0

    def _wait_for_end(self, occurrence: Occurrence) -> None:
        def over() -> bool:
            close_old_connections()
            nothing_open = not Occurrence.objects.open().exists() and not FetchRun.objects.open().exists()
            return nothing_open and not OutgoingEmail.objects.filter(state__in=OPEN_MAILS).exists()

        wait_until(over, RECOVERY_LIMIT_SECONDS)
        occurrence.refresh_from_db()

    def _wait_for_worker(self, role: str) -> None:
        try:
            wait_until(self.worker.is_complete, RECOVERY_LIMIT_SECONDS)
        except AssertionError as error:
            self.violations.append(f"{role}: the worker is not complete again ({error})")

    def _wait_for_recovery(self, occurrence: Occurrence, kills: "list[Kill]") -> None:
        """Everything is over, the mails went out; counted from each kill that was not counted before."""
        try:
            self._wait_for_end(occurrence)
        except AssertionError as error:
            self.violations.append(f"{kills}: the run is not over ({error})")
        for kill in kills:
            if kill.seconds is None:
                kill.seconds = time.monotonic() - kill.at
                self.recoveries.append(kill.seconds)
                if kill.seconds > RECOVERY_LIMIT_SECONDS:
                    self.violations.append(f"{kill}: recovered after {kill.seconds:.0f} s")

    def _check(self, what: str, occurrence: Occurrence) -> None:
        found = [*differences(self.installation), *map(str, check_data()), *map(str, check_states())]
        found += [sentence for run in FetchRun.objects.all() for sentence in false_states(run)]
        found += false_mails(self.installation)
        if occurrence.state != Occurrence.State.SUCCESS:
            found.append(f"{occurrence} ended as {occurrence.state}: {occurrence.message}")
        self.violations += [f"{what}: {sentence}" for sentence in found]

    def end(self) -> None:
        self.web.kill()
        self.web.wait()
        self.installation.stop()


def false_mails(installation: Installation) -> list[str]:
    """Messages that were accepted twice, and mails that say *sent* although nobody accepted them."""
    accepted = Counter(str(message.parsed()["Message-ID"]) for message in installation.mail.messages())
    found = [f"{message_id} was accepted {count} times" for message_id, count in accepted.items() if count > 1]
    for email in OutgoingEmail.objects.filter(state=OutgoingEmail.State.SENT).prefetch_related("parts"):
        missing = [part.message_id for part in email.parts.all() if part.message_id not in accepted]
        found += [f"{email} says sent, but {message_id} was never accepted" for message_id in missing]
    for occurrence in Occurrence.objects.filter(state=Occurrence.State.SUCCESS):
        if occurrence.emails.count() != len(occurrence.run_parameters.email_ids):
            found.append(f"{occurrence} has {occurrence.emails.count()} mails")
    return found


def begin_sweep(folder: Path, seed: int) -> Sweep:
    """A sweep over a new installation in an empty database; to be ended by `end`."""
    chance = random.Random(seed)
    scenario = world(COMPANIES, 0.04, history_days=30, records_per_day=(4, 12))
    installation = Installation(folder, scenario, DEFAULTS)
    configurations = [installation.add_email_configuration(name) for name in ("Finance", "Partners")]
    schedule = Schedule(name="Sweep", kind="daily", timing="02:30", zone="UTC", reports=["detailed", "summary"])
    save_schedule(schedule, Recipients(configurations), by="sweep")
    return Sweep(installation, schedule, chance)


def main() -> None:
    kills, minutes, seed, folder = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    sweep = begin_sweep(folder, seed)
    started = time.monotonic()
    try:
        while sum(sweep.kills.values()) < kills and time.monotonic() - started < minutes * 60:
            with contextlib.suppress(AlreadyRunningError):
                sweep.round()
            sys.stderr.write(
                f"\r{sum(sweep.kills.values())} of {kills} kills, {len(sweep.violations)} violations, "
                f"longest recovery {max(sweep.recoveries, default=0):.0f} s "
            )
    finally:
        sweep.end()
    sys.stderr.write("\n" + "\n".join(sweep.violations) + "\n")
    log = sweep.installation.log
    locked = log.count("database is locked")
    figures = {
        "kills": sum(sweep.kills.values()),
        "roles": dict(sweep.kills),
        "phases": dict(sweep.phases),
        "violations": len(sweep.violations) + locked,
        "database_is_locked": locked,
        "tracebacks": log.count("Traceback"),
        "longest_recovery_seconds": round(max(sweep.recoveries), 1),
        "median_recovery_seconds": round(sorted(sweep.recoveries)[len(sweep.recoveries) // 2], 1),
        "runs": FetchRun.objects.count(),
        "unknown_mails": OutgoingEmail.objects.filter(state=OutgoingEmail.State.UNKNOWN).count(),
        "seconds": round(time.monotonic() - started),
    }
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
