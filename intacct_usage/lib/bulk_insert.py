"""Writes many rows below the ORM: `executemany` on SQLite, `COPY` on PostgreSQL.

Model instances cost five to ten times as much on the hot path (docs/performance.md). Values must already be what the
database stores: numbers, text, ISO dates and times as text, None.
"""

from collections.abc import Iterable, Sequence
from typing import cast

from django.db import connection, models, transaction

Value = str | int | None


def insert_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
    """Insert rows, in order, inside the caller's transaction. Raises IntegrityError as the ORM would.

    `columns` are column names of the model's table; a date-time without offset is read as UTC.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("insert_rows belongs inside the transaction that it is part of.")
    table = connection.ops.quote_name(model._meta.db_table)
    column_list = ", ".join(connection.ops.quote_name(column) for column in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # copy() bypasses Django's cursor, so the driver's errors are translated here.
            with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({column_list}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join(["%s"] * len(columns))
        statement = f"INSERT INTO {table} ({column_list}) VALUES ({marks})"  # noqa: S608 - our own names
        cursor.executemany(statement, cast(Sequence[Sequence[Value]], rows))  # the stubs forbid what the driver takes
