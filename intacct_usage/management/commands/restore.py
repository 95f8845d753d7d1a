"""`manage.py restore FILE`: put a backup in the place of the database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from intacct_usage.backups import BackupError
from intacct_usage.lib.plurals import counted
from intacct_usage.restoring import Restored, restore


class Command(BaseCommand):
    help = (
        "Replace the database by a backup, all of it or nothing. Stop the site and the worker before. "
        "The ENCRYPTION_KEY of the time of the backup is needed to read its secrets."
    )
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--force", action="store_true", help="Replace a database that is not empty.")

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        try:
            restored = restore(options["file"], force=options["force"])
        except BackupError as error:
            raise CommandError(f"{error.message} Nothing was changed.") from error
        self.stdout.write(f"Restored {options['file']}. Everybody has to sign in again.")
        self._tell_next_steps(restored)

    def _tell_next_steps(self, restored: Restored) -> None:
        if restored.mails_in_doubt:
            self.stdout.write(
                f"{counted(restored.mails_in_doubt, 'mail')} waited at that time, now marked “May have been sent”; "
                "nothing of that is sent by itself."
            )
        if restored.mailings_in_doubt:
            self.stdout.write(
                f"{counted(restored.mailings_in_doubt, 'mailing was', 'mailings were')} being prepared at that time; "
                "nothing of it is sent, because it may have been sent since. The runs go on without mails."
            )
        if restored.missing_migrations:
            self.stdout.write(
                "The backup is of an older version: run `manage.py migrate`, then `manage.py check_secrets`. "
                "The ENCRYPTION_KEY of that time is needed."
            )
            return
        unreadable = [secret for secret in restored.secrets if secret.reason]
        for secret in unreadable:
            self.stdout.write(str(secret))
        if unreadable:
            self.stdout.write(
                f"{len(unreadable)} of {len(restored.secrets)} secrets cannot be read: "
                "the ENCRYPTION_KEY of the time of the backup is needed."
            )
        elif restored.secrets:
            self.stdout.write(f"All {len(restored.secrets)} secrets can be read with the present ENCRYPTION_KEY.")
        self.stdout.write("Start the worker and the site. Runs that were under way end or go on by themselves.")
