"""`manage.py load_companies`: bring the company list in line with the companies API."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from intacct_usage.lib.progress import ProgressLine
from intacct_usage.management.product_command import ProductCommand
from intacct_usage.management.secret_input import environment_secret
from usage.companies.archived_batches import revival_note
from usage.companies.entries import CompanyListError
from usage.companies.list_diff import CompanyListChanges, ShrinkUnconfirmedError
from usage.companies.list_loading import apply_list, list_request, preview_list
from usage.companies.list_source import ListRequest

LINES_SHOWN = 20


class Command(ProductCommand):
    help = (
        "Load the company list. The token comes from COMPANIES_API_TOKEN (or the file named by "
        "COMPANIES_API_TOKEN_FILE); another URL than the stored one is stored when its list was applied."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", default="", metavar="URL", help="The API; left out, the stored one.")
        parser.add_argument("--dry-run", action="store_true", help="Only show what would change.")
        parser.add_argument(
            "--confirm-shrink", action="store_true", help="Apply even if more than half of the companies are gone."
        )

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        token = environment_secret("COMPANIES_API_TOKEN")
        try:
            request = list_request(url=options["url"], token=token)
            self._load(request, dry_run=options["dry_run"], confirm_shrink=options["confirm_shrink"])
        except ShrinkUnconfirmedError as error:
            raise CommandError(f"{error.message} (--confirm-shrink confirms it.)") from error
        except CompanyListError as error:
            raise CommandError(error.message) from error

    def _load(self, request: ListRequest, *, dry_run: bool, confirm_shrink: bool) -> None:
        progress = ProgressLine(sys.stderr, "Companies")
        entries, changes = preview_list(request, on_progress=lambda read, total: progress.show(read, total or read))
        progress.close()
        if not dry_run:
            changes = apply_list(request, entries, confirm_shrink=confirm_shrink)
        self._tell(changes, dry_run=dry_run)

    def _tell(self, changes: CompanyListChanges, *, dry_run: bool) -> None:
        new = [entry.intacct_id for entry in changes.new] + [f"{each.company} (again)" for each in changes.revived]
        changed = [
            f"{change.company}: " + ", ".join(f"{field.field} “{field.old}” → “{field.new}”" for field in change.fields)
            for change in changes.changed
        ]
        for what, lines in (("new", new), ("changed", changed), ("gone", [str(each) for each in changes.gone])):
            for line in lines[:LINES_SHOWN]:
                self.stdout.write(f"  {what:<8} {line}")
            if len(lines) > LINES_SHOWN:
                self.stdout.write(f"  {what:<8} and {len(lines) - LINES_SHOWN} more")
        self.stdout.write(f"Companies: {changes.summary}.{' Nothing was changed (dry run).' if dry_run else ''}")
        if note := revival_note(changes.revived):
            self.stdout.write(note)
        if dry_run and changes.shrinks:
            self.stdout.write("More than half of the companies are gone: loading will ask for --confirm-shrink.")
