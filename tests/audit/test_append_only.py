"""What is on record stays as it was written, whoever tries to change it."""

import importlib

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction

from intacct_usage.audit.models import Action, AppendOnlyError, AuditEvent
from intacct_usage.audit.recording import record

migration = importlib.import_module("intacct_usage.audit.migrations.0002_append_only")


@pytest.fixture
def event(db) -> AuditEvent:
    return record("ada", Action.RUN_STARTED, target="Run 1")


def test_an_event_can_be_neither_saved_again_nor_deleted(event: AuditEvent) -> None:
    event.target = "Run 2"

    for attempt in (event.save, event.delete):
        with pytest.raises(AppendOnlyError):
            attempt()


@pytest.mark.parametrize("attempt", ["delete", "update", "bulk_update"])
def test_many_events_cannot_be_changed_either(event: AuditEvent, attempt: str) -> None:
    values = {"update": {"target": ""}}.get(attempt, {})

    with pytest.raises(AppendOnlyError):
        getattr(AuditEvent.objects.all(), attempt)(**values)


@pytest.mark.parametrize("statement", ["UPDATE audit_auditevent SET target = ''", "DELETE FROM audit_auditevent"])
def test_the_database_itself_refuses_changes(event: AuditEvent, statement: str) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite" and statement.startswith("DELETE"):
            cursor.execute(migration.SQLITE[1])  # taken away from the test database, which is emptied by DELETE

        with pytest.raises(DatabaseError, match=migration.REFUSAL), transaction.atomic():
            cursor.execute(statement)

    assert AuditEvent.objects.get(pk=event.pk).target == "Run 1"


def test_the_administration_shows_events_and_changes_none(event: AuditEvent, admin_client) -> None:
    page = f"/admin/audit/auditevent/{event.pk}"

    assert admin_client.get(f"{page}/change/").status_code == 200
    assert admin_client.post(f"{page}/change/", {"target": "x"}).status_code == 403
    assert admin_client.post(f"{page}/delete/", {"post": "yes"}).status_code == 403


def test_events_outlive_the_account_they_name(db) -> None:
    user = User.objects.create_user("ada")
    record(user, Action.RUN_STARTED)

    user.delete()

    assert AuditEvent.objects.filter(actor="ada", action=Action.RUN_STARTED).count() == 1
