"""The database refuses to change or delete events, whoever asks; only the owner of the schema can lift that."""

from django.db import migrations

REFUSAL = "the audit record is only ever added to"

SQLITE = [
    f"CREATE TRIGGER audit_event_not_changed BEFORE UPDATE ON audit_auditevent BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
    f"CREATE TRIGGER audit_event_not_deleted BEFORE DELETE ON audit_auditevent BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
]
SQLITE_BACK = ["DROP TRIGGER audit_event_not_changed", "DROP TRIGGER audit_event_not_deleted"]
POSTGRESQL = [
    f"CREATE FUNCTION audit_event_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$",
    "CREATE TRIGGER audit_event_kept BEFORE UPDATE OR DELETE ON audit_auditevent"
    " FOR EACH ROW EXECUTE FUNCTION audit_event_refuse()",
]
POSTGRESQL_BACK = ["DROP TRIGGER audit_event_kept ON audit_auditevent", "DROP FUNCTION audit_event_refuse()"]


def _run(schema_editor, sqlite, postgresql):
    for statement in {"sqlite": sqlite, "postgresql": postgresql}[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def close(apps, schema_editor):
    _run(schema_editor, SQLITE, POSTGRESQL)


def reopen(apps, schema_editor):
    _run(schema_editor, SQLITE_BACK, POSTGRESQL_BACK)


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0001_audit_event'),
    ]

    operations = [migrations.RunPython(close, reopen)]
