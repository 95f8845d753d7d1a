"""Mails about what needs attention: a failed run, a schedule that did not run, a secret about to expire."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings

from intacct_usage.lib import clock
from notifications.configuration_checks import secret_name
from notifications.models import EmailConfiguration, OutgoingEmail
from notifications.outbox import EmailDraft, queue_email
from notifications.recipients import Recipients, clean_header_text
from usage.reports.about import in_words

REMINDER_MARKS_DAYS = (1, 7, 30)


@dataclass(frozen=True)
class AboutRun:
    """The schedule and the fetch run an alert is about, so that the mail leads there and the log finds it."""

    schedule_name: str = ""
    run_id: int | None = None


def queue_alert(
    configurations: Iterable[EmailConfiguration],
    subject: str,
    lines: Sequence[str],
    *,
    dedupe_key: str,
    only_to: bool = False,
    about: AboutRun | None = None,
) -> list[OutgoingEmail]:
    """Queue an alert, one mail per configuration. Safe to repeat with the same key.

    `only_to` leaves out CC and BCC, where people outside may stand.
    """
    about = about or AboutRun()
    content = {"lines": list(lines), "made_at": in_words(clock.now()), "site_url": settings.SITE_URL}
    return [
        queue_email(
            configuration,
            EmailDraft(
                dedupe_key=f"{dedupe_key}:{configuration.pk}",
                kind=OutgoingEmail.Kind.ALERT,
                subject=clean_header_text(subject, limit=250),
                content=content,
                schedule_name=about.schedule_name,
                run_id=about.run_id,
                recipients=Recipients(configuration.recipients.to) if only_to else None,
            ),
        )
        for configuration in configurations
    ]


def queue_secret_reminders(today: date) -> list[OutgoingEmail]:
    """Remind the To recipients of configurations whose secret expires: 30, 7 and 1 days before, once each."""
    queued: list[OutgoingEmail] = []
    for configuration in EmailConfiguration.objects.with_secret_expiring(today):
        days_left = configuration.secret_days_left(today)
        mark = next((mark for mark in REMINDER_MARKS_DAYS if days_left is not None and 0 <= days_left <= mark), None)
        if mark is None:
            continue
        key = f"secret-expiry:{configuration.secret_expires_on}:{mark}"
        queued += queue_alert([configuration], *_reminder(configuration), dedupe_key=key, only_to=True)
    return queued


def _reminder(configuration: EmailConfiguration) -> tuple[str, list[str]]:
    name = secret_name(configuration)
    expires_on = f"{configuration.secret_expires_on:%d %B %Y}".lstrip("0")
    lines = [
        f"The {name} of the email configuration “{configuration.name}” expires on {expires_on}.",
        f"Make a new one and enter it under Notifications before that day, or mails through {configuration.service} "
        "will fail.",
    ]
    return f"The {name} of {configuration.name} expires on {expires_on}", lines
