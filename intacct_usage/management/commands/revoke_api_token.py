"""`manage.py revoke_api_token`: from now on the token opens nothing."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from intacct_usage.api.models import ApiToken
from intacct_usage.api.tokens import revoke_token
from intacct_usage.management.product_command import ProductCommand


class Command(ProductCommand):
    help = "Revoke a token of the REST API, named by how it begins (iau_ and eight characters)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("prefix", help="For example iau_1a2b3c4d; never the whole token.")

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        row = ApiToken.objects.filter(prefix=options["prefix"].removeprefix("iau_")[:8]).first()
        if row is None:
            raise CommandError("No token begins so. Admin, API tokens lists them.")
        revoked = revoke_token(row, by="command line")
        self.stdout.write(f"{row} is revoked." if revoked else f"{row} was revoked before.")
