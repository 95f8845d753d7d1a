"""The tables of what is fetched, kept and reported; one table and its QuerySet per file."""

from usage.models.archived_usage_record import ArchivedUsageRecord
from usage.models.background_job import BackgroundJob
from usage.models.company import Company
from usage.models.company_day import CompanyDay
from usage.models.company_fetch import CompanyFetch
from usage.models.company_month import CompanyMonth
from usage.models.company_source import CompanySource
from usage.models.credential import ApiCredential
from usage.models.fetch_run import FetchRun
from usage.models.form_submission import FormSubmission
from usage.models.outbound_proxy import OutboundProxy
from usage.models.query_filter import QueryFilter
from usage.models.usage_record import CallSignature, Sender, UsageRecord

__all__ = [
    "ApiCredential",
    "ArchivedUsageRecord",
    "BackgroundJob",
    "CallSignature",
    "Company",
    "CompanyDay",
    "CompanyFetch",
    "CompanyMonth",
    "CompanySource",
    "FetchRun",
    "FormSubmission",
    "OutboundProxy",
    "QueryFilter",
    "Sender",
    "UsageRecord",
]
