"""Companies and query filters in the admin."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from intacct_usage.lib.access import Right, may
from intacct_usage.lib.history_admin import ReadOnlyAdmin
from intacct_usage.lib.plurals import part_of
from usage.companies.actions import skip, unskip
from usage.models import Company, QueryFilter

ATTRIBUTES = ("name", "sage_account_number", "reseller")
Lookups = list[tuple[str, str]]


class OnListFilter(admin.SimpleListFilter):
    title = "on the list"
    parameter_name = "list"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:  # Any: as Django declares it
        return [("active", "Queried"), ("skipped", "Skipped"), ("removed", "Removed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Company]) -> QuerySet[Company]:
        if self.value() == "active":
            return queryset.filter(removed_at=None, skipped_at=None)
        if self.value() == "skipped":
            return queryset.filter(removed_at=None).exclude(skipped_at=None)
        return queryset.exclude(removed_at=None) if self.value() == "removed" else queryset


@admin.register(Company)
class CompanyAdmin(ReadOnlyAdmin):
    """Attributes can be corrected here; adding, removing and loading belong to the Configuration tab."""

    tab, tab_label = "usage:companies", "Manage companies"
    list_display = ("intacct_id", *ATTRIBUTES, "filter_name", "health", "skipped_at", "last_success_at")
    list_filter = (OnListFilter, "health", "origin", "query_filter")
    search_fields = ("intacct_id", *ATTRIBUTES)
    list_select_related = ("query_filter",)
    actions = ("skip_companies", "unskip_companies")
    date_hierarchy = None

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # Any: as Django declares it
        return may(request.user, Right.MANAGE_COMPANIES) and request.user.has_perm("usage.change_company")

    def has_skip_permission(self, request: HttpRequest) -> bool:
        return may(request.user, Right.SKIP_COMPANIES)

    def get_readonly_fields(self, request: HttpRequest, obj: Company | None = None) -> list[str]:
        return [field.name for field in Company._meta.concrete_fields if field.name not in ATTRIBUTES]

    def save_model(self, request: HttpRequest, obj: Company, form: "ModelForm[Company]", change: bool) -> None:
        """Only what was changed, so that a fetch that ends meanwhile keeps what it wrote."""
        if form.changed_data:
            obj.save(update_fields=form.changed_data)

    @admin.display(description="filter", ordering="query_filter__name")
    def filter_name(self, company: Company) -> str:
        return company.filter_name

    @admin.action(description="Skip the selected companies", permissions=["skip"])
    def skip_companies(self, request: HttpRequest, queryset: QuerySet[Company]) -> None:
        self._say(request, skip(queryset, by=request.user.get_username()), queryset.count(), "skipped")

    @admin.action(description="Unskip the selected companies", permissions=["skip"])
    def unskip_companies(self, request: HttpRequest, queryset: QuerySet[Company]) -> None:
        self._say(request, unskip(queryset, by=request.user.get_username()), queryset.count(), "unskipped")

    def _say(self, request: HttpRequest, changed: int, chosen: int, done: str) -> None:
        self.message_user(request, f"{part_of(changed, chosen, 'company', 'companies')} {done}.", messages.SUCCESS)


@admin.register(QueryFilter)
class QueryFilterAdmin(ReadOnlyAdmin):
    """Changing a filter regroups all companies at once; the Configuration tab does both."""

    tab, tab_label = "usage:configuration", "Edit filters"
    list_display = ("name", "kind", "value", "position")
    list_filter = ("kind",)
    search_fields = ("name", "value")
