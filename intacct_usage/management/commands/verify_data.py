"""`manage.py verify_data`: checks what is stored, and says what is wrong."""

import sys
from argparse import ArgumentParser
from itertools import chain, islice
from typing import Any

from intacct_usage.management.product_command import ProductCommand
from scheduling.state_check import check_states
from usage.records.data_check import check_data

SHOWN = 100


class Command(ProductCommand):
    help = (
        "Check that records, totals, runs, occurrences and mails agree with each other. Changes nothing. "
        "Exit code 0: all is right, 1: something is wrong."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help=f"Show all findings, not only the first {SHOWN}.")

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        findings = chain(check_data(), check_states())
        shown = list(findings if options["all"] else islice(findings, SHOWN))
        for finding in shown:
            self.stdout.write(str(finding))
        if shown:
            more = next(findings, None) is not None
            self.stdout.write(f"{len(shown)} findings{' and more (--all shows them)' if more else ''}.")
            sys.exit(1)
        self.stdout.write("All stored data agree.")
