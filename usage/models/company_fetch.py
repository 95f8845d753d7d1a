from typing import Self

from django.db import models
from django.db.models import Q

from usage.models.company import Company
from usage.models.fetch_run import FetchRun


class CompanyFetchQuerySet(models.QuerySet["CompanyFetch"]):
    def open(self) -> Self:
        return self.filter(status__in=CompanyFetch.OPEN_STATUSES)

    def failed(self) -> Self:
        return self.filter(status=CompanyFetch.Status.FAILED)


class CompanyFetch(models.Model):
    """One company in one fetch run: claimed under a lease, written under its token."""

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting"
        RUNNING = "running", "Fetching"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        STOPPED = "stopped", "Not fetched"

    OPEN_STATUSES = (Status.PENDING, Status.RUNNING)

    run = models.ForeignKey(FetchRun, on_delete=models.CASCADE, related_name="company_fetches", db_index=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="fetches")
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_owner = models.CharField(max_length=100, blank=True)
    lease_token = models.PositiveIntegerField(default=0, help_text="Grows by one at each claim; fences late writers.")
    lease_until = models.DateTimeField(null=True, blank=True)
    window_start = models.DateField(null=True, blank=True, help_text="Empty: everything Intacct keeps.")
    expected = models.PositiveIntegerField(null=True, blank=True, help_text="totalcount of the window's first page.")
    fetched = models.PositiveIntegerField(default=0)
    cleared = models.PositiveIntegerField(default=0)
    inserted = models.PositiveIntegerField(default=0)
    archived = models.PositiveIntegerField(default=0)
    requests = models.PositiveIntegerField(default=0)
    error_family = models.CharField(max_length=40, blank=True)
    error_number = models.CharField(max_length=100, blank=True)
    error_text = models.TextField(blank=True, help_text="Intacct's own words.")
    message = models.TextField(blank=True, help_text="What happened and what to do next.")
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = CompanyFetchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "company fetches"
        constraints = [
            models.UniqueConstraint(fields=["run", "company"], name="usage_companyfetch_once_per_run"),
            models.UniqueConstraint(
                fields=["company"], condition=Q(status__in=["pending", "running"]), name="usage_companyfetch_one_open"
            ),
        ]
        indexes = [models.Index(fields=["run", "status", "attempts", "id"], name="usage_companyfetch_next")]

    def __str__(self) -> str:
        return f"{self.company} in run {self.run_id}"
