"""`manage.py add_schedule`: a new schedule, disabled unless told otherwise."""

import shlex
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from intacct_usage.lib.actors import COMMAND_LINE
from intacct_usage.management.commands.send_reports import configurations_named, kinds_from_words
from intacct_usage.management.filter_names import filter_to_fetch
from intacct_usage.management.product_command import ProductCommand
from scheduling.models import Schedule
from scheduling.recurrence import time_zone, upcoming
from scheduling.schedules import Recipients, ScheduleRefusedError, enable_schedule, save_schedule
from usage.models import QueryFilter
from usage.periods import EARLIEST_DAY, LATEST_DAY
from usage.reports import ReportFormat

TIMINGS = {
    "one_off": ("WHEN", "Once, for example 2026-12-01T09:00."),
    "every": ("TIME", "Every so many minutes or hours, for example 30m or 6h (15m at least)."),
    "daily": ("HH:MM", "Every day."),
    "weekly": ("DAYS@HH:MM", "On these days of the week, for example mon,thu@02:30."),
    "monthly": ("DAY@HH:MM", "On this day of the month, 1 to 31 or last, for example 31@02:30."),
    "cron": ("EXPRESSION", 'Five fields, for example "0 2 * * *".'),
}
KINDS = {"every": Schedule.Kind.INTERVAL}


class Command(ProductCommand):
    help = "Create a schedule. It is created disabled unless --enable is given."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME")
        timing = parser.add_mutually_exclusive_group(required=True)
        for name, (metavar, text) in TIMINGS.items():
            timing.add_argument(f"--{name.replace('_', '-')}", metavar=metavar, help=text)
        parser.add_argument("--zone", default=settings.TIME_ZONE, help="IANA time zone (default: TIME_ZONE).")
        parser.add_argument(
            "--filter", default="", metavar="F", help="Only companies of this query filter, not “Other”."
        )
        parser.add_argument("--email", nargs="+", action="extend", default=[], metavar="NAME", help="Who gets reports.")
        parser.add_argument(
            "--alert", nargs="+", action="extend", default=[], metavar="NAME", help="Who is told when it fails."
        )
        parser.add_argument("--reports", default="", metavar="LIST", help="Attachments; none: summary in the mail.")
        parser.add_argument("--format", default="xlsx", help="csv or xlsx (default).")
        parser.add_argument("--subject", default="", help="Subject of the mails, with placeholders such as {period}.")
        parser.add_argument("--report-start", default="", metavar="D", help="First day in the reports, YYYY-MM-DD.")
        parser.add_argument("--complete-months", action="store_true", help="Leave the current month out of reports.")
        parser.add_argument("--skip-empty", action="store_true", help="Send no mail when there is nothing in it.")
        parser.add_argument("--lookback-days", type=int, default=0, metavar="N", help="Fetch so many days more.")
        mode = parser.add_mutually_exclusive_group()
        mode.add_argument("--reports-only", action="store_true", help="Send reports of what is stored; fetch nothing.")
        mode.add_argument("--full-refresh", action="store_true", help="Replace all existing data.")
        parser.add_argument("--keep-history", action="store_true", help="Full refresh: keep what Intacct lost.")
        parser.add_argument("--enable", action="store_true", help="Enable it at once.")

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        schedule = _schedule(options)
        recipients = Recipients(configurations_named(options["email"]), configurations_named(options["alert"]))
        try:
            with transaction.atomic():
                save_schedule(schedule, recipients, by=COMMAND_LINE)
                if options["enable"]:
                    enable_schedule(schedule, by=COMMAND_LINE)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except ScheduleRefusedError as error:
            raise CommandError(error.message) from error
        self._tell(schedule)

    def _tell(self, schedule: Schedule) -> None:
        self.stdout.write(f"The schedule “{schedule}” was created: {schedule.timing_in_words}, {schedule.filter_name}.")
        for due in upcoming(schedule.recurrence, timezone.now(), 5):
            self.stdout.write(f"  {due.astimezone(time_zone(schedule.zone)):%a %Y-%m-%d %H:%M %z}")
        if not schedule.enabled:
            self.stdout.write(f"It is disabled; enable it with: manage.py enable_schedule {shlex.quote(schedule.name)}")


def _schedule(options: dict[str, Any]) -> Schedule:  # Any: argparse's values
    kind, timing = next((name, options[name]) for name in TIMINGS if options[name] is not None)
    if options["format"] not in ReportFormat.values:
        raise CommandError(f"There is no format “{options['format']}”. Formats: {', '.join(ReportFormat.values)}.")
    return Schedule(
        name=options["name"],
        kind=KINDS.get(kind, kind),
        timing=timing,
        zone=options["zone"],
        query_filter=_filter(options["filter"]),
        mode=_mode(options),
        keep_history=options["keep_history"],
        lookback_days=options["lookback_days"],
        report_start=_day(options["report_start"]),
        complete_months=options["complete_months"],
        skip_empty=options["skip_empty"],
        reports=[kind.value for kind in kinds_from_words(options["reports"])],
        report_format=options["format"],
        subject_template=options["subject"],
    )


def _mode(options: dict[str, Any]) -> str:  # Any: argparse's values
    if options["reports_only"]:
        return Schedule.Mode.REPORTS_ONLY
    return Schedule.Mode.FULL_REFRESH if options["full_refresh"] else Schedule.Mode.INCREMENTAL


def _filter(name: str) -> QueryFilter | None:
    return None if name.casefold() in ("", "all filters") else filter_to_fetch(name)


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"“{text}” is not a day; write it as YYYY-MM-DD.") from None
    if not EARLIEST_DAY <= day <= LATEST_DAY:
        raise CommandError(f"“{text}” is out of range; write a day from {EARLIEST_DAY.year} to {LATEST_DAY.year}.")
    return day
