"""Usage records in the admin: read only, and as fast with a million rows as with ten."""

from datetime import date

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from intacct_usage.lib.history_admin import BoundedPaginator, ReadOnlyAdmin
from usage.models import Company, UsageRecord


@admin.register(UsageRecord)
class UsageRecordAdmin(ReadOnlyAdmin):
    """Newest rows first. The search takes a company ID, and after it, if wanted, a record number or a day."""

    tab, tab_label = "usage:reports", "Reports"
    paginator = BoundedPaginator
    list_display = ("company", "created_on", "record_no", "transactions", "sender", "user", "function", "status")
    list_select_related = ("company", "signature__sender")
    search_fields = ("company__intacct_id",)  # shows the box; see get_search_results
    search_help_text = "A company ID; after a blank a record number or a day, for example: UK_Acme 2026-02-10"
    ordering = ("-pk",)
    sortable_by = ()  # every other order would sort the whole table

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[UsageRecord], search_term: str
    ) -> tuple[QuerySet[UsageRecord], bool]:
        """By the indexes of the table: company, then record number or day."""
        if not search_term.strip():
            return queryset, False
        company_id, _, rest = search_term.strip().partition(" ")
        found = queryset.filter(company__in=Company.objects.filter(intacct_id__iexact=company_id).values("pk"))
        return (_narrowed(found, rest.strip()) if rest.strip() else found), False

    @admin.display(description="partner (sender ID)")
    def sender(self, record: UsageRecord) -> str:
        return str(record.signature.sender)

    @admin.display
    def user(self, record: UsageRecord) -> str:
        return record.signature.user

    @admin.display
    def function(self, record: UsageRecord) -> str:
        return record.signature.function

    @admin.display
    def status(self, record: UsageRecord) -> str:
        return record.signature.status


def _narrowed(records: QuerySet[UsageRecord], text: str) -> QuerySet[UsageRecord]:
    try:
        return records.filter(created_on=date.fromisoformat(text))
    except ValueError:
        return records.filter(record_no=text)
