"""`manage.py rotate_encryption_keys`: encrypt every stored secret with the first key of ENCRYPTION_KEY."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from intacct_usage.audit.models import Action
from intacct_usage.audit.recording import record
from intacct_usage.key_check import write_key_check
from intacct_usage.lib.stored_secrets import rotate_stored_secrets, unreadable_secrets
from intacct_usage.management.product_command import ProductCommand


class Command(ProductCommand):
    help = (
        "Encrypt every stored secret with the first key of ENCRYPTION_KEY, all in one transaction. "
        "Before: make a key with generate_encryption_key, put it before the present one (NEW,OLD) and restart. "
        "After: take the old key out and restart. Run check_secrets before you throw the old key away."
    )

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        unreadable = unreadable_secrets()
        if unreadable:
            for secret in unreadable:
                self.stderr.write(str(secret))
            raise CommandError(f"{len(unreadable)} stored secrets cannot be read. Nothing was changed.")
        write_key_check()
        rotated = rotate_stored_secrets()
        record(None, Action.KEYS_ROTATED, target=f"{rotated} stored secrets")
        self.stdout.write(f"Encrypted {rotated} stored secrets with the first key of ENCRYPTION_KEY.")
        if len(settings.ENCRYPTION_KEYS) > 1:
            self.stdout.write(
                "Once every process runs with the new key, the other keys can be taken out of ENCRYPTION_KEY. "
                "Keep them as long as you keep backups from before now."
            )
