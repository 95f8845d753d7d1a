"""Removes what is kept for a while only: log lines, archived usage records, mailed report files, old sessions.

Usage records, runs and deliveries are never removed by themselves.
"""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module

from django.conf import settings
from django.db import models

from intacct_usage.lib import clock
from intacct_usage.lib.small_steps import delete_in_small_steps
from intacct_usage.logs.retention import prune_log
from notifications.report_files import remove_old_folders
from usage.background_work import remove_old_made_reports
from usage.models import ArchivedUsageRecord

logger = logging.getLogger(__name__)

ARCHIVE_DAYS = 90
EVERY_SECONDS = 60 * 60
ROWS_PER_TICK = 20_000


@dataclass(frozen=True)
class Pruned:
    """How many of each were removed."""

    log_lines: int
    archived_records: int
    report_folders: int
    sessions: int

    def __str__(self) -> str:
        return (
            f"{self.log_lines} log lines, {self.archived_records} archived usage records, "
            f"{self.report_folders} folders of mailed reports, {self.sessions} sessions"
        )


def prune(*, most: int | None = None) -> Pruned:
    """Remove everything that is past its time, at most `most` rows of each kind. Safe to repeat."""
    now = clock.now()
    archived = ArchivedUsageRecord.objects.filter(archived_at__lt=now - timedelta(days=ARCHIVE_DAYS))
    return Pruned(
        log_lines=prune_log(now, most=most),
        archived_records=delete_in_small_steps(archived.order_by("archived_at"), most=most),
        report_folders=remove_old_folders() + remove_old_made_reports(),
        sessions=delete_in_small_steps(_sessions_before(now), most=most),
    )


def _sessions_before(now: datetime) -> "models.QuerySet[models.Model]":
    """Sessions that are over, of whatever kind the settings name."""
    model: type[models.Model] = import_module(settings.SESSION_ENGINE).SessionStore.get_model_class()
    return model._default_manager.filter(expire_date__lt=now).order_by("expire_date")


class _LastTime:
    monotonic: float | None = None


def prune_now_and_then() -> Pruned | None:
    """For the regular tick: a bounded share of `prune`, once an hour in each process; sooner while more is left."""
    if _LastTime.monotonic is not None and time.monotonic() - _LastTime.monotonic < EVERY_SECONDS:
        return None
    pruned = prune(most=ROWS_PER_TICK)
    if max(pruned.log_lines, pruned.archived_records, pruned.sessions) < ROWS_PER_TICK:
        _LastTime.monotonic = time.monotonic()
    if any((pruned.log_lines, pruned.archived_records, pruned.report_folders, pruned.sessions)):
        logger.info("Removed what is past its time: %s", pruned)
    return pruned
