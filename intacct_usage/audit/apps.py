from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "intacct_usage.audit"
    verbose_name = "Audit record"
