"""`manage.py remove_filter`: delete a query filter."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from intacct_usage.lib.plurals import counted
from intacct_usage.management.product_command import ProductCommand
from usage.filters.assignment import FilterSetError, remove_filter


class Command(ProductCommand):
    help = "Delete a query filter; its companies go to the other filters that match them, or to “Other”."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME")

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        try:
            companies = remove_filter(options["name"])
        except FilterSetError as error:
            raise CommandError(error.message) from error
        anew = counted(companies, "company was", "companies were")
        self.stdout.write(f"Filter “{options['name']}” is deleted; {anew} grouped anew.")
