"""How long the log is kept: by days and by number of rows, whichever ends first."""

from datetime import datetime, timedelta

from django.conf import settings

from intacct_usage.lib.small_steps import delete_in_small_steps
from intacct_usage.logs.models import LogEntry


def prune_log(now: datetime, *, days: int | None = None, rows: int | None = None, most: int | None = None) -> int:
    """Delete what is older than `days` or beyond the newest `rows` (defaults: the settings); how many lines.

    Works in transactions of at most 1,000 rows; `most` ends one call early, the next one goes on. Safe to repeat and
    to run several times at once.
    """
    days = settings.LOG_RETENTION_DAYS if days is None else days
    rows = settings.LOG_RETENTION_ROWS if rows is None else rows
    old = LogEntry.objects.filter(at__lt=now - timedelta(days=days)).order_by(
        "pk"
    )  # the oldest lines have the lowest ids
    deleted = delete_in_small_steps(old, most=most)
    newest_beyond = LogEntry.objects.order_by("-pk").values_list("pk", flat=True)[rows : rows + 1].first()
    if newest_beyond is None or (most is not None and deleted >= most):
        return deleted
    beyond = LogEntry.objects.filter(pk__lte=newest_beyond).order_by("pk")
    return deleted + delete_in_small_steps(beyond, most=None if most is None else most - deleted)
