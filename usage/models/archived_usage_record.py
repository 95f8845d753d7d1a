from django.db import models

from usage.models.company import Company
from usage.models.usage_record import CallSignature


class ArchivedUsageRecord(models.Model):
    """A record that left the live table and that Intacct may no longer return; restorable for 90 days."""

    class Reason(models.TextChoices):
        FULL_REFRESH = "full_refresh", "Full Refresh"
        SHRUNK = "shrunk", "No longer returned by Intacct"
        REMOVED = "removed", "Company removed with its data"
        CLEARED = "cleared", "Clear All"

    TAKEN_BY_PEOPLE = (Reason.REMOVED, Reason.CLEARED)

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="archived_records", db_index=False)
    record_no = models.CharField(max_length=64)
    created_on = models.DateField()
    created_time = models.DateTimeField(null=True)
    transactions = models.IntegerField()
    signature = models.ForeignKey(CallSignature, on_delete=models.PROTECT, db_index=False)
    control_id = models.TextField(blank=True)
    document_control_id = models.TextField(blank=True)
    reason = models.CharField(max_length=12, choices=Reason)
    archived_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["company", "reason", "archived_at"], name="usage_archived_company"),
            models.Index(fields=["archived_at"], name="usage_archived_at"),
        ]
