"""`manage.py enable_schedule NAME`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from intacct_usage.lib.actors import COMMAND_LINE
from intacct_usage.management.product_command import ProductCommand
from intacct_usage.management.schedule_names import schedule_named
from scheduling.schedules import ScheduleRefusedError, enable_schedule


class Command(ProductCommand):
    help = "Let a schedule run at its times."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME")

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        schedule = schedule_named(options["name"])
        try:
            changed = enable_schedule(schedule, by=COMMAND_LINE)
        except ScheduleRefusedError as error:
            raise CommandError(error.message) from error
        how = "is enabled" if changed else "was enabled already"
        self.stdout.write(f"The schedule “{schedule}” {how}; next run {schedule.next_run_at:%Y-%m-%d %H:%M} UTC.")
