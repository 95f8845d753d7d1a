"""A backup holds one moment of the whole database, and comes back whole or not at all."""

import json
import stat
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import connection, connections

from intacct_usage.backing_up import back_up
from intacct_usage.simulator.scenario import Scenario
from notifications.models import OutgoingEmail
from tests.commands.processes import database_url, manage, python
from tests.factories import make_company
from tests.holding import held_up
from tests.workers.processes import wait_until
from tests.worlds import World
from usage.fetching.lane import Lane
from usage.fetching.runs import ask_for_run, start_next_run
from usage.models import ApiCredential, Company, CompanyFetch, CompanyMonth, UsageRecord

FACTS = """
import json
from django.contrib.sessions.models import Session
from django.db.models import Count, F, Sum
from notifications.models import OutgoingEmail
from usage.models import *
done = CompanyFetch.objects.filter(status="done")
per_company = dict(UsageRecord.objects.values_list("company__intacct_id").annotate(n=Count("pk")))
totals = lambda model: {
    name: (records, transactions) for name, records, transactions in
    model.objects.values_list("company__intacct_id").annotate(r=Sum("records"), t=Sum("transactions")) if records
}
records = {
    name: (count, transactions) for name, count, transactions in
    UsageRecord.objects.values_list("company__intacct_id").annotate(n=Count("pk"), t=Sum("transactions"))
}
print(json.dumps({
    "companies": Company.objects.count(),
    "secret": [one.reveal("user_password") for one in ApiCredential.objects.all()],
    "sessions": Session.objects.count(),
    "mails": list(OutgoingEmail.objects.values_list("state", flat=True)),
    "runs": list(FetchRun.objects.values_list("status", flat=True)),
    "fetches": dict(CompanyFetch.objects.values_list("status").annotate(n=Count("pk"))),
    "stored": per_company,
    "done_without_all_rows": [
        fetch.company.intacct_id for fetch in done.select_related("company")
        if not fetch.inserted == fetch.expected == fetch.fetched == per_company.get(fetch.company.intacct_id, 0)
    ],
    "rows_of_companies_not_done": sorted(
        set(per_company) - set(done.values_list("company__intacct_id", flat=True))
    ),
    "totals_agree": totals(CompanyDay) == totals(CompanyMonth) == records,
    "doubled": UsageRecord.objects.values("company", "record_no").annotate(n=Count("pk")).filter(n__gt=1).count(),
}))
"""
GO_ON = """
from usage.fetching.foreground_run import work_in_foreground
from usage.models import FetchRun
run = work_in_foreground(FetchRun.objects.get(), on_progress=lambda *counts: None, on_queued=print)
print(run.status)
"""


def facts(database: str) -> dict[str, object]:
    done = python(FACTS, database=database)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def empty_database(transactional_db: None, tmp_path: Path) -> Iterator[str]:
    """The address of a new database without a table."""
    if connection.vendor == "sqlite":
        yield database_url(str(tmp_path / "restored.sqlite3"))
        return
    name = f"restored_{uuid.uuid4().hex[:12]}"
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    yield database_url(name)
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def installation(transactional_db: None) -> ApiCredential:
    """One company, credentials, a mail that waits, a session."""
    make_company("Acme")
    credential = ApiCredential(sender_id="s", user_id="u")
    credential.seal("user_password", "us3r-canary")
    credential.save()
    OutgoingEmail.objects.create(dedupe_key="1", kind="report", configuration_name="Finance", subject="Usage")
    return credential


def test_a_restored_database_holds_what_the_backup_held(installation, empty_database: str, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    backed_up = manage("backup", str(file))
    Company.objects.create(intacct_id="Later")

    restored = manage("restore", str(file), database=empty_database)

    assert (backed_up.returncode, restored.returncode) == (0, 0), backed_up.stderr + restored.stderr
    assert "keep ENCRYPTION_KEY in another place" in backed_up.stdout
    assert "All 1 secrets can be read with the present ENCRYPTION_KEY." in restored.stdout
    found = facts(empty_database)
    assert (found["companies"], found["secret"], found["totals_agree"]) == (1, ["us3r-canary"], True)


def test_a_backup_is_for_its_owner_only_and_overwrites_nothing(installation, tmp_path: Path, capsys) -> None:
    file = tmp_path / "backup"
    call_command("backup", str(file))

    with pytest.raises(CommandError, match=r"exists already\. Name a new file; a backup never overwrites one\.$"):
        call_command("backup", str(file))

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]
    assert b"us3r-canary" not in file.read_bytes()


def test_a_mail_that_waited_may_have_been_sent_and_is_not_sent_again(installation, empty_database, tmp_path) -> None:
    back_up(tmp_path / "backup")

    restored = manage("restore", str(tmp_path / "backup"), database=empty_database)

    assert "1 mail waited at that time, now marked “May have been sent”" in restored.stdout
    assert facts(empty_database)["mails"] == ["unknown"]


def test_a_restore_tells_that_the_key_of_that_time_is_needed(installation, empty_database, tmp_path) -> None:
    back_up(tmp_path / "backup")
    other_key = "b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItMTI="

    restored = manage("restore", str(tmp_path / "backup"), database=empty_database, ENCRYPTION_KEY=other_key)

    assert restored.returncode == 0, restored.stderr
    assert "1 of 1 secrets cannot be read: the ENCRYPTION_KEY of the time of the backup is needed." in restored.stdout


def test_a_database_in_use_is_replaced_only_by_force(installation, empty_database, tmp_path: Path) -> None:
    back_up(tmp_path / "one")
    manage("restore", str(tmp_path / "one"), database=empty_database)
    make_company("Second")
    back_up(tmp_path / "two")

    refused = manage("restore", str(tmp_path / "two"), database=empty_database)
    before = facts(empty_database)["companies"]
    forced = manage("restore", "--force", str(tmp_path / "two"), database=empty_database)

    assert refused.returncode == 1
    assert "The database is not empty (it holds API credentials, companies)." in refused.stderr
    assert (before, forced.returncode, facts(empty_database)["companies"]) == (1, 0, 2)


def test_a_backup_of_a_newer_version_is_refused(installation, empty_database, tmp_path: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('usage', '9999_future', '2030-01-01')"
        )
        try:
            back_up(tmp_path / "backup")
        finally:
            cursor.execute("DELETE FROM django_migrations WHERE name = '9999_future'")

    refused = manage("restore", str(tmp_path / "backup"), database=empty_database)

    assert refused.returncode == 1
    assert (
        "made by a newer version of this program (1 unknown migrations, the first is usage.9999_future)"
        in refused.stderr
    )


@pytest.mark.parametrize(
    "content", [b"", b"not a backup at all", b"SQLite format 3\x00" + b"x" * 5000, b"PGDMP\x01\x0e"]
)
def test_a_file_that_is_no_backup_is_refused_and_nothing_is_changed(installation, tmp_path, content: bytes) -> None:
    file = tmp_path / "backup"
    file.write_bytes(content)

    with pytest.raises(CommandError, match=r"Nothing was changed\.$"):
        call_command("restore", str(file), "--force")

    assert ApiCredential.current().reveal("user_password") == "us3r-canary"


def test_a_missing_file_is_told_in_one_sentence(db, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"cannot be read: No such file or directory\. Nothing was changed\.$"):
        call_command("restore", str(tmp_path / "nothing"))


def test_missing_postgresql_tools_are_named_with_what_to_install(installation, monkeypatch, tmp_path: Path) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite needs no tools")
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(CommandError, match=r"^pg_dump was not found\. Install the PostgreSQL client tools"):
        call_command("backup", str(tmp_path / "backup"))

    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def restored_during_a_run(
    make_world: Callable[..., World], empty_database: str, settings: LazySettings, tmp_path: Path
) -> World:
    """A backup made between the companies of a run that went on, put into an empty database."""
    settings.LEASE_SECONDS = 3
    world = make_world(Scenario(company_count=40, history_days=20, records_per_day=(5, 9), counts_own_calls=False))
    run = ask_for_run(asked_by="test")
    start_next_run()
    run.refresh_from_db()

    def work() -> None:
        try:
            Lane(run, concurrency=2).work()
        finally:
            connections.close_all()

    worker = threading.Thread(target=work)
    with held_up(world.gateway, answered=30, function="query"):  # much is written beside the backup, but not the rest
        worker.start()
        wait_until(lambda: CompanyFetch.objects.filter(status=CompanyFetch.Status.DONE).count() >= 5, every=0.01)
        back_up(tmp_path / "backup")
    worker.join(240)
    restored = manage("restore", str(tmp_path / "backup"), database=empty_database)
    assert restored.returncode == 0, restored.stderr
    return world


def test_a_backup_taken_during_a_run_is_one_moment_of_it(restored_during_a_run: World, empty_database: str) -> None:
    found = facts(empty_database)

    assert found["runs"] == ["running"]
    assert 5 <= found["fetches"]["done"] < 40
    assert (found["done_without_all_rows"], found["rows_of_companies_not_done"], found["doubled"]) == ([], [], 0)
    assert found["totals_agree"]
    assert UsageRecord.objects.count() > sum(found["stored"].values())
    assert CompanyMonth.objects.count() >= len(restored_during_a_run.gateway.companies)


def test_what_a_backup_taken_during_a_run_restores_is_sound_and_the_run_goes_on_to_its_end(
    restored_during_a_run: World, empty_database: str
) -> None:
    gateway = restored_during_a_run.gateway
    reached = {"INTACCT_ENDPOINT_URL": gateway.url, "OUTBOUND_ALLOW": ",".join(gateway.addresses)}

    as_restored = manage("verify_data", database=empty_database)
    gone_on = python(GO_ON, database=empty_database, **reached)
    at_the_end = manage("verify_data", database=empty_database)

    assert (as_restored.returncode, as_restored.stdout) == (0, "All stored data agree.\n")
    assert gone_on.stdout.splitlines()[-1:] == ["success"], gone_on.stderr
    assert (at_the_end.returncode, at_the_end.stdout) == (0, "All stored data agree.\n")
    assert facts(empty_database)["fetches"] == {"done": 40}
    assert sum(facts(empty_database)["stored"].values()) == UsageRecord.objects.count()
