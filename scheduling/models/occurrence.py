from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from notifications.models import OutgoingEmail
from scheduling.models.schedule import Schedule
from scheduling.parameters import RunParameters
from usage.models import FetchRun


class OccurrenceQuerySet(models.QuerySet["Occurrence"]):
    def open(self) -> Self:
        return self.filter(state__in=Occurrence.OPEN_STATES)

    def ran(self) -> Self:
        """Those that tell how the schedule does; a skipped one says nothing about it."""
        return self.exclude(state=Occurrence.State.SKIPPED)

    def awaiting_reports(self) -> Self:
        """In reporting, and nobody alive is at it."""
        waiting = self.filter(state=Occurrence.State.REPORTING)
        return waiting.filter(Q(lease_until=None) | Q(lease_until__lte=Now()))

    def held_by(self, occurrence: "Occurrence") -> Self:
        """The row under the claim that `occurrence` was read with; empty once that claim was taken away."""
        return self.filter(pk=occurrence.pk, state=Occurrence.State.REPORTING, lease_token=occurrence.lease_token)


class Occurrence(models.Model):
    """One time a schedule was due or a person asked: what it ran with and what became of it. Kept for ever."""

    class Origin(models.TextChoices):
        SCHEDULE = "schedule", "Schedule"
        MANUAL = "manual", "Run now"
        RETRY = "retry", "Retry failed only"
        COMMAND_LINE = "command_line", "Command line"

    class State(models.TextChoices):
        FETCHING = "fetching", "Fetching"
        REPORTING = "reporting", "Making reports"
        SUCCESS = "success", "Success"
        ERROR = "error", "Error"
        STOPPED = "stopped", "Stopped"
        MISSED = "missed", "Missed"
        SKIPPED = "skipped", "Skipped"

    OPEN_STATES = (State.FETCHING, State.REPORTING)

    schedule = models.ForeignKey(
        Schedule, null=True, blank=True, on_delete=models.SET_NULL, related_name="occurrences", db_index=False
    )
    schedule_name = models.CharField(max_length=100, blank=True, help_text="Kept after the schedule is deleted.")
    due_at = models.DateTimeField(help_text="When it was due; of what a person asked for, when they did.")
    origin = models.CharField(max_length=15, choices=Origin, default=Origin.SCHEDULE)
    asked_by = models.CharField(max_length=150)
    parameters = models.JSONField(default=dict, help_text="What it ran with.")
    state = models.CharField(max_length=10, choices=State)
    message = models.TextField(blank=True, help_text="What became of it, in a sentence for people.")
    missed_count = models.PositiveIntegerField(default=0, help_text="Due times before this one that did not run.")
    run = models.OneToOneField(FetchRun, null=True, blank=True, on_delete=models.SET_NULL, related_name="occurrence")
    emails = models.ManyToManyField(OutgoingEmail, related_name="occurrences", blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How often making the reports was begun.")
    lease_owner = models.CharField(max_length=100, blank=True)
    lease_token = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = OccurrenceQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "due_at"], name="scheduling_occurrence_once_per_due_time"),
            models.UniqueConstraint(
                fields=["schedule"],
                condition=Q(state__in=["fetching", "reporting"]),
                name="scheduling_occurrence_one_open_per_schedule",
            ),
        ]
        indexes = [
            models.Index(fields=["schedule", "-id"], name="scheduling_occurrence_latest"),
            models.Index(
                fields=["state"], condition=Q(state__in=["fetching", "reporting"]), name="scheduling_occurrence_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.schedule_name or 'Without a schedule'}, {self.due_at:%Y-%m-%d %H:%M} UTC"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN_STATES

    @property
    def run_parameters(self) -> RunParameters:
        return RunParameters.from_json(self.parameters)

    @property
    def mail_key(self) -> str:
        """The part of the mails' dedupe keys that belongs to this occurrence."""
        return f"occurrence:{self.pk}"
