"""One change of the company list or of the filters at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection, transaction

LIST_LOCK_KEY: Final = 0x1A7AC7


@contextmanager
def company_list_lock() -> Iterator[None]:
    """A transaction in which nobody else changes companies' list entries or filters; fetching is not held up.

    SQLite's transactions are such already (BEGIN IMMEDIATE); on PostgreSQL an advisory lock ends with the transaction.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LIST_LOCK_KEY])
        yield
