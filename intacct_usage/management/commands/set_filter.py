"""`manage.py set_filter`: create or change a query filter."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from intacct_usage.lib.plurals import counted
from intacct_usage.management.product_command import ProductCommand
from usage.filters.assignment import FilterSetError, set_filter
from usage.models import Company, QueryFilter


class Command(ProductCommand):
    help = "Create a query filter, or change the one of this name, and group all companies anew."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME")
        kind = parser.add_mutually_exclusive_group(required=True)
        kind.add_argument("--prefix", metavar="P", help="How the company IDs begin; upper and lower case count.")
        kind.add_argument("--glob", metavar="P", help="What they look like: * any characters, ? exactly one.")
        kind.add_argument("--regex", metavar="P", help="A regular expression for the whole company ID.")

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        kind = next(kind for kind in QueryFilter.Kind.values if options[kind] is not None)
        try:
            saved = set_filter(options["name"], kind=kind, value=options[kind])
        except FilterSetError as error:
            raise CommandError(error.message) from error
        count = Company.objects.listed().in_filter(saved).count()
        self.stdout.write(f"Filter “{saved}” matches {counted(count, 'company', 'companies')}.")
