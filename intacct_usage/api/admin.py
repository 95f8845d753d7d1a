"""API tokens in the admin: made, shown once, revoked; never changed."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from intacct_usage.api.models import ApiToken
from intacct_usage.api.tokens import DEFAULT_DAYS, LONGEST_DAYS, create_token, revoke_token
from intacct_usage.lib.history_admin import SteadyAdmin


class NewTokenForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    days = forms.IntegerField(
        label="Valid for days", min_value=1, max_value=LONGEST_DAYS, initial=DEFAULT_DAYS, help_text="A year at most."
    )

    class Meta:
        model = ApiToken
        fields = ("name", "owner", "scope")


@admin.register(ApiToken)
class ApiTokenAdmin(SteadyAdmin):
    list_display = ("name", "begins", "owner", "scope", "state", "expires_at", "last_used_at", "created_by")
    list_filter = ("scope", "expires_at")
    search_fields = ("name", "prefix", "owner__username")
    list_select_related = ("owner",)
    actions = ("revoke",)

    @admin.display(description="begins with")
    def begins(self, token: ApiToken) -> str:
        return f"iau_{token.prefix}…"

    def get_form(
        self, request: HttpRequest, obj: ApiToken | None = None, change: bool = False, **kwargs: Any
    ) -> Any:  # Any: as Django declares it
        return super().get_form(request, obj, change, **(kwargs if obj else {**kwargs, "form": NewTokenForm}))

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:  # Any: as Django declares it
        if obj is None:
            return ("name", "owner", "scope", "days")
        return ("name", "begins", "owner", "scope", "state", "created_at", "created_by", "expires_at",
                "last_used_at", "revoked_at", "revoked_by")  # fmt: skip

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return self._is_superuser(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._is_superuser(request)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return self._is_superuser(request)

    def save_model(
        self, request: HttpRequest, obj: ApiToken, form: Any, change: bool
    ) -> None:  # Any: as Django declares it
        days = form.cleaned_data["days"]
        made, text = create_token(obj.owner, name=obj.name, scope=obj.scope, days=days, by=request.user.get_username())
        obj.pk, obj.prefix, obj.expires_at = made.pk, made.prefix, made.expires_at
        request.new_api_token = text  # type: ignore[attr-defined]  # for the answer to this very request

    def response_add(self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None) -> HttpResponse:
        """The page that shows the token, once. It is kept in no message, session or log."""
        shown = {**self.admin_site.each_context(request), "title": "The new API token", "token": obj,
                 "text": getattr(request, "new_api_token"), "opts": self.opts}  # noqa: B009  # set by save_model  # fmt: skip
        return TemplateResponse(request, "admin/api/apitoken/created.html", shown)

    @admin.action(description="Revoke the selected tokens", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        by = request.user.get_username()
        revoked = sum(revoke_token(token, by=by) for token in queryset)
        messages.success(request, f"{revoked} tokens revoked.")

    @staticmethod
    def _is_superuser(request: HttpRequest) -> bool:
        return bool(request.user.is_active and getattr(request.user, "is_superuser", False))
