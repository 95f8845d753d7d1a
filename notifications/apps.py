from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from notifications.report_requests import request_for_filters
        from usage.filters.work import register_filter_work

        register_filter_work(request_for_filters)
