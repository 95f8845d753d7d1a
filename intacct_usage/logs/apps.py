from django.apps import AppConfig


class LogsConfig(AppConfig):
    name = "intacct_usage.logs"
