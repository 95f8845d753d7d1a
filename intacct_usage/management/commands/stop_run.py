"""`manage.py stop_run ID`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from intacct_usage.lib.actors import COMMAND_LINE
from intacct_usage.management.product_command import ProductCommand
from scheduling.run_requests import stop_run
from usage.models import FetchRun


class Command(ProductCommand):
    help = "Stop a run: companies fetched so far are kept, the others keep their old records, nothing is mailed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run", metavar="ID", type=int)

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        run = FetchRun.objects.filter(pk=options["run"]).first()
        if run is None:
            raise CommandError(f"There is no run {options['run']}.")
        stopped = stop_run(run, by=COMMAND_LINE)
        run.refresh_from_db()
        if stopped:
            self.stdout.write(f"{run}: {run.get_status_display()}. {run.message}")
        else:
            self.stdout.write(f"{run} had ended already: {run.get_status_display()}. {run.message}")
