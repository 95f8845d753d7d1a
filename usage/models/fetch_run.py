from typing import Self

from django.db import models
from django.db.models import Q

from intacct_usage.lib.plurals import part_of
from usage.models.query_filter import QueryFilter


class FetchRunQuerySet(models.QuerySet["FetchRun"]):
    def open(self) -> Self:
        return self.filter(status__in=FetchRun.OPEN_STATUSES)

    def running(self) -> Self:
        return self.filter(status=FetchRun.Status.RUNNING)


class FetchRun(models.Model):
    """One collection over a fixed set of companies. At most one runs at a time; others are queued, oldest first."""

    class Mode(models.TextChoices):
        INCREMENTAL = "incremental", "Incremental"
        FULL_REFRESH = "full_refresh", "Full Refresh"

    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        SUCCESS = "success", "Success"
        ERROR = "error", "Error"
        STOPPED = "stopped", "Stopped"

    OPEN_STATUSES = (Status.QUEUED, Status.RUNNING)

    mode = models.CharField(max_length=15, choices=Mode, default=Mode.INCREMENTAL)
    keep_history = models.BooleanField(
        default=False, help_text="Full Refresh leaves records in place that Intacct no longer returns."
    )
    query_filter = models.ForeignKey(QueryFilter, null=True, blank=True, on_delete=models.SET_NULL)
    filter_name = models.CharField(max_length=100, default="All Filters", help_text="The filter's name at the start.")
    retry_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL)
    company_ids = models.JSONField(
        default=list, blank=True, help_text="Primary keys of the companies that were chosen; empty means the filter's."
    )
    asked_by = models.CharField(max_length=150, help_text="A user name, “command line” or a schedule's name.")
    lookback_days = models.PositiveSmallIntegerField(default=0, help_text="Days an incremental window starts earlier.")
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    message = models.TextField(blank=True, help_text="Why it ended as it did, for people.")
    asked_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    stop_requested_at = models.DateTimeField(null=True, blank=True)
    stop_requested_by = models.CharField(max_length=150, blank=True)
    halted_at = models.DateTimeField(null=True, blank=True, help_text="When a failure of all companies ended it.")
    credential_refusals = models.PositiveSmallIntegerField(default=0, help_text="Sign-ins refused for the user.")
    sign_in_proven_at = models.DateTimeField(
        null=True, blank=True, help_text="When a sign-in of this run first succeeded; before that companies go singly."
    )
    companies_total = models.PositiveIntegerField(default=0)
    companies_done = models.PositiveIntegerField(default=0)
    companies_failed = models.PositiveIntegerField(default=0)
    records_inserted = models.PositiveBigIntegerField(default=0)
    requests_sent = models.PositiveBigIntegerField(default=0)

    objects = FetchRunQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["status"], condition=Q(status="running"), name="usage_fetchrun_one_running"
            ),
        ]

    def __str__(self) -> str:
        return f"Run {self.pk}"

    @property
    def failures_in_words(self) -> str:
        """“3 of 12 companies failed”; empty if none did."""
        if not self.companies_failed:
            return ""
        return f"{part_of(self.companies_failed, self.companies_total, 'company', 'companies')} failed"

    @property
    def is_stopping(self) -> bool:
        return self.status == self.Status.RUNNING and self.stop_requested_at is not None
