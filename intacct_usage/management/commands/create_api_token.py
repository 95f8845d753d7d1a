"""`manage.py create_api_token`: a token for a program, shown once."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from intacct_usage.api.models import ApiToken
from intacct_usage.api.tokens import DEFAULT_DAYS, LONGEST_DAYS, create_token
from intacct_usage.management.product_command import ProductCommand


class Command(ProductCommand):
    help = "Make a token for the REST API. It can do what its owner can do, within its scope. It is shown once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="What it is for, such as the name of the program.")
        parser.add_argument("--user", required=True, help="The account it acts for.")
        parser.add_argument("--scope", choices=ApiToken.Scope.values, default=ApiToken.Scope.READ.value)
        parser.add_argument("--days", type=int, default=DEFAULT_DAYS, help=f"Valid for 1 to {LONGEST_DAYS} days.")

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        owner = User.objects.filter(username=options["user"], is_active=True).first()
        if owner is None:
            raise CommandError(f"There is no active account “{options['user']}”.")
        try:
            row, text = create_token(
                owner, name=options["name"], scope=options["scope"], days=options["days"], by="command line"
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stderr.write(f"{row}, valid until {row.expires_at:%Y-%m-%d %H:%M} UTC. It is not shown again:")
        self.stdout.write(text)
