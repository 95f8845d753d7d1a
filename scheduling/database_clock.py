"""The time as the database has it: several machines on one database agree on it, whatever their own clocks say."""

from datetime import UTC, datetime

from django.db import connection

from intacct_usage.lib import clock


def database_now() -> datetime:
    """The moment, aware, in UTC. SQLite has no clock but this machine's."""
    if connection.vendor != "postgresql":
        return clock.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment.astimezone(UTC)
