from typing import Self

from django.db import models

from usage.models.company import Company

UNSETTLED_STATES = ("failed", "lost", "provisional")
UNSETTLED_LIST = ", ".join(f"'{state}'" for state in UNSETTLED_STATES)
"""As it stands in the index of unsettled days; SQLite uses that index only for a condition in the same words."""


class HasUnsettledState(models.Func):
    """The condition of the index of unsettled days."""

    template = f"%(expressions)s IN ({UNSETTLED_LIST})"
    output_field = models.BooleanField()

    def __init__(self) -> None:
        super().__init__(models.F("state"))


class CompanyDayQuerySet(models.QuerySet["CompanyDay"]):
    def unsettled(self) -> Self:
        """Days that are not over, failed or are lost: few among millions, found by an index of their own."""
        return self.filter(HasUnsettledState())


class CompanyDay(models.Model):
    """What is known of one company on one day of Intacct's calendar; written in the records' transaction."""

    class State(models.TextChoices):
        FETCHED = "fetched", "Fetched"
        EMPTY = "empty", "Confirmed empty"
        PROVISIONAL = "provisional", "Not over yet"
        FAILED = "failed", "Fetch failed"
        LOST = "lost", "Lost: Intacct no longer keeps it"

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="days", db_index=False)
    day = models.DateField()
    state = models.CharField(max_length=12, choices=State)
    records = models.PositiveIntegerField(default=0)
    transactions = models.BigIntegerField(default=0)
    by_sender = models.JSONField(
        default=dict, blank=True, help_text="Sender primary key as text: [records, transactions]."
    )

    objects = CompanyDayQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "day"], name="usage_companyday_once")]
        indexes = [
            models.Index(fields=["day"], name="usage_companyday_day"),
            # Every column that sums over a stretch of days need, so that they read the index alone.
            models.Index(fields=["company", "day", "records", "transactions"], name="usage_companyday_sums"),
            models.Index(
                fields=["company", "day", "state"],
                condition=models.Q(state__in=UNSETTLED_STATES),
                name="usage_companyday_unsettled",
            ),
        ]
