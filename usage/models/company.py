from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models.functions import Lower

from usage.models.query_filter import QueryFilter

OTHER = "Other"
STALE_AFTER = timedelta(hours=36)
REFUSAL_HOLDS = timedelta(days=7)


def is_stale(succeeded_at: datetime | None, now: datetime) -> bool:
    """Whether data fetched then is more than 36 hours old; what was never fetched has no age."""
    return succeeded_at is not None and now - succeeded_at > STALE_AFTER


def fields_to_leave_out(
    unreadable_fields: Sequence[str], refused_at: datetime | None, now: datetime
) -> tuple[str, ...]:
    """What a company refused within the last week; an older refusal may no longer hold."""
    is_recent = refused_at is not None and now - refused_at < REFUSAL_HOLDS
    return tuple(unreadable_fields) if is_recent else ()


class CompanyQuerySet(models.QuerySet["Company"]):
    def listed(self) -> Self:
        """Companies of the list; removed ones stay as rows because history refers to them."""
        return self.filter(removed_at=None)

    def queryable(self) -> Self:
        """Companies that a fetch run asks: listed and not skipped."""
        return self.listed().filter(skipped_at=None)

    def skipped(self) -> Self:
        return self.listed().exclude(skipped_at=None)

    def failing(self) -> Self:
        return self.queryable().filter(health=Company.Health.FAILING)

    def by_last_success(self) -> Self:
        """The order of a fetch run: companies that were fetched well lately first, failing ones last."""
        failing = models.Case(models.When(health=Company.Health.FAILING, then=models.Value(1)), default=models.Value(0))
        return self.order_by(failing, models.F("last_success_at").desc(nulls_last=True), "pk")

    def in_filter(self, query_filter: QueryFilter | None) -> Self:
        """Companies of one filter; None means all filters, not “Other”."""
        return self if query_filter is None else self.filter(query_filter=query_filter)

    def in_other(self) -> Self:
        return self.filter(query_filter=None)


class Company(models.Model):
    """One Intacct company (instance) and what is known of its last fetches."""

    class Origin(models.TextChoices):
        API = "api", "Companies API"
        MANUAL = "manual", "Added by hand"
        CSV = "csv", "CSV file"

    class Health(models.TextChoices):
        UNKNOWN = "unknown", "Never fetched"
        HEALTHY = "healthy", "Fetched"
        NO_DATA = "no_data", "No data"
        FAILING = "failing", "Failing"

    intacct_id = models.CharField("company ID", max_length=100)
    name = models.CharField(max_length=200, blank=True)
    sage_account_number = models.CharField(max_length=100, blank=True)
    reseller = models.CharField(max_length=200, blank=True)
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.MANUAL)
    query_filter = models.ForeignKey(
        QueryFilter, null=True, blank=True, on_delete=models.SET_NULL, related_name="companies", editable=False
    )
    added_at = models.DateTimeField(auto_now_add=True)
    missing_since = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Since when the companies API no longer lists it (UTC)."
    )
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)
    removed_before = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When it had left the list already before its data was removed (UTC).",
    )
    skipped_at = models.DateTimeField(null=True, blank=True)
    skipped_by = models.CharField(max_length=150, blank=True)
    skip_reason = models.CharField(max_length=300, blank=True)

    unreadable_fields = models.JSONField(
        default=list, blank=True, editable=False, help_text="Usage fields this company refused; left out for a week."
    )
    unreadable_since = models.DateTimeField(null=True, blank=True, editable=False)
    fields_refused_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When fields were last asked for and refused (UTC)."
    )
    health = models.CharField(max_length=10, choices=Health, default=Health.UNKNOWN, editable=False)
    last_success_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_attempt_at = models.DateTimeField(null=True, blank=True, editable=False)
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    consecutive_failures = models.PositiveIntegerField(default=0, editable=False)
    error_family = models.CharField(max_length=40, blank=True, editable=False)
    error_number = models.CharField(max_length=100, blank=True, editable=False)
    error_text = models.TextField(blank=True, editable=False)

    objects = CompanyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "companies"
        ordering = ["intacct_id"]
        constraints = [
            models.UniqueConstraint(Lower("intacct_id"), name="usage_company_id_unique_without_case"),
            models.CheckConstraint(condition=~models.Q(intacct_id=""), name="usage_company_id_not_empty"),
        ]
        indexes = [models.Index(fields=["health"], name="usage_company_health")]

    def __str__(self) -> str:
        return self.intacct_id

    @property
    def filter_name(self) -> str:
        return self.query_filter.name if self.query_filter else OTHER

    def is_stale(self, now: datetime) -> bool:
        """Queried, and last fetched well more than 36 hours ago; one that was never fetched has no data to be old."""
        return self.removed_at is None and not self.is_skipped and is_stale(self.last_success_at, now)

    @property
    def is_skipped(self) -> bool:
        return self.skipped_at is not None
