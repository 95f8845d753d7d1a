from datetime import date
from typing import Self

from django.db import models

from usage.models.company import Company


class Sender(models.Model):
    """A Web Services sender ID: the partner application that made calls (`PARTNERID` of a record)."""

    sender_id = models.CharField("partner (sender ID)", max_length=200, unique=True)

    class Meta:
        verbose_name = "partner (sender ID)"
        verbose_name_plural = "partners (sender IDs)"

    def __str__(self) -> str:
        return self.sender_id


class CallSignature(models.Model):
    """Who called what and how: the texts that millions of records share, kept once.

    `fingerprint` is a hash over the texts, because a unique index over seven of them would be large.
    """

    fingerprint = models.CharField(max_length=32, unique=True)
    sender = models.ForeignKey(Sender, on_delete=models.PROTECT)
    user = models.TextField(help_text="LOGINID")
    client_type = models.TextField(help_text="CLIENT_TYPE")
    function = models.TextField(help_text="FUNCTION")
    status = models.TextField(help_text="STATUS")
    policy_id = models.TextField(help_text="POLICYID, the asynchronous policy")
    dtd_version = models.TextField(help_text="DTDVERSION")


class UsageRecordQuerySet(models.QuerySet["UsageRecord"]):
    def of_company(self, company: Company) -> Self:
        return self.filter(company=company)

    def in_period(self, first_day: date | None, last_day: date | None) -> Self:
        """Records of the days from first to last, both included; None leaves an end open."""
        records = self
        if first_day is not None:
            records = records.filter(created_on__gte=first_day)
        if last_day is not None:
            records = records.filter(created_on__lte=last_day)
        return records


class UsageRecord(models.Model):
    """One APIUSAGEDETAIL row: one call that Intacct counted.

    `created_on` and `created_time` are Intacct's own calendar and clock. Intacct states no zone, so the clock reading
    is kept unconverted (stored as if it were UTC) and shown as such.
    """

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="usage_records", db_index=False)
    record_no = models.CharField(max_length=64)
    created_on = models.DateField()
    created_time = models.DateTimeField(null=True)
    transactions = models.IntegerField()
    signature = models.ForeignKey(CallSignature, on_delete=models.PROTECT, db_index=False)
    control_id = models.TextField(blank=True)
    document_control_id = models.TextField(blank=True)

    objects = UsageRecordQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "record_no"], name="usage_record_once_per_company"),
        ]
        indexes = [models.Index(fields=["company", "created_on"], name="usage_record_company_day")]
