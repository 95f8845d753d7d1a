from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "intacct_usage.api"
    label = "api"
    verbose_name = "REST API"
