"""Moves records that leave the live table into the archive, by copying inside the database."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from usage.models import ArchivedUsageRecord, UsageRecord

COPIED_COLUMNS = (
    "company_id, record_no, created_on, created_time, transactions, signature_id, control_id, document_control_id"
)
KEYS_PER_STATEMENT = 500


def archive_records(records: QuerySet[UsageRecord], keys: Sequence[int], *, reason: str, now: datetime) -> int:
    """Copy the records with these primary keys into the archive; deleting them is the caller's next step.

    Belongs inside the caller's transaction. Returns how many were copied.
    """
    copied = 0
    for start in range(0, len(keys), KEYS_PER_STATEMENT):
        copied += copy_to_archive(
            records.filter(pk__in=keys[start : start + KEYS_PER_STATEMENT]), reason=reason, now=now
        )
    return copied


def copy_to_archive(records: QuerySet[UsageRecord], *, reason: str, now: datetime) -> int:
    """`INSERT … SELECT` of a whole query set; belongs inside the caller's transaction. Returns how many were copied."""
    chosen, parameters = records.order_by().values("pk").query.sql_with_params()
    target = connection.ops.quote_name(ArchivedUsageRecord._meta.db_table)
    source = connection.ops.quote_name(UsageRecord._meta.db_table)
    statement = (
        f"INSERT INTO {target} ({COPIED_COLUMNS}, reason, archived_at) "  # noqa: S608 - our own names only
        f"SELECT {COPIED_COLUMNS}, %s, %s FROM {source} WHERE id IN ({chosen})"
    )
    archived_at = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(statement, [reason, archived_at, *parameters])
        return int(cursor.rowcount)
