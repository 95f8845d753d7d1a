from django.db import models

from usage.models.company import Company


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

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "day"], name="usage_companyday_once")]
        indexes = [models.Index(fields=["day"], name="usage_companyday_day")]
