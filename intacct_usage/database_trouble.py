"""Says in a sentence why a command could not use the database."""

from django.db import DatabaseError

from intacct_usage.health import schema_problem


def database_trouble() -> str:
    """Empty if the database can be used, so that the fault lies elsewhere."""
    try:
        return schema_problem()
    except DatabaseError as error:
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        return f"The database cannot be used: {reason}. Check DATABASE_URL, and that the database server runs."
