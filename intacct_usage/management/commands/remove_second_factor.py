"""`manage.py remove_second_factor`: for somebody who lost both phone and recovery codes."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandError

from intacct_usage.accounts.second_factor import switch_off
from intacct_usage.management.product_command import ProductCommand


class Command(ProductCommand):
    help = "Switch the second factor of an account off. Make sure that it is its owner who asks for it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is no account “{options['username']}”.")
        if not switch_off(user):
            raise CommandError(f"{user} has no second factor.")
        self.stdout.write(f"{user} signs in with the password alone now.")
