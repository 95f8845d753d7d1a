from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import ExpressionWrapper
from django.db.models.functions import Now

ALIVE_SECONDS = 30


class WorkerBeatQuerySet(models.QuerySet["WorkerBeat"]):
    def alive(self, within_seconds: float = ALIVE_SECONDS) -> Self:
        """Workers that have beaten lately, by the database's clock, and were not stopped."""
        since = ExpressionWrapper(Now() - timedelta(seconds=within_seconds), output_field=models.DateTimeField())
        return self.filter(ended_at=None, beat_at__gt=since)


class WorkerBeat(models.Model):
    """One `manage.py worker` and its last sign of life, by the database's clock."""

    instance = models.CharField(max_length=40, unique=True, help_text="New at each start.")
    host = models.CharField(max_length=100)
    process_id = models.PositiveIntegerField()
    version = models.CharField(max_length=50)
    lanes = models.PositiveSmallIntegerField(help_text="Lanes of a run it works on at once.")
    restarts = models.PositiveIntegerField(default=0, help_text="How often its cluster had to be started anew.")
    last_restart_reason = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    ticked_at = models.DateTimeField(null=True, blank=True, help_text="When it last looked for what is due.")
    ended_at = models.DateTimeField(null=True, blank=True, help_text="When it was stopped in good order.")

    objects = WorkerBeatQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.host} ({self.process_id})"
