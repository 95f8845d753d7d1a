from django.db import models

from usage.models.company import Company
from usage.models.usage_record import Sender


class CompanyMonth(models.Model):
    """Totals of one company, month and sender ID; written in the records' transaction, read by charts and summaries."""

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="months", db_index=False)
    month = models.DateField(help_text="The first day of the month.")
    sender = models.ForeignKey(Sender, on_delete=models.PROTECT, db_index=False)
    records = models.PositiveIntegerField()
    transactions = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "month", "sender"], name="usage_companymonth_once")]
        indexes = [
            # Every column that sums need, so that charts and summaries read the index alone.
            models.Index(
                fields=["month", "company", "sender", "records", "transactions"], name="usage_companymonth_sums"
            )
        ]
