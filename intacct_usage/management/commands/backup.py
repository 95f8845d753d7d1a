"""`manage.py backup FILE`: the whole database in one file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from intacct_usage.backing_up import back_up
from intacct_usage.backups import BackupError
from intacct_usage.management.product_command import ProductCommand

KEY_NOTE = (
    "It holds the secrets encrypted: keep ENCRYPTION_KEY in another place, without it they cannot be read from this "
    "backup. Report files and the .env file are not part of it."
)


class Command(ProductCommand):
    help = "Write the whole database into one new file; the site and the worker may go on meanwhile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="A new file; an existing one is never overwritten.")

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        try:
            size = back_up(options["file"])
        except BackupError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"Wrote {options['file']} ({size:,} bytes). {KEY_NOTE}")
