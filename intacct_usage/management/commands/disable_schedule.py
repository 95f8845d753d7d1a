"""`manage.py disable_schedule NAME`."""

from argparse import ArgumentParser
from typing import Any

from intacct_usage.lib.actors import COMMAND_LINE
from intacct_usage.management.product_command import ProductCommand
from intacct_usage.management.schedule_names import schedule_named
from scheduling.schedules import disable_schedule


class Command(ProductCommand):
    help = "Let a schedule run no more; a run of it that is going on goes on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME")

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        schedule = schedule_named(options["name"])
        how = "is disabled" if disable_schedule(schedule, by=COMMAND_LINE) else "was disabled already"
        self.stdout.write(f"The schedule “{schedule}” {how}.")
