"""`manage.py set_credentials`: try the Intacct credentials, then store them."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from intacct_usage.management.product_command import ProductCommand
from intacct_usage.management.secret_input import ask_secret
from usage.api_credentials import CredentialsRefusedError, save_credentials
from usage.models import ApiCredential


class Command(ProductCommand):
    help = (
        "Store the Intacct credentials after one real sign-in. The passwords come from INTACCT_SENDER_PASSWORD and "
        "INTACCT_USER_PASSWORD (or the files named by …_FILE), or are asked for on a terminal."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--sender-id", required=True, metavar="S", help="The Web Services sender ID.")
        parser.add_argument("--user-id", required=True, metavar="U", help="The Intacct user.")
        parser.add_argument("--company", default="", metavar="ID", help="Sign in to this company, not to the first.")

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        stored = ApiCredential.current()
        keeps_sender = stored is not None and stored.sender_id == options["sender_id"]
        keeps_user = stored is not None and stored.user_id == options["user_id"]
        try:
            credential = save_credentials(
                sender_id=options["sender_id"],
                user_id=options["user_id"],
                sender_password=ask_secret("INTACCT_SENDER_PASSWORD", "Sender password", stored=keeps_sender),
                user_password=ask_secret("INTACCT_USER_PASSWORD", "User password", stored=keeps_user),
                company_id=options["company"],
            )
        except CredentialsRefusedError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"Intacct accepted the credentials in {credential.validated_company}; they are stored.")
