from django.apps import AppConfig
from django.conf import settings
from django.core.checks import Tags, register
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate

from intacct_usage.lib.any_case import add_function, search_in_any_case
from intacct_usage.lib.redaction import register_secret


class IntacctUsageConfig(AppConfig):
    name = "intacct_usage"
    verbose_name = "Access"

    def ready(self) -> None:
        from intacct_usage.audited import watch_everything
        from intacct_usage.health import check_schema
        from intacct_usage.key_check import write_key_check  # models are loaded only now
        from intacct_usage.roles import create_roles

        register(check_schema, Tags.database)
        post_migrate.connect(create_roles, sender=self, dispatch_uid="intacct_usage.create_roles")
        post_migrate.connect(write_key_check, sender=self, dispatch_uid="intacct_usage.write_key_check")
        watch_everything()
        search_in_any_case()
        connection_created.connect(add_function, dispatch_uid="intacct_usage.any_case")
        for secret in secrets_of_the_environment():
            register_secret(secret)


def secrets_of_the_environment() -> list[str]:
    """What came with the settings and must be in no log; what is stored registers itself when it is used."""
    entra = settings.ENTRA.client_secret if settings.ENTRA else ""
    database = str(settings.DATABASES["default"].get("PASSWORD") or "")
    return [settings.SECRET_KEY, *settings.ENCRYPTION_KEYS, settings.METRICS_TOKEN, entra, database]
