"""`manage.py export_companies`: the company list as a CSV file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from intacct_usage.lib.plurals import counted
from intacct_usage.management.product_command import ProductCommand
from usage.companies.csv_file import export_companies
from usage.models import Company


class Command(ProductCommand):
    help = "Write the listed companies to a CSV file that import_companies reads back as it was."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE.csv", help="The file to write; one that is there is replaced.")

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        path = Path(options["file"])
        try:
            path.write_bytes(export_companies())
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror or error}.") from error
        self.stdout.write(f"{counted(Company.objects.listed().count(), 'company', 'companies')} in {path}.")
