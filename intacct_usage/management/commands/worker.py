"""`manage.py worker`: runs what is due, fetches, makes reports and sends mails, until it is stopped."""

import os
import sys
from argparse import SUPPRESS, ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import DatabaseError

from intacct_usage.health import schema_problem
from intacct_usage.management.product_command import ProductCommand
from scheduling.cluster import run_cluster
from scheduling.supervisor import Supervisor, Timing, worker_command


class Command(ProductCommand):
    help = "Run schedules, fetches, reports and mails in the background. Ends cleanly on SIGTERM or Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--grace", type=float, default=Timing.grace_seconds, metavar="SECONDS", help="Time to stop in (20)."
        )
        parser.add_argument("--cluster", nargs=2, help=SUPPRESS)  # name and pipes; given by the supervisor itself

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        if options["cluster"]:
            name, ends = options["cluster"]
            lifeline_end, beat_end = (int(end) for end in ends.split(","))
            run_cluster(name, lifeline_end=lifeline_end, beat_end=beat_end, grace_seconds=options["grace"])
            return
        self._check_database()
        self.stdout.write("The worker runs; stop it with Ctrl-C or SIGTERM.")
        self.stdout.flush()  # at once also into a file or the journal
        if Supervisor(worker_command(), Timing(grace_seconds=options["grace"])).run():
            self.stdout.flush()
            os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606 - this very command again
        self.stdout.write("The worker has stopped.")

    def _check_database(self) -> None:
        try:
            problem = schema_problem()
        except DatabaseError as error:
            raise CommandError(f"The database does not answer: {error}") from error
        if problem:
            raise CommandError(problem)
