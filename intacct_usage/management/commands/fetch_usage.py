"""`manage.py fetch_usage`: one fetch run in the foreground."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction

from intacct_usage.audit.models import Action
from intacct_usage.audit.recording import record
from intacct_usage.lib.actors import COMMAND_LINE
from intacct_usage.lib.plurals import counted
from intacct_usage.lib.progress import ProgressLine
from intacct_usage.management.filter_names import filter_to_fetch
from intacct_usage.management.product_command import ProductCommand
from scheduling.models import Occurrence
from scheduling.run_requests import record_run
from usage.fetching.foreground_run import work_in_foreground
from usage.fetching.runs import RunRefusedError, ask_for_run
from usage.models import FetchRun

EXIT_SOME_FAILED = 1
EXIT_RUN_FAILED = 2


class Command(ProductCommand):
    help = (
        "Fetch API usage from Intacct, here and now, without a worker. "
        "Exit code 0: all companies fetched, 1: some companies failed, 2: the run failed or was stopped."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--filter", metavar="NAME", help="Only companies of this query filter, not “Other”.")
        parser.add_argument("--full-refresh", action="store_true", help="Replace all existing data of the companies.")
        parser.add_argument("--keep-history", action="store_true", help="Keep what Intacct no longer returns.")
        parser.add_argument(
            "--retry-failed", metavar="RUN", type=int, help="Only what failed in that run, as that run did it."
        )

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        try:
            run = _asked_run(options)
        except RunRefusedError as error:
            raise CommandError(error.message_for_commands, returncode=EXIT_RUN_FAILED) from error
        self._work(run)

    def _work(self, run: FetchRun) -> None:
        progress = ProgressLine(sys.stderr, f"Run {run.pk}")
        run = work_in_foreground(
            run,
            on_progress=lambda done, failed, total: progress.show(
                done + failed, total, f"{failed} failed" if failed else ""
            ),
            on_queued=lambda ahead: self.stderr.write(f"Run {run.pk} is queued behind run {ahead.pk}."),
        )
        progress.close()
        self.stdout.write(
            f"Run {run.pk}: {run.get_status_display()}. {run.message} "
            f"{counted(run.records_inserted, 'record')} stored, {counted(run.requests_sent, 'request')} sent."
        )
        if run.status != FetchRun.Status.SUCCESS:
            sys.exit(EXIT_RUN_FAILED)
        if run.companies_failed:
            sys.exit(EXIT_SOME_FAILED)


def _asked_run(options: dict[str, Any]) -> FetchRun:  # Any: as parsed by argparse
    """The run, with its line in the history of runs; a retry runs as the run before it did. Raises RunRefusedError."""
    before = _run_to_retry(options["retry_failed"])
    pattern = before or FetchRun()
    name = options["filter"]
    query_filter = None if name is None else filter_to_fetch(name, returncode=EXIT_RUN_FAILED)
    with transaction.atomic():
        run = ask_for_run(
            mode=FetchRun.Mode.FULL_REFRESH if options["full_refresh"] else pattern.mode,
            query_filter=query_filter or pattern.query_filter,
            asked_by=COMMAND_LINE,
            keep_history=options["keep_history"] or pattern.keep_history,
            lookback_days=pattern.lookback_days,
            retry_of=before,
        )
        record(None, Action.RUN_STARTED, target=f"{run}: {run.filter_name}", reason=run.get_mode_display())
        record_run(run, origin=Occurrence.Origin.RETRY if before else Occurrence.Origin.COMMAND_LINE)
    return run


def _run_to_retry(number: int | None) -> FetchRun | None:
    if number is None:
        return None
    run = FetchRun.objects.filter(pk=number).first()
    if run is None:
        raise CommandError(f"There is no run {number}.", returncode=EXIT_RUN_FAILED)
    if run.status in FetchRun.OPEN_STATUSES:
        raise CommandError(
            f"Run {number} has not ended yet; retry what failed once it has.", returncode=EXIT_RUN_FAILED
        )
    return run
