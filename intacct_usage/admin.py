"""People and their roles in the admin, with forms that screen readers can name."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import ManyToManyField, QuerySet
from django.forms import ModelMultipleChoiceField
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from intacct_usage.accounts.second_factor import switch_off
from intacct_usage.lib.history_admin import SteadyAdmin

admin.site.unregister((User, Group))


class SuperusersOnly(SteadyAdmin):
    """Who may change accounts can make himself anything: that is not a permission to hand out singly."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _is_superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # Any: as Django declares it
        return _is_superuser(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # Any: as Django declares it
        return _is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # Any: as Django declares it
        return _is_superuser(request)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and getattr(request.user, "is_superuser", False))


def no_view_on_site(request: HttpRequest, **ignored: str) -> HttpResponseBase:
    """Django's “View on site”: nothing here has such a page, and its own view fails on a model without a table."""
    raise Http404


@admin.action(description="Switch the second factor off", permissions=["change"])
def remove_second_factor(modeladmin: "AccountAdmin", request: HttpRequest, queryset: "QuerySet[User]") -> None:
    """For people who lost phone and recovery codes; each is on record."""
    done = [str(user) for user in queryset if switch_off(user)]
    modeladmin.message_user(request, f"Second factor switched off: {', '.join(done) or 'nobody had one'}.")


@admin.register(User)
class AccountAdmin(SuperusersOnly, UserAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Rights come from roles, which are groups; single rights are not handed out."""

    readonly_fields = ("last_login", "date_joined")
    filter_horizontal = ()
    actions = (remove_second_factor,)
    list_display = ("username", "email", "first_name", "last_name", "is_active", "is_staff", "last_login")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Roles", {"fields": ("is_active", "groups", "is_staff", "is_superuser")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )

    def formfield_for_manytomany(
        self,
        db_field: "ManyToManyField[Any, Any]",  # Any: as Django declares it
        request: HttpRequest,
        **kwargs: Any,  # Any: as Django declares it
    ) -> ModelMultipleChoiceField | None:  # type: ignore[type-arg]  # not subscriptable at run time
        kwargs["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)


@admin.register(Group)
class RoleAdmin(SuperusersOnly, GroupAdmin):
    """A role is a set of the product's rights; those of the three given roles are put back by every `migrate`."""

    filter_horizontal = ()

    def formfield_for_manytomany(
        self,
        db_field: "ManyToManyField[Any, Any]",  # Any: as Django declares it
        request: HttpRequest | None = None,
        **kwargs: Any,  # Any: as Django declares it
    ) -> ModelMultipleChoiceField | None:  # type: ignore[type-arg]  # not subscriptable at run time
        kwargs["widget"] = forms.SelectMultiple(attrs={"size": 24})
        kwargs["queryset"] = Permission.objects.select_related("content_type")
        return super().formfield_for_manytomany(db_field, request, **kwargs)
