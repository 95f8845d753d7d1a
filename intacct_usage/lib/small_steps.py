"""Deletes many rows in small transactions, so that others can write in between and a stop loses no work."""

import time
from typing import TypeVar

from django.db.models import Model, QuerySet

ROWS_PER_STEP = 1_000
PAUSE_SECONDS = 0.01
"""Between two steps: SQLite lets a waiting writer in only while nobody holds the lock."""

Row = TypeVar("Row", bound=Model)


def delete_in_small_steps(rows: "QuerySet[Row]", *, most: int | None = None, rows_per_step: int = ROWS_PER_STEP) -> int:
    """Delete the rows of a query, in its order; how many. `most` ends it early (rounded up to a whole step)."""
    deleted = 0
    while most is None or deleted < most:
        step = rows.model._base_manager.filter(pk__in=rows.values("pk")[:rows_per_step])
        count, _ = step.delete()
        deleted += count
        if count < rows_per_step:
            break
        time.sleep(PAUSE_SECONDS)
    return deleted
