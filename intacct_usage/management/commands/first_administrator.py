"""`manage.py first_administrator`: a token with which the first administrator makes an account in the browser."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.urls import reverse
from django.utils import timezone

from intacct_usage.accounts.first_administrator import AdministratorExistsError, issue_token
from intacct_usage.management.product_command import ProductCommand

WORDS = """\
There is no administrator yet. Within 24 hours, until {until}, open
    {address}#{token}
or enter this token at {address} :
    {token}
It is good for one account. This command prints a new one and voids it; `createsuperuser` does without."""


class Command(ProductCommand):
    help = "Print a one-time token for making the first administrator in the browser. There is no default account."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--site", default=settings.SITE_URL, help="Address of the site, if not SITE_URL.")
        parser.add_argument("--if-needed", action="store_true", help="Say nothing if there is an administrator.")

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        try:
            token, expires_at = issue_token()
        except AdministratorExistsError as error:
            if options["if_needed"]:
                return
            raise CommandError(error.message) from error
        address = f"{options['site'].rstrip('/')}{reverse('first_administrator')}"
        until = f"{timezone.localtime(expires_at):%Y-%m-%d %H:%M %Z}"
        self.stdout.write(WORDS.format(until=until, address=address, token=token))
