from django.contrib import admin

from intacct_usage.audit.models import AuditEvent
from intacct_usage.lib.history_admin import BoundedPaginator, ReadOnlyAdmin


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    tab, tab_label = "audit", "Open the audit record"
    list_display = ("at", "actor", "address", "action", "target")
    list_filter = ("action",)
    search_fields = ("actor", "target")
    paginator = BoundedPaginator
