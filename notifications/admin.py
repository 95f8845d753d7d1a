"""Email configurations and deliveries in the admin: no secret is shown, history is only read."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from intacct_usage.lib.access import Right, may
from intacct_usage.lib.history_admin import BoundedPaginator, ReadOnlyAdmin, ReadOnlyInline
from notifications.email_configurations import test_saved
from notifications.mail_test_limits import TooManyTestsError
from notifications.models import DeliveryAttempt, EmailConfiguration, OutgoingEmail


@admin.register(EmailConfiguration)
class EmailConfigurationAdmin(ReadOnlyAdmin):
    """Editing belongs to the Notifications tab, which tests before it saves."""

    tab, tab_label = "notifications:notifications", "Edit configurations"
    list_display = ("name", "provider", "from_address", "last_state", "last_used_at", "tested_at", "use_proxy")
    list_filter = ("provider", "last_state", "security", "use_proxy")
    search_fields = ("name", "from_address", "to", "cc", "bcc", "host")
    exclude = ("secret",)
    actions = ("send_test",)

    def has_test_permission(self, request: HttpRequest) -> bool:
        return may(request.user, Right.MANAGE_NOTIFICATIONS)

    @admin.action(description="Send a test mail", permissions=["test"])
    def send_test(self, request: HttpRequest, queryset: QuerySet[EmailConfiguration]) -> None:
        for configuration in queryset:
            try:
                email = test_saved(configuration, asked_by=request.user.get_username())
            except TooManyTestsError as refusal:
                self.message_user(request, refusal.message, messages.ERROR)
                return
            sent = email.state == OutgoingEmail.State.SENT
            self.message_user(
                request, f"{configuration}: {email.message}", messages.SUCCESS if sent else messages.ERROR
            )


class DeliveryAttemptInline(ReadOnlyInline):
    model = DeliveryAttempt
    fields = ("attempt", "part_number", "outcome", "stage", "server_answer", "started_at", "finished_at")


@admin.register(OutgoingEmail)
class OutgoingEmailAdmin(ReadOnlyAdmin):
    tab, tab_label = "notifications:deliveries", "Delivery log"
    paginator = BoundedPaginator
    list_display = ("subject", "kind", "configuration_name", "state", "attempts", "created_at", "finished_at")
    list_filter = ("state", "kind", "created_at")
    search_fields = ("subject", "configuration_name", "schedule_name", "=run_id")
    exclude = ("content", "dedupe_key", "lease_owner", "lease_token", "lease_until")
    inlines = (DeliveryAttemptInline,)


@admin.register(DeliveryAttempt)
class DeliveryAttemptAdmin(ReadOnlyAdmin):
    tab, tab_label = "notifications:deliveries", "Delivery log"
    paginator = BoundedPaginator
    list_display = ("email", "attempt", "outcome", "stage", "server_answer", "started_at")
    list_filter = ("outcome", "stage")
    search_fields = ("email__subject", "server_answer", "message_id")
    list_select_related = ("email",)
