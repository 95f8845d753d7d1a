"""Checks, tests and saves email configurations: what is saved has sent a mail.

The test goes through the same code as every mail, with the values at hand; when it fails nothing is saved.
"""

import copy
import logging
import uuid

from django.conf import settings
from django.db import IntegrityError, transaction

from intacct_usage.audit.models import Action
from intacct_usage.audit.recording import Change, record
from intacct_usage.lib import clock
from notifications.configuration_checks import configuration_problems
from notifications.delivery import deliver
from notifications.mail_test_limits import refuse_too_many_tests
from notifications.models import EmailConfiguration, OutgoingEmail
from notifications.outbox import EmailDraft, queue_email
from notifications.recipients import clean_header_text
from notifications.transports.base import STAGE_SECONDS
from usage.reports.about import in_words

logger = logging.getLogger(__name__)

NOT_COPIED = ("secret", "secret_expires_on", "last_state", "last_message", "last_used_at", "tested_at")


class ConfigurationError(Exception):
    """Values that cannot be used: `problems` holds the sentences per field. `message` is all of them."""

    def __init__(self, problems: dict[str, list[str]]) -> None:
        self.problems = problems
        self.message = " ".join(sentence for sentences in problems.values() for sentence in sentences)
        super().__init__(self.message)


class FailedTestError(Exception):
    """The test mail did not reach every recipient; `email` is its row, with the attempts. Nothing was saved.

    `message` names the refused addresses: it is for the person who typed them.
    """

    def __init__(self, email: OutgoingEmail) -> None:
        self.email = email
        refused = ", ".join(address for attempt in email.delivery_attempts.all() for address in attempt.refused)
        self.message = f"{email.message} Refused: {refused}." if refused else email.message
        super().__init__(self.message)


def save_after_test(
    configuration: EmailConfiguration, *, secret: str, asked_by: str, stage_seconds: float = STAGE_SECONDS
) -> OutgoingEmail:
    """Send a test mail with these values and save them if it reached every recipient; the mail's row.

    `secret` empty keeps the stored one, unless that belongs to another endpoint. Raises ConfigurationError,
    TooManyTestsError or FailedTestError, and then nothing is saved.
    """
    prepare(configuration, secret=secret)
    email = send_test(configuration, asked_by=asked_by, stage_seconds=stage_seconds)
    if email.state != OutgoingEmail.State.SENT:
        raise FailedTestError(email)
    configuration.tested_at = configuration.last_used_at = clock.now()
    configuration.last_state, configuration.last_message = email.state, email.message
    _store(configuration)
    OutgoingEmail.objects.filter(pk=email.pk).update(configuration=configuration)
    logger.info("%s saved the email configuration “%s” after a test mail.", asked_by, configuration)
    return email


def save_without_test(configuration: EmailConfiguration, *, secret: str, asked_by: str) -> None:
    """Check and save without sending anything. Raises ConfigurationError."""
    prepare(configuration, secret=secret)
    _store(configuration)
    logger.warning("%s saved the email configuration “%s” without a test.", asked_by, configuration)


def test_saved(
    configuration: EmailConfiguration, *, asked_by: str, stage_seconds: float = STAGE_SECONDS
) -> OutgoingEmail:
    """The Test button of a saved configuration: send a test mail and note the result. Raises TooManyTestsError."""
    email = send_test(configuration, asked_by=asked_by, stage_seconds=stage_seconds)
    if email.state == OutgoingEmail.State.SENT:
        EmailConfiguration.objects.filter(pk=configuration.pk).update(tested_at=clock.now())
    return email


test_saved.__test__ = False  # type: ignore[attr-defined] # the name begins like a test of pytest


def as_new(configuration: EmailConfiguration, name: str) -> EmailConfiguration:
    """A copy of all values but the secret and the results, under a new name; not saved."""
    new = copy.copy(configuration)
    new._state = copy.copy(configuration._state)
    new._state.adding = True
    new.id = uuid.uuid4()
    new.name = name
    blank = EmailConfiguration()
    for field_name in NOT_COPIED:
        setattr(new, field_name, getattr(blank, field_name))
    return new


def prepare(configuration: EmailConfiguration, *, secret: str) -> None:
    """Put the secret in place and write names and recipients in their standard form. Raises ConfigurationError."""
    dropped = _place_secret(configuration, secret)
    configuration.name = clean_header_text(configuration.name, limit=100)
    configuration.from_name = clean_header_text(configuration.from_name, limit=120)
    configuration.from_address = configuration.from_address.strip()
    problems = configuration_problems(configuration, secret_was_dropped=dropped)
    if problems:
        raise ConfigurationError(problems)
    recipients = configuration.recipients
    configuration.to = ", ".join(map(str, recipients.to))
    configuration.cc = ", ".join(map(str, recipients.cc))
    configuration.bcc = ", ".join(map(str, recipients.bcc))


def send_test(configuration: EmailConfiguration, *, asked_by: str, stage_seconds: float) -> OutgoingEmail:
    """Send a test mail with the values of this object, saved or not. It is on record, marked as a test.

    Raises TooManyTestsError.
    """
    refuse_too_many_tests(configuration, asked_by=asked_by)
    names = ", ".join(configuration.recipients.addresses)
    content = {
        "lines": [
            f"This mail tests the email configuration “{configuration.name}”. If you can read it, the settings work.",
            f"It was sent through {configuration.service} to {names}.",
            f"Asked for by {asked_by}. Reports and alerts will arrive in the same way.",
        ],
        "made_at": in_words(clock.now()),
        "site_url": settings.SITE_URL,
    }
    draft = EmailDraft(
        dedupe_key=f"test:{uuid.uuid4()}",
        kind=OutgoingEmail.Kind.TEST,
        subject=f"Test of the email configuration {configuration.name}",
        content=content,
        asked_by=asked_by,
    )
    email = queue_email(configuration, draft)
    to = Change(after={"sent to": configuration.recipients.addresses, "through": configuration.service})
    record(asked_by, Action.TEST_SENT, target=f"Email configuration “{configuration.name}”", change=to)
    return deliver(email.pk, configuration=configuration, stage_seconds=stage_seconds)


def _place_secret(configuration: EmailConfiguration, secret: str) -> bool:
    """Seal a new secret, or keep the stored one if it is sent to the same place; True if it had to be dropped."""
    if secret:
        configuration.seal("secret", secret)
        return False
    stored = EmailConfiguration.objects.filter(pk=configuration.pk).first()
    if stored is None or not stored.secret:
        configuration.secret = ""
        return False
    same = stored.endpoint == configuration.endpoint
    configuration.secret = stored.secret if same else ""
    return not same


def _store(configuration: EmailConfiguration) -> None:
    """Raises ConfigurationError if another configuration took the name meanwhile."""
    try:
        with transaction.atomic():
            configuration.save()
    except IntegrityError:
        raise ConfigurationError({"name": [f"There is already a configuration “{configuration.name}”."]}) from None
