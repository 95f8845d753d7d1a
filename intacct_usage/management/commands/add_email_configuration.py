"""`manage.py add_email_configuration`: a way of sending reports, tested before it is saved."""

import getpass
import sys
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import CommandError

from intacct_usage.lib import env
from intacct_usage.lib.actors import COMMAND_LINE
from intacct_usage.lib.progress import ProgressLine
from intacct_usage.management.product_command import ProductCommand
from notifications.email_configurations import (
    ConfigurationError,
    FailedTestError,
    save_after_test,
    save_without_test,
)
from notifications.models import EmailConfiguration, OutgoingEmail
from notifications.transports.presets import port_mismatch, proposed_port

SECRET_VARIABLE = "EMAIL_SECRET"  # noqa: S105 - the name of the variable, not its value
FIELD_OPTIONS = {"secret": SECRET_VARIABLE, "name": "NAME", "clear_text_sign_in": "--security"}


class Command(ProductCommand):
    help = (
        "Add an email configuration. A test mail is sent first; the configuration is saved only if it arrives. "
        f"The password or client secret is read from {SECRET_VARIABLE}, else asked for."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--provider", choices=EmailConfiguration.Provider.values, required=True)
        parser.add_argument("--host", default="", help="SMTP server")
        parser.add_argument("--port", type=int, help="Default: 587 with starttls, 465 with ssl, 25 with none")
        parser.add_argument("--security", choices=EmailConfiguration.Security.values, default="starttls")
        parser.add_argument("--username", default="", help="SMTP user; none means no sign-in")
        parser.add_argument("--tenant-id", default="", help="Microsoft Graph")
        parser.add_argument("--client-id", default="", help="Microsoft Graph")
        parser.add_argument("--secret-expires", default="", metavar="DATE", help="When the client secret expires")
        parser.add_argument("--from-address", required=True)
        parser.add_argument("--from-name", default="")
        parser.add_argument("--to", required=True, metavar="LIST", help="Comma separated, “Name <a@b>” is understood")
        parser.add_argument("--cc", default="", metavar="LIST")
        parser.add_argument("--bcc", default="", metavar="LIST")
        parser.add_argument("--no-proxy", action="store_true", help="Connect directly even while the proxy is enabled")
        parser.add_argument("--no-test", action="store_true", help="Save without sending a test mail")

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own signature
        configuration = configuration_from(options)
        secret = self._secret(configuration)
        self._warn(configuration)
        try:
            if options["no_test"]:
                save_without_test(configuration, secret=secret, asked_by=COMMAND_LINE)
                self.stdout.write(f"Saved “{configuration.name}” without a test.")
                return
            email = self._tested(configuration, secret)
        except ConfigurationError as error:
            raise CommandError(_sentences(error)) from None
        except FailedTestError as error:
            raise CommandError(f"The test failed and nothing was saved. {error.message}") from None
        addresses = ", ".join(configuration.recipients.addresses)
        self.stdout.write(f"Test mail: {email.message} ({addresses})\nSaved “{configuration.name}”.")

    def _tested(self, configuration: EmailConfiguration, secret: str) -> OutgoingEmail:
        progress = ProgressLine(sys.stderr, "Sending a test mail")
        progress.show(0, 1, f"through {configuration.service}")
        try:
            return save_after_test(configuration, secret=secret, asked_by=COMMAND_LINE)
        finally:
            progress.close()

    def _warn(self, configuration: EmailConfiguration) -> None:
        if configuration.is_graph:
            return
        if mismatch := port_mismatch(configuration.security, configuration.port):
            self.stderr.write(self.style.WARNING(mismatch))
        if configuration.clear_text_sign_in:
            self.stderr.write(self.style.WARNING("The password travels unencrypted with --security none."))

    def _secret(self, configuration: EmailConfiguration) -> str:
        if not configuration.is_graph and not configuration.username:
            return ""
        what = "Client secret" if configuration.is_graph else f"Password of {configuration.username}"
        value = env.secret(SECRET_VARIABLE)
        if value or not sys.stdin.isatty():
            return value
        return getpass.getpass(f"{what}: ")


def configuration_from(options: dict[str, Any]) -> EmailConfiguration:  # Any: parsed arguments
    """An unsaved configuration. Typing `--security none` with a user name is the consent to clear text."""
    security = options["security"]
    return EmailConfiguration(
        name=options["name"],
        provider=options["provider"],
        host=options["host"].strip(),
        port=proposed_port(security) if options["port"] is None else options["port"],
        security=security,
        username=options["username"].strip(),
        clear_text_sign_in=security == EmailConfiguration.Security.NONE and bool(options["username"].strip()),
        tenant_id=options["tenant_id"].strip(),
        client_id=options["client_id"].strip(),
        secret_expires_on=_day(options["secret_expires"]),
        from_address=options["from_address"],
        from_name=options["from_name"],
        to=options["to"],
        cc=options["cc"],
        bcc=options["bcc"],
        use_proxy=not options["no_proxy"],
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise CommandError(f"--secret-expires: “{text}” is not a day; write it as 2026-12-31.") from None


def _sentences(error: ConfigurationError) -> str:
    """One line per problem, named as the option that has to change."""
    lines = [
        f"{FIELD_OPTIONS.get(name) or '--' + name.replace('_', '-')}: {sentence}"
        for name, sentences in error.problems.items()
        for sentence in sentences
    ]
    return "\n".join(["Nothing was saved.", *lines])
