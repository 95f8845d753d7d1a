"""/healthz and /readyz: what is wrong shows in the log, and in the answer only that something is."""

import logging
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from intacct_usage import health
from intacct_usage.management.commands.worker import Command, CommandError
from tests.operate import rows


@pytest.fixture(autouse=True)
def _no_problem_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_last", health._LastProblem())


def test_a_working_installation_is_ready(db: None, client: Client) -> None:
    rows.make_working_installation()

    answer = client.get("/readyz")

    assert (answer.status_code, answer.content) == (200, b"ready\n")


def test_without_a_worker_it_is_not_ready(db: None, client: Client) -> None:
    rows.make_tick()
    rows.make_beat(age_seconds=60)

    answer = client.get("/readyz")

    assert (answer.status_code, answer.content) == (503, b"not ready\n")
    assert health.readiness_problem().startswith("No worker has given a sign of life for 30 seconds")


def test_a_worker_that_looks_at_no_schedules_is_not_enough(db: None) -> None:
    rows.make_beat()
    rows.make_tick(age_seconds=600)

    assert health.readiness_problem().startswith("No worker has looked for due schedules for three minutes")


def test_a_full_disk_is_told(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    rows.make_working_installation()
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=5 * 1024**2))

    assert health.readiness_problem() == "Only 5 MiB are free where DATA_DIR is; 256 are needed. Free some space first."


def test_a_missing_migration_is_told(db: None) -> None:
    rows.make_working_installation()
    (newest,) = MigrationLoader(connection).graph.leaf_nodes("scheduling")
    MigrationRecorder(connection).record_unapplied(*newest)

    assert "The database needs `manage.py migrate` first" in health.readiness_problem()


@pytest.mark.parametrize("app", ["usage", "accounts", "audit", "api", "intacct_usage"])
def test_a_database_of_a_newer_version_is_refused_by_readyz_worker_and_migrate(db: None, app: str) -> None:
    rows.make_working_installation()
    MigrationRecorder(connection).record_applied(app, "9999_from_the_future")

    assert f"made by a newer version of this program (it has {app}.9999_from_the_future)" in health.readiness_problem()
    with pytest.raises(CommandError, match=rf"it has {app}\.9999_from_the_future"):
        Command()._check_database()
    with pytest.raises(SystemCheckError, match=rf"it has {app}\.9999_from_the_future"):
        call_command("migrate", verbosity=0, skip_checks=False)


def test_a_database_that_is_away_is_told_without_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> str:
        raise OperationalError("could not connect to db.internal")

    monkeypatch.setattr(health, "CHECKS", (away,))

    assert health.readiness_problem() == "The database does not answer (OperationalError)."


def test_the_log_has_a_line_for_each_change_and_not_for_each_question(
    db: None, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(3):
        client.get("/readyz")
    rows.make_working_installation()
    client.get("/readyz")

    lines = [record.getMessage() for record in caplog.records]

    assert len(lines) == 2
    assert lines[0].startswith("Not ready: No worker")
    assert lines[1] == "Ready again"


@pytest.mark.parametrize("host", ["10.1.2.3:8000", "web:8000", "usage.example.com"])
def test_probes_answer_under_any_host_name(db: None, client: Client, host: str) -> None:
    probe, page = (client.get(path, headers={"Host": host}) for path in ("/healthz", "/about/"))

    assert (probe.status_code, page.status_code) == (200, 400)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probes_are_for_reading(db: None, client: Client, path: str) -> None:
    assert [getattr(client, method)(path).status_code for method in ("post", "put", "delete")] == [405] * 3
