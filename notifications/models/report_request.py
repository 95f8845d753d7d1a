from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from notifications.models.email_configuration import EmailConfiguration
from usage.models import QueryFilter
from usage.periods import ReportPeriod
from usage.reports import ReportFormat, ReportKind, ReportScope
from usage.reports.scope import ALL_FILTERS, FilterGoneError


class ReportRequestQuerySet(models.QuerySet["ReportRequest"]):
    def open(self) -> Self:
        return self.filter(state__in=ReportRequest.OPEN_STATES)

    def claimable(self) -> Self:
        """Requests nobody works on: waiting ones, and those whose worker died."""
        State = ReportRequest.State
        return self.filter(Q(state=State.WAITING) | Q(state=State.MAKING, lease_until__lt=Now()))

    def held_by(self, request: "ReportRequest") -> Self:
        """The request, as long as this attempt is the one that counts."""
        return self.filter(pk=request.pk, state=ReportRequest.State.MAKING, attempts=request.attempts)


class ReportRequest(models.Model):
    """Reports that a person asked to be sent now; the worker makes the files once and queues one mail each."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting for the worker"
        MAKING = "making", "Making the reports"
        QUEUED = "queued", "Handed to the outbox"
        FAILED = "failed", "Failed"

    OPEN_STATES = (State.WAITING, State.MAKING)

    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField(auto_now_add=True)
    kinds = models.JSONField(default=list, blank=True, help_text="Reports to attach; none sends the summary alone.")
    report_format = models.CharField(max_length=10, choices=ReportFormat, default=ReportFormat.XLSX)
    query_filter = models.ForeignKey(QueryFilter, null=True, blank=True, on_delete=models.SET_NULL)
    filter_name = models.CharField(max_length=100, default=ALL_FILTERS, help_text="Its name at the time.")
    other_only = models.BooleanField(default=False)
    first_day = models.DateField(null=True, blank=True)
    last_day = models.DateField(null=True, blank=True)
    configurations = models.ManyToManyField(EmailConfiguration)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    message = models.TextField(blank=True)

    objects = ReportRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state"], name="notifications_request_state")]

    def __str__(self) -> str:
        return f"Reports asked for by {self.asked_by}"

    @property
    def period(self) -> ReportPeriod:
        return ReportPeriod(self.first_day, self.last_day)

    @property
    def scope(self) -> ReportScope:
        """Raises FilterGoneError; reports of one filter never become those of all."""
        if self.query_filter is None and not self.other_only and self.filter_name != ALL_FILTERS:
            raise FilterGoneError(self.filter_name)
        return ReportScope(self.query_filter, self.period, other_only=self.other_only)

    @property
    def report_kinds(self) -> list[ReportKind]:
        return [ReportKind(kind) for kind in self.kinds]

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN_STATES
