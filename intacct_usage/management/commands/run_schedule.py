"""`manage.py run_schedule NAME [--wait]`: runs a schedule now; its times stay as they are."""

import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from intacct_usage.lib.actors import COMMAND_LINE
from intacct_usage.lib.progress import ProgressLine
from intacct_usage.management.product_command import ProductCommand
from intacct_usage.management.schedule_names import schedule_named
from notifications.models import OutgoingEmail
from scheduling.models import Occurrence, WorkerBeat
from scheduling.run_requests import AlreadyRunningError, run_now
from usage.fetching.run_progress import run_progress
from usage.fetching.runs import RunRefusedError

EXIT_IN_PART = 1
EXIT_FAILED = 2
WENT_WELL = (OutgoingEmail.State.SENT, OutgoingEmail.State.SKIPPED)
LOOK_SECONDS = 0.5
NO_WORKER = "No worker is running; it starts as soon as there is one (manage.py worker)."
NO_WORKER_SECONDS = 60.0


class Command(ProductCommand):
    help = (
        "Run a schedule now, by the worker. With --wait, exit code 0: all went well, "
        "1: some companies or mails failed, 2: it failed, was stopped or could not be started."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--wait", action="store_true", help="Wait until it has ended and its mails went out.")

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        schedule = schedule_named(options["name"], returncode=EXIT_FAILED)
        try:
            occurrence = run_now(schedule, by=COMMAND_LINE, origin=Occurrence.Origin.COMMAND_LINE)
        except RunRefusedError as error:
            raise CommandError(error.message_for_commands, returncode=EXIT_FAILED) from error
        except AlreadyRunningError as error:
            raise CommandError(error.message, returncode=EXIT_FAILED) from error
        which = f" as run {occurrence.run_id}" if occurrence.run_id else ""
        self.stdout.write(f"The schedule “{schedule}” was started{which}.")
        if not WorkerBeat.objects.alive().exists():
            self.stderr.write(NO_WORKER)
        if options["wait"]:
            self._wait(occurrence)

    def _wait(self, occurrence: Occurrence) -> None:
        progress = ProgressLine(sys.stderr, occurrence.schedule_name)
        last_worker = time.monotonic()
        while not _is_over(occurrence):
            if WorkerBeat.objects.alive().exists():
                last_worker = time.monotonic()
            elif time.monotonic() - last_worker > NO_WORKER_SECONDS:
                progress.close()
                raise CommandError(f"{NO_WORKER} Nothing waits for it any more.", returncode=EXIT_FAILED)
            _show(progress, occurrence)
            time.sleep(LOOK_SECONDS)
        progress.close()
        self._tell(occurrence)

    def _tell(self, occurrence: Occurrence) -> None:
        self.stdout.write(f"{occurrence.get_state_display()}. {occurrence.message}".rstrip())
        emails = list(occurrence.emails.all())
        for email in emails:
            self.stdout.write(f"{email.configuration_name}: {email.get_state_display()}. {email.message}")
        if occurrence.state != Occurrence.State.SUCCESS:
            sys.exit(EXIT_FAILED)
        mails_failed = any(email.state not in WENT_WELL for email in emails)
        companies_failed = occurrence.run is not None and occurrence.run.companies_failed > 0
        if mails_failed or companies_failed:
            sys.exit(EXIT_IN_PART)


def _is_over(occurrence: Occurrence) -> bool:
    """Ended, and each mail was tried at least once: one that is to be tried again in an hour is not waited for."""
    occurrence.refresh_from_db()
    if occurrence.is_open:
        return False
    under_way = occurrence.emails.filter(state__in=OutgoingEmail.OPEN_STATES)
    return not under_way.exclude(state=OutgoingEmail.State.PENDING, attempts__gt=0).exists()


def _show(progress: ProgressLine, occurrence: Occurrence) -> None:
    run = occurrence.run
    if run is None or occurrence.state != Occurrence.State.FETCHING:
        progress.show(0, 0, "reports and mails")
        return
    figures = run_progress(run)
    failed = f"{figures['failed']} failed" if figures["failed"] else ""
    detail = ", ".join(part for part in (figures["sub_state"], failed) if part)
    progress.show(figures["done"] + figures["failed"], figures["total"], detail)
