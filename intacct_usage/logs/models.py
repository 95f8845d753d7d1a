"""The people's log: what happened, in words, with what it was about as plain values that outlive their rows."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models.functions import Lower

from intacct_usage.logs.records import NAME_LENGTH, REQUEST_ID_LENGTH, LogLine


class LogEntryQuerySet(models.QuerySet["LogEntry"]):
    def of_run(self, run_id: int) -> Self:
        return self.filter(run_id=run_id)

    def of_levels(self, *levels: str) -> Self:
        return self.filter(level__in=levels)

    def of_company(self, company: str) -> Self:
        """Lines about a company by its Intacct ID, upper or lower case."""
        return self.alias(company_key=Lower("company")).filter(company_key=Lower(models.Value(company)))

    def of_schedule(self, name: str) -> Self:
        return self.alias(schedule_key=Lower("schedule")).filter(schedule_key=Lower(models.Value(name)))

    def containing(self, text: str) -> Self:
        """Lines with this text in them, upper or lower case; no character of it has a special meaning."""
        return self.filter(message__icontains=text)

    def between(self, first: datetime | None, last: datetime | None) -> Self:
        """Lines from `first` to before `last`; None leaves an end open."""
        entries = self
        if first is not None:
            entries = entries.filter(at__gte=first)
        if last is not None:
            entries = entries.filter(at__lt=last)
        return entries


class LogEntry(models.Model):
    """One line. Ids grow in the order in which lines were stored, at most about a second after they were said."""

    class Level(models.TextChoices):
        INFO = "INFO", "INFO"
        WARN = "WARN", "WARN"
        ERROR = "ERROR", "ERROR"

    at = models.DateTimeField()
    level = models.CharField(max_length=5, choices=Level)
    logger = models.CharField(max_length=NAME_LENGTH)
    message = models.TextField()
    run_id = models.BigIntegerField("run", null=True, blank=True)
    company = models.CharField(max_length=NAME_LENGTH, blank=True)
    company_id = models.BigIntegerField(null=True, blank=True)
    schedule = models.CharField(max_length=NAME_LENGTH, blank=True)
    request_id = models.CharField(max_length=REQUEST_ID_LENGTH, blank=True)

    objects = LogEntryQuerySet.as_manager()

    class Meta:
        verbose_name = "log line"
        verbose_name_plural = "log lines"
        ordering = ["-pk"]
        indexes = [
            # None on `at`: ids grow with time, so that a range of days is read along the primary key without sorting.
            models.Index(fields=["level", "id"], name="log_level"),
            models.Index(fields=["run_id", "id"], name="log_run", condition=models.Q(run_id__isnull=False)),
            models.Index(Lower("company"), "id", name="log_company"),
            models.Index(Lower("schedule"), "id", name="log_schedule"),
        ]

    def __str__(self) -> str:
        return self.message

    @property
    def line(self) -> LogLine:
        """The row as the line it was made from."""
        return LogLine(
            at=self.at,
            level=self.level,
            logger=self.logger,
            message=self.message,
            run_id=self.run_id,
            company=self.company,
            company_id=self.company_id,
            schedule=self.schedule,
            request_id=self.request_id,
        )
