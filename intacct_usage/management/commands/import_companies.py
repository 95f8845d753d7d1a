"""`manage.py import_companies`: add and change companies from a CSV file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from intacct_usage.management.product_command import ProductCommand
from usage.companies.archived_batches import revival_note
from usage.companies.csv_file import COLUMNS, import_companies
from usage.companies.entries import CompanyListError


class Command(ProductCommand):
    help = f"Add and change companies from a CSV file with the columns {', '.join(COLUMNS)}. All or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE.csv")

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        path = Path(options["file"])
        try:
            changes = import_companies(path.read_bytes(), imported_by="command line")
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror or error}.") from error
        except CompanyListError as error:
            raise CommandError(error.message) from error
        self.stdout.write(
            f"Companies: {len(changes.new) + len(changes.revived)} new, {len(changes.changed)} changed, "
            f"{len(changes.unchanged)} unchanged."
        )
        if note := revival_note(changes.revived):
            self.stdout.write(note)
