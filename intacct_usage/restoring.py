"""Puts a backup in the place of the present database, all of it or nothing."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from django.apps import apps
from django.db import connection, transaction
from django.db.models import F, Model

from intacct_usage.accounts.models import SignInSession
from intacct_usage.backups import (
    BackupError,
    check_kind,
    check_schema,
    connection_words,
    database_file,
    is_sqlite,
    run_tool,
)
from intacct_usage.lib import clock
from intacct_usage.lib.stored_secrets import StoredSecret, stored_secrets
from notifications.models import OutgoingEmail, ReportRequest
from scheduling.models import Occurrence
from scheduling.models.worker_beat import WorkerBeat

MAIL_IN_DOUBT = "It waited when the backup was made and may have been sent since; send it again if it did not arrive."
MAILING_IN_DOUBT = (
    "Its reports may have been sent before the backup was put back; send them again if they did not arrive."
)
NOT_MAILED = "Its reports are not mailed: they may have been sent before the backup was put back."
WHAT_PEOPLE_MADE = (
    "auth.User",
    "usage.ApiCredential",
    "usage.Company",
    "usage.QueryFilter",
    "usage.FetchRun",
    "notifications.EmailConfiguration",
    "scheduling.Schedule",
)


@dataclass(frozen=True)
class Restored:
    """`missing_migrations`: how many this version has beyond the backup; until then its secrets are not looked at.

    `mailings_in_doubt`: runs and requests whose mails were not in the outbox yet.
    """

    missing_migrations: int
    mails_in_doubt: int
    mailings_in_doubt: int
    secrets: tuple[StoredSecret, ...] = ()


def restore(path: Path, *, force: bool = False) -> Restored:
    """Replace the database by the backup; `force` also where it holds something or a worker is alive.

    Raises BackupError, and then nothing was changed.
    """
    check_kind(path)
    missing = check_schema(path)
    if not force:
        _refuse_if_used()
    connection.close()
    if is_sqlite():
        _restore_sqlite(path)
    else:
        options = ["--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction"]
        run_tool("pg_restore", [*options, "--exit-on-error", f"--dbname={connection_words()}", str(path)])
    SignInSession.objects.all().delete()  # a copy of a cookie from that time must not open anything
    with transaction.atomic():
        mails, mailings = _leave_open_mails_in_doubt(), _leave_mailings_in_doubt()
    return Restored(len(missing), mails, mailings, () if missing else tuple(stored_secrets()))


def _leave_open_mails_in_doubt() -> int:
    """Mails that waited when the backup was made: they may have gone out since, so nobody sends them by itself."""
    waiting = OutgoingEmail.objects.filter(state__in=OutgoingEmail.OPEN_STATES)
    return waiting.update(
        state=OutgoingEmail.State.UNKNOWN, message=MAIL_IN_DOUBT, lease_until=None, lease_token=F("lease_token") + 1
    )


def _leave_mailings_in_doubt() -> int:
    """The same for what would have queued mails next. A run under way goes on, and then mails nothing."""
    tables = set(connection.introspection.table_names())
    mailings = 0
    if ReportRequest._meta.db_table in tables:
        failed = ReportRequest.State.FAILED
        mailings += ReportRequest.objects.open().update(state=failed, message=MAILING_IN_DOUBT, lease_until=None)
    if Occurrence._meta.db_table in tables:
        mailings += Occurrence.objects.filter(state=Occurrence.State.REPORTING).update(
            state=Occurrence.State.STOPPED,
            message=MAILING_IN_DOUBT,
            lease_token=F("lease_token") + 1,
            lease_until=None,
            finished_at=clock.now(),
        )
        fetching = Occurrence.objects.filter(state=Occurrence.State.FETCHING).only("parameters", "message")
        mailings += sum(_take_mails_from(occurrence) for occurrence in fetching)
    return mailings


def _take_mails_from(occurrence: Occurrence) -> bool:
    before = occurrence.run_parameters
    after = before.without_mails()
    if after == before:
        return False
    occurrence.parameters = after.as_json()
    occurrence.message = f"{occurrence.message} {NOT_MAILED}".strip()
    occurrence.save(update_fields=["parameters", "message"])
    return True


def _refuse_if_used() -> None:
    tables = set(connection.introspection.table_names())
    used = [model for model in map(_model, WHAT_PEOPLE_MADE) if model._meta.db_table in tables and _has_rows(model)]
    if used:
        names = ", ".join(str(model._meta.verbose_name_plural) for model in used)
        raise BackupError(
            f"The database is not empty (it holds {names}). Restore into an empty one, or use --force to replace "
            "everything in it; make a backup of it first."
        )
    if WorkerBeat._meta.db_table in tables and WorkerBeat.objects.alive().exists():
        raise BackupError("A worker is running on this database. Stop it and the site first, then restore.")


def _model(label: str) -> type[Model]:
    return apps.get_model(label)


def _has_rows(model: type[Model]) -> bool:
    return model._base_manager.exists()


def _restore_sqlite(path: Path) -> None:
    """By SQLite's own backup, which replaces the content in one transaction, whoever has the file open."""
    target = database_file()
    try:
        with (
            closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(target, timeout=20)) as present,
        ):
            present.execute("PRAGMA journal_mode=WAL")
            source.backup(present)
            present.execute("PRAGMA journal_mode=WAL")
    except sqlite3.Error as error:
        raise BackupError(f"The database could not be replaced: {error}. It is as it was.") from error
    target.chmod(0o600)
