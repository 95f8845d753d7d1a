"""Admin pages of what is only ever read there: history, and rows that have a form of their own elsewhere."""

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest

MOST_COUNTED = 10_000


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # not subscriptable at run time
    """Counts to 10,000 and no further: pages of a table of millions open at once, older rows are found by searching."""

    @property
    def count(self) -> int:
        rows = self.object_list
        if not hasattr(self, "_counted"):
            self._counted: int = rows[:MOST_COUNTED].count() if isinstance(rows, models.QuerySet) else len(rows)
        return self._counted


class SteadyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """An address with an empty `_to_field` is answered as one without it; Django looks for a field of no name."""

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:  # Any: as Django declares it
        return super().get_object(request, object_id, from_field or None)


class ReadOnlyAdmin(SteadyAdmin):
    """Shown to people with the model's view permission, changed by nobody here.

    `tab` names the page of the product where the rows are worked with; the list links to it.
    """

    tab = ""
    tab_label = ""
    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # Any: as Django declares it
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # Any: as Django declares it
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # Any: as Django declares it
        return False


class ReadOnlyInline(admin.StackedInline):  # type: ignore[type-arg]  # not subscriptable at run time
    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # Any: as Django declares it
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # Any: as Django declares it
        return False
