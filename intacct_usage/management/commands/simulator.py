"""`manage.py simulator`: the simulated services alone, until Ctrl-C or SIGTERM."""

import json
import shlex
import signal
import threading
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from intacct_usage.simulator.scenario import DEFAULT_SCENARIO, Scenario, ScenarioError, load_scenario
from intacct_usage.simulator.suite import SimulatorError, SimulatorSuite

DEFAULT_PORT_BASE = 8700
NOTICE = "Demo data: companies, people and passwords are made up; the passwords open nothing but these services."


class Command(BaseCommand):
    help = (
        "Run the simulated services: Intacct gateway, companies API, mail server, Microsoft Graph and a proxy, on "
        "127.0.0.1 until Ctrl-C. Needs no database."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port-base",
            type=int,
            default=DEFAULT_PORT_BASE,
            metavar="N",
            help=f"The first port; the others follow it (default {DEFAULT_PORT_BASE}; 0: the system chooses).",
        )
        parser.add_argument("--scenario", type=Path, metavar="FILE", help="TOML file that describes the companies.")
        parser.add_argument("--folder", type=Path, help="For mails and certificates (default DATA_DIR/simulator).")
        parser.add_argument("--mail-folder", type=Path, help="For the mails alone (default mail/ in the folder).")
        parser.add_argument("--ready-file", type=Path, help="Written as JSON as soon as all services listen.")
        parser.add_argument("--env-file", type=Path, help="The same with the demo passwords, for a shell to read.")

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        files = [path for path in (options["ready_file"], options["env_file"]) if path]
        _remove(files)  # a script that waits for one must not find that of an earlier run
        ended = _ended_by_signal()
        try:
            with self._suite(options) as suite:
                self._announce(suite)
                if options["ready_file"]:
                    _write(options["ready_file"], json.dumps(asdict(suite.endpoints) | {"allow": suite.allow}))
                if options["env_file"]:
                    _write(options["env_file"], _shell_lines(suite))
                ended.wait()
        except SimulatorError as error:
            raise CommandError(str(error)) from error
        finally:
            _remove(files)
        self.stdout.write("The simulated services have stopped.")

    def _suite(self, options: dict[str, Any]) -> SimulatorSuite:  # Any: as parsed by argparse
        folder = options["folder"] or settings.DATA_DIR / "simulator"
        port_base = options["port_base"] or None
        try:
            return SimulatorSuite(
                _scenario(options["scenario"]), folder, mail_folder=options["mail_folder"], port_base=port_base
            )
        except OSError as error:
            raise CommandError(f"The folder {folder} cannot be written: {error.strerror}.") from error

    def _announce(self, suite: SimulatorSuite) -> None:
        rows = _rows(suite)
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        self.stdout.write(NOTICE)
        for row in rows:
            padded = (text.ljust(width) for text, width in zip(row, widths, strict=False))
            self.stdout.write("  ".join([*padded, row[3]]).rstrip())
        self.stdout.write(f"{len(suite.gateway.companies)} companies. Mail is kept in {suite.mail.folder}.")
        self.stdout.write("\nSettings of a site that uses them:")
        for name, value in _settings(suite).items():
            self.stdout.write(f"{name}={value}")
        self.stdout.write("\nReady. Ctrl-C ends.")
        self.stdout.flush()


def _scenario(path: Path | None) -> Scenario:
    if path is None:
        return DEFAULT_SCENARIO
    try:
        return load_scenario(path)
    except ScenarioError as error:
        raise CommandError(str(error)) from error


def _rows(suite: SimulatorSuite) -> list[tuple[str, str, str, str]]:
    """Service, address, user, demo password."""
    scenario, endpoints = suite.scenario, suite.endpoints
    options = scenario.companies_api
    rows = [("Service", "Address", "User", "Demo password")]
    rows += [
        ("Intacct gateway", endpoints.gateway_url, f"sender {id_}", word) for id_, word in scenario.senders.items()
    ]
    rows += [("", "", f"user {id_}", word) for id_, word in scenario.users.items()]
    rows += [("  its pod", endpoints.pod_url, "", ""), ("  its records", endpoints.read_out_url, "", "")]
    rows.append(("Companies API", endpoints.companies_url, f"header {options.token_header}", options.token or "none"))
    mail = f"{endpoints.mail_host}:{endpoints.mail_port} ({scenario.mail.security})"
    rows.append(("Mail server", mail, scenario.mail.username or "none needed", scenario.mail.password))
    graph = scenario.graph
    rows.append(("Microsoft Graph", endpoints.graph_url, f"client {graph.client_id}", graph.client_secret))
    rows.append(("", "", f"tenant {graph.tenant_id}", ""))
    rows += [("", "", f"mailbox {mailbox}", "") for mailbox in graph.mailboxes]
    rows.append(("Proxy", endpoints.proxy_url, scenario.proxy.username or "none needed", scenario.proxy.password))
    return rows


def _settings(suite: SimulatorSuite) -> dict[str, str]:
    endpoints = suite.endpoints
    return {
        "INTACCT_ENDPOINT_URL": endpoints.gateway_url,
        "GRAPH_BASE_URL": endpoints.graph_url,
        "GRAPH_LOGIN_URL": endpoints.graph_url,
        "EXTRA_CA_FILE": endpoints.ca_file,
        "OUTBOUND_ALLOW": suite.allow,
    }


def _shell_lines(suite: SimulatorSuite) -> str:
    """Assignments a POSIX shell can read: the settings and what a script needs to sign in everywhere."""
    scenario, endpoints = suite.scenario, suite.endpoints
    values = _settings(suite) | {
        "SIMULATOR_SENDER_ID": suite.first_sender[0],
        "SIMULATOR_SENDER_PASSWORD": suite.first_sender[1],
        "SIMULATOR_USER_ID": suite.first_user[0],
        "SIMULATOR_USER_PASSWORD": suite.first_user[1],
        "SIMULATOR_COMPANY": suite.sign_in_company,
        "SIMULATOR_COMPANIES_URL": endpoints.companies_url,
        "SIMULATOR_COMPANIES_TOKEN": scenario.companies_api.token,
        "SIMULATOR_SMTP_HOST": endpoints.mail_host,
        "SIMULATOR_SMTP_PORT": str(endpoints.mail_port),
        "SIMULATOR_SMTP_USER": scenario.mail.username,
        "SIMULATOR_SMTP_PASSWORD": scenario.mail.password,
        "SIMULATOR_GRAPH_TENANT_ID": scenario.graph.tenant_id,
        "SIMULATOR_GRAPH_CLIENT_ID": scenario.graph.client_id,
        "SIMULATOR_GRAPH_SECRET": scenario.graph.client_secret,
        "SIMULATOR_PROXY_URL": endpoints.proxy_url,
        "SIMULATOR_PROXY_USER": scenario.proxy.username,
        "SIMULATOR_PROXY_PASSWORD": scenario.proxy.password,
    }
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items())


def _ended_by_signal() -> threading.Event:
    """An event that SIGINT and SIGTERM set from now on."""
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    return ended


def _write(path: Path, text: str) -> None:
    """In one step, readable by the owner alone."""
    unfinished = path.with_name(f"{path.name}.part")
    try:
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        raise CommandError(f"The file {path} cannot be written: {error.strerror}.") from error


def _remove(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
