"""`manage.py send_reports`: make reports now and e-mail them, here and now, without a worker."""

import re
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from intacct_usage.lib import clock
from intacct_usage.lib.actors import COMMAND_LINE
from intacct_usage.lib.progress import ProgressLine
from intacct_usage.management.product_command import ProductCommand
from notifications.delivery import deliver
from notifications.models import EmailConfiguration, OutgoingEmail
from notifications.outbox import reap_abandoned
from notifications.report_delivery import send_reports
from usage.reports import ReportFormat, ReportKind, ReportRequestError, ReportScope, scope_from_words

WAIT_SECONDS = 0.5
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Command(ProductCommand):
    help = "Make reports and e-mail them, one delivery per email configuration. Exit code 0: all of them were sent."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--to",
            nargs="+",
            action="extend",
            required=True,
            metavar="NAME",
            help="Email configurations. A day here (YYYY-MM-DD) is the last day of the reports, as with --until.",
        )
        parser.add_argument(
            "--reports",
            default="detailed,summary,exceptions",
            metavar="LIST",
            help=f"Comma separated: {', '.join(ReportKind.values)}; “none” sends the summary in the body alone.",
        )
        parser.add_argument("--format", default="csv", help="csv (default) or xlsx.")
        parser.add_argument("--filter", default="", metavar="NAME", help="Only companies of this filter, or “Other”.")
        parser.add_argument("--from", default="", metavar="D", dest="first_day", help="First day, YYYY-MM-DD.")
        parser.add_argument("--until", default="", metavar="D", dest="last_day", help="Last day, YYYY-MM-DD.")
        parser.add_argument("--complete-months", action="store_true", help="Leave out the running month.")

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own signature
        kinds = kinds_from_words(options["reports"])
        if options["format"] not in ReportFormat.values:
            raise CommandError(f"There is no format “{options['format']}”. Formats: {', '.join(ReportFormat.values)}.")
        names, options["last_day"] = names_and_last_day(options["to"], options["last_day"])
        configurations = configurations_named(names)
        scope = _scope(options)
        report_format = ReportFormat(options["format"])
        emails = send_reports(configurations, kinds, report_format, scope, asked_by=COMMAND_LINE)
        results = self._deliver(emails)
        for email in results:
            self.stdout.write(f"{email.configuration_name}: {email.get_state_display()}. {email.message}")
        if any(email.state != OutgoingEmail.State.SENT for email in results):
            sys.exit(1)

    def _deliver(self, emails: list[OutgoingEmail]) -> list[OutgoingEmail]:
        progress = ProgressLine(sys.stderr, "Sending")
        results: list[OutgoingEmail] = []
        for email in emails:
            progress.show(len(results), len(emails), email.configuration_name)
            results.append(self._delivered(email.pk))
        progress.close()
        return results

    @staticmethod
    def _delivered(outgoing_email_id: int) -> OutgoingEmail:
        """Send one mail to its end; if a worker was quicker, wait for it."""
        while True:
            email = deliver(outgoing_email_id)
            if email.state == OutgoingEmail.State.SENDING:
                time.sleep(WAIT_SECONDS)
                reap_abandoned()  # in case that worker died
            elif not email.goes_on_at_once:
                return email


def kinds_from_words(text: str) -> list[ReportKind]:
    """The reports of a comma separated list, each once. Raises CommandError for a word that is none."""
    words = list(dict.fromkeys(word.strip().lower() for word in text.split(",") if word.strip()))
    if words in ([], ["none"]):
        return []
    unknown = [word for word in words if word not in ReportKind.values]
    if unknown:
        raise CommandError(f"There is no report “{unknown[0]}”. Reports: {', '.join(ReportKind.values)}, or none.")
    return [ReportKind(word) for word in words]


def names_and_last_day(values: list[str], last_day: str) -> tuple[list[str], str]:
    """Tell the two meanings of `--to` apart: a day is the end of the range unless a configuration is called so."""
    days = [value for value in values if DAY.fullmatch(value) and not EmailConfiguration.objects.named(value).exists()]
    if len({*days, *([last_day] if last_day else [])}) > 1:
        raise CommandError("The last day of the reports was given twice.")
    names = [value for value in values if value not in days]
    if not names:
        raise CommandError("--to must name at least one email configuration.")
    return names, days[0] if days else last_day


def configurations_named(names: list[str]) -> list[EmailConfiguration]:
    """Each configuration once, in the order asked for. Raises CommandError for a name there is not."""
    found: dict[object, EmailConfiguration] = {}
    for name in names:
        configuration = EmailConfiguration.objects.named(name).first()
        if configuration is None:
            known = ", ".join(f"“{known}”" for known in EmailConfiguration.objects.values_list("name", flat=True))
            raise CommandError(f"There is no email configuration “{name}”. Configurations: {known or 'none yet'}.")
        found[configuration.pk] = configuration
    return list(found.values())


def _scope(options: dict[str, Any]) -> ReportScope:  # Any: parsed arguments
    try:
        return scope_from_words(
            options["filter"],
            options["first_day"],
            options["last_day"],
            complete_months=options["complete_months"],
            today=clock.today(),
        )
    except ReportRequestError as error:
        raise CommandError(error.message) from None
