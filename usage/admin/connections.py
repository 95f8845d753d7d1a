"""Credentials, proxy and companies API in the admin: when they were set, never what they hold."""

from django.contrib import admin

from intacct_usage.lib.history_admin import ReadOnlyAdmin
from usage.models import ApiCredential, CompanySource, OutboundProxy

CONFIGURATION = "usage:configuration"


@admin.register(ApiCredential)
class ApiCredentialAdmin(ReadOnlyAdmin):
    tab, tab_label = CONFIGURATION, "Edit credentials"
    list_display = fields = ("sender_id", "user_id", "validated_at", "validated_company", "saved_at")


@admin.register(OutboundProxy)
class OutboundProxyAdmin(ReadOnlyAdmin):
    tab, tab_label = CONFIGURATION, "Edit the proxy"
    list_display = fields = ("url", "username", "enabled", "saved_at")


@admin.register(CompanySource)
class CompanySourceAdmin(ReadOnlyAdmin):
    tab, tab_label = CONFIGURATION, "Load companies"
    list_display = ("url", "last_loaded_at", "last_loaded_count", "saved_at")
    fields = (*list_display, "token_header", "token_scheme", "field_mapping")
