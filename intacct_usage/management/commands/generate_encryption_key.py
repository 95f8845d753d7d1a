"""`manage.py generate_encryption_key`: prints a new key for ENCRYPTION_KEY."""

from typing import Any

from django.core.management.base import BaseCommand

from intacct_usage.lib.crypto import generate_key


class Command(BaseCommand):
    help = "Print a new key for ENCRYPTION_KEY. To rotate, put it before the present one, separated by a comma."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        self.stdout.write(generate_key())
