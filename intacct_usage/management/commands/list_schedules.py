"""`manage.py list_schedules`."""

from typing import Any

from intacct_usage.management.product_command import ProductCommand
from scheduling.models import Schedule
from scheduling.recurrence import time_zone
from scheduling.schedule_status import ScheduleLine, with_status

HEADINGS = ("Name", "Status", "Next run", "Runs", "Filter", "Mode")


class Command(ProductCommand):
    help = "List the schedules with status, sub-state and next run."

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        lines = with_status(Schedule.objects.all())
        if not lines:
            self.stdout.write("There are no schedules yet. Create one with manage.py add_schedule.")
            return
        rows = [HEADINGS, *(_cells(line) for line in lines)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
        for row in rows:
            self.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _cells(line: ScheduleLine) -> tuple[str, ...]:
    schedule = line.schedule
    return (
        schedule.name,
        str(line.status),
        _next_run(schedule),
        schedule.timing_in_words,
        schedule.filter_name,
        schedule.get_mode_display(),
    )


def _next_run(schedule: Schedule) -> str:
    if schedule.next_run_at is None:
        return "-"
    return f"{schedule.next_run_at.astimezone(time_zone(schedule.zone)):%Y-%m-%d %H:%M %z}"
