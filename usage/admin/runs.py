"""Fetch runs and what each did with each company, for reading."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList

from intacct_usage.lib.history_admin import BoundedPaginator, ReadOnlyAdmin
from usage.models import CompanyFetch, FetchRun

COUNTS = ("companies_total", "companies_done", "companies_failed", "records_inserted")


class NamedValuesFilter(admin.AllValuesFieldListFilter):
    """Without the empty value, whose link would have no words."""

    def choices(self, changelist: ChangeList) -> Iterator[Any]:  # Any: Django names the type in its stubs only
        return (choice for choice in super().choices(changelist) if choice["display"] != "")


@admin.register(FetchRun)
class FetchRunAdmin(ReadOnlyAdmin):
    tab, tab_label = "overview", "Overview"
    list_display = ("__str__", "status", "mode", "filter_name", "asked_by", "started_at", "finished_at", *COUNTS)
    list_filter = ("status", "mode", "asked_at")
    search_fields = ("=id", "filter_name", "asked_by", "message")


@admin.register(CompanyFetch)
class CompanyFetchAdmin(ReadOnlyAdmin):
    paginator = BoundedPaginator
    list_display = ("run", "company", "status", "attempts", "fetched", "inserted", "error_number", "finished_at")
    list_filter = ("status", ("error_family", NamedValuesFilter))
    search_fields = ("=run__id", "company__intacct_id", "error_number")
    search_help_text = "Run number, company ID or error number"
    list_select_related = ("run", "company")
    ordering = ("-pk",)
    exclude = ("lease_owner", "lease_token", "lease_until")
