"""`manage.py check_secrets`: which stored secrets can be read with the present key."""

from typing import Any

from django.core.management.base import CommandError

from intacct_usage.key_check import write_key_check
from intacct_usage.lib.stored_secrets import stored_secrets
from intacct_usage.management.product_command import ProductCommand


class Command(ProductCommand):
    help = "Check that ENCRYPTION_KEY opens every stored secret. Shows names, never values. Exit code 1 if it does not."

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        secrets = list(stored_secrets())
        for secret in secrets:
            self.stdout.write(str(secret))
        unreadable = sum(bool(secret.reason) for secret in secrets)
        if unreadable:
            raise CommandError(f"{unreadable} of {len(secrets)} stored secrets cannot be read. Nothing was changed.")
        write_key_check()
        self.stdout.write(
            f"All {len(secrets)} stored secrets can be read." if secrets else "No secrets are stored yet."
        )
