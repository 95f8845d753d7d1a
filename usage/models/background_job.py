from typing import Self

from django.db import models
from django.db.models import Q

from intacct_usage.lib import clock


class BackgroundJobQuerySet(models.QuerySet["BackgroundJob"]):
    def open(self) -> Self:
        return self.filter(state__in=BackgroundJob.OPEN_STATES)

    def claimable(self) -> Self:
        """Jobs nobody works at: waiting ones, and those whose worker died."""
        State = BackgroundJob.State
        return self.filter(Q(state=State.WAITING) | Q(state=State.WORKING, lease_until__lt=clock.now()))

    def held_by(self, job: "BackgroundJob") -> Self:
        """The job, as long as this attempt is the one that counts."""
        return self.filter(pk=job.pk, state=BackgroundJob.State.WORKING, attempts=job.attempts)


class BackgroundJob(models.Model):
    """What a person asked for on a page and takes longer than a page may; the worker does it and tells how far it is.

    `done` and `total` are companies or rows; `file` is the path of what was made below the folder of made reports.
    """

    class Kind(models.TextChoices):
        REPORT = "report", "Make a report"
        REMOVE = "remove", "Remove companies with their data"
        CLEAR_ALL = "clear_all", "Clear All"
        RESTORE = "restore", "Restore companies"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting for the worker"
        WORKING = "working", "Working"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    OPEN_STATES = (State.WAITING, State.WORKING)

    kind = models.CharField(max_length=10, choices=Kind)
    parameters = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    message = models.TextField(blank=True)
    file = models.CharField(max_length=300, blank=True)
    file_bytes = models.PositiveBigIntegerField(default=0)

    objects = BackgroundJobQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state"], name="usage_backgroundjob_state")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, asked for by {self.asked_by}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN_STATES
