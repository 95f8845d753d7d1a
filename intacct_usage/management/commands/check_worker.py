"""`manage.py check_worker`: for health checks of containers and monitoring."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import DatabaseError

from intacct_usage.lib.process_name import HOST
from intacct_usage.management.product_command import ProductCommand
from scheduling.models import WorkerBeat


class Command(ProductCommand):
    help = "Exit 0 if a worker on this host has given a sign of life in the last 30 seconds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--any-host", action="store_true", help="A worker on another host will do.")

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        alive = WorkerBeat.objects.alive()
        where = "anywhere" if options["any_host"] else f"on {HOST}"
        try:
            found = (alive if options["any_host"] else alive.filter(host=HOST)).first()
        except DatabaseError as error:
            raise CommandError(f"The database does not answer ({type(error).__name__}).") from error
        if found is None:
            raise CommandError(f"No worker {where} has given a sign of life in the last 30 seconds.")
        self.stdout.write(f"Worker {found} is alive.")
