from collections.abc import Iterable
from datetime import datetime
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower

from notifications.models import EmailConfiguration
from notifications.report_mail import subject_problems
from scheduling.parameters import REPORTS_ONLY
from scheduling.recurrence import Recurrence, RecurrenceError, RecurrenceKind, describe, parse_timing, time_zone
from usage.models import QueryFilter
from usage.models.fetch_run import FetchRun
from usage.reports.kinds import ReportFormat, ReportKind


class ScheduleLockedError(Exception):
    """An enabled schedule is neither edited nor deleted; `message` says what to do first."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    def named(self, name: str) -> Self:
        return self.filter(name__iexact=name.strip())

    def enabled(self) -> Self:
        return self.filter(enabled=True)

    def due(self, now: datetime) -> Self:
        return self.enabled().filter(next_run_at__lte=now).order_by("next_run_at", "pk")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refused as a whole, by ScheduleLockedError, if one of them may not be deleted."""
        with transaction.atomic():
            for schedule in self.select_for_update():
                schedule.check_unlocked("deleted")
            return super().delete()


class Schedule(models.Model):
    """When which companies are fetched and who gets the reports. Created disabled; locked while enabled."""

    class Mode(models.TextChoices):
        INCREMENTAL = FetchRun.Mode.INCREMENTAL.value, "Incremental"
        FULL_REFRESH = FetchRun.Mode.FULL_REFRESH.value, "Full Refresh"
        REPORTS_ONLY = REPORTS_ONLY, "Reports Only"

    class Kind(models.TextChoices):
        ONE_OFF = RecurrenceKind.ONE_OFF.value, "One-off"
        INTERVAL = RecurrenceKind.INTERVAL.value, "Interval"
        DAILY = RecurrenceKind.DAILY.value, "Daily"
        WEEKLY = RecurrenceKind.WEEKLY.value, "Weekly"
        MONTHLY = RecurrenceKind.MONTHLY.value, "Monthly"
        CRON = RecurrenceKind.CRON.value, "Custom (cron)"

    name = models.CharField("schedule name", max_length=100)
    kind = models.CharField("schedule type", max_length=10, choices=Kind, default=Kind.DAILY)
    timing = models.CharField(max_length=200, help_text="In the written form of its type, for example mon,thu@02:30.")
    zone = models.CharField("time zone", max_length=64, help_text="An IANA name such as Europe/London.")
    query_filter = models.ForeignKey(
        QueryFilter,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="schedules",
        help_text="Empty: All Filters",
    )
    mode = models.CharField("data fetch mode", max_length=15, choices=Mode, default=Mode.INCREMENTAL)
    keep_history = models.BooleanField(
        default=False, help_text="Full Refresh leaves records in place that Intacct no longer returns."
    )
    lookback_days = models.PositiveSmallIntegerField(
        "look-back days", default=0, help_text="Incremental starts so many days earlier, for records that come late."
    )
    report_start = models.DateField(
        "report start date", null=True, blank=True, help_text="Only data from this day on is in the reports."
    )
    complete_months = models.BooleanField(
        "complete months only", default=False, help_text="Leaves the current month out of the reports."
    )
    reports = models.JSONField(
        "report attachments", default=list, blank=True, help_text="None sends the summary in the mail itself."
    )
    report_format = models.CharField(max_length=10, choices=ReportFormat, default=ReportFormat.XLSX)
    skip_empty = models.BooleanField(
        "skip when empty", default=False, help_text="Sends no reports when there is nothing in them."
    )
    emails = models.ManyToManyField(
        EmailConfiguration,
        through="ReportRecipient",
        related_name="schedules",
        blank=True,
        verbose_name="email configurations",
    )
    alerts = models.ManyToManyField(
        EmailConfiguration,
        through="AlertRecipient",
        related_name="alerting_schedules",
        blank=True,
        verbose_name="told of failures",
    )
    subject_template = models.CharField(max_length=250, blank=True, help_text="Empty: the usual subject.")
    enabled = models.BooleanField(default=False, editable=False)
    next_run_at = models.DateTimeField(null=True, blank=True, editable=False)
    error_at = models.DateTimeField(null=True, blank=True, editable=False)
    error_message = models.TextField(blank=True, editable=False, help_text="Why its times could not be worked out.")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=150, blank=True, editable=False)
    saved_at = models.DateTimeField(auto_now=True)

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        ordering = [Lower("name")]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="scheduling_schedule_name_unique_without_case",
                violation_error_message="There is a schedule of this name already.",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="scheduling_schedule_name_not_empty"),
            # One column for the mode: Full Refresh and Reports Only exclude each other by themselves.
            models.CheckConstraint(
                condition=Q(mode__in=["incremental", "full_refresh", "reports_only"]),
                name="scheduling_schedule_mode_known",
            ),
            models.CheckConstraint(
                condition=Q(keep_history=False) | Q(mode="full_refresh"), name="scheduling_schedule_history_full_only"
            ),
            models.CheckConstraint(
                condition=Q(enabled=False) | Q(next_run_at__isnull=False), name="scheduling_schedule_enabled_has_next"
            ),
        ]
        indexes = [
            models.Index(fields=["next_run_at"], condition=Q(enabled=True), name="scheduling_schedule_due"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:  # Any: Django's own signature
        """Saved is always disabled: a new one, and a stored one because an enabled one is refused.

        Raises ScheduleLockedError while the stored row is enabled, whatever this object says.
        """
        with transaction.atomic():
            if not self._state.adding:
                self._stored().check_unlocked("edited", running_counts=False)
            self.enabled, self.next_run_at = False, None
            self.error_at, self.error_message = None, ""
            super().save(*args, **kwargs)

    def clean(self) -> None:
        problems: dict[str, list[str]] = {}
        for field, sentences in (
            ("timing", _timing_problems(self)),
            ("reports", _report_problems(self.reports)),
            ("subject_template", subject_problems(self.subject_template)),
        ):
            if sentences:
                problems[field] = sentences
        if self.keep_history and self.mode != self.Mode.FULL_REFRESH:
            problems["keep_history"] = ["This belongs to Full Refresh; the other modes never take records away."]
        if problems:
            raise ValidationError(problems)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:  # Any: Django's own signature
        """Raises ScheduleLockedError while the schedule is enabled or running. The history is kept."""
        with transaction.atomic():
            self._stored().check_unlocked("deleted")
            return super().delete(*args, **kwargs)

    def _stored(self) -> "Schedule":
        """The row as it is stored, locked until the transaction ends."""
        return Schedule.objects.select_for_update().get(pk=self.pk)

    def check_unlocked(self, change: str, *, running_counts: bool = True) -> None:
        """Raise ScheduleLockedError if `self`, as stored, may not be changed so ("edited", "deleted")."""
        if self.enabled:
            raise ScheduleLockedError(f"The schedule “{self}” is enabled. Disable it first, then it can be {change}.")
        if running_counts and self.occurrences.open().exists():
            raise ScheduleLockedError(f"The schedule “{self}” is running. Stop it first, then it can be {change}.")

    @property
    def recurrence(self) -> Recurrence:
        """Raises RecurrenceError if what is stored is no timing (any more)."""
        return parse_timing(self.kind, self.timing, self.zone)

    @property
    def timing_in_words(self) -> str:
        """For lists; of a timing that cannot be read, the stored text."""
        try:
            return describe(self.recurrence)
        except RecurrenceError:
            return f"{self.timing} ({self.zone})"

    @property
    def filter_name(self) -> str:
        return self.query_filter.name if self.query_filter else "All Filters"

    @property
    def is_reports_only(self) -> bool:
        return self.mode == self.Mode.REPORTS_ONLY


def _timing_problems(schedule: Schedule) -> list[str]:
    try:
        time_zone(schedule.zone)
        parse_timing(schedule.kind, schedule.timing, schedule.zone)
    except RecurrenceError as error:
        return [error.message]
    return []


def _report_problems(reports: Iterable[Any]) -> list[str]:  # Any: JSON
    if not isinstance(reports, list):
        return ["Choose reports from the list."]
    unknown = [str(kind) for kind in reports if kind not in ReportKind.values]
    if unknown:
        return [f"“{unknown[0]}” is not a report. Reports: {', '.join(ReportKind.values)}."]
    return ["Each report can be attached once."] if len(set(reports)) < len(reports) else []
