"""Sends one queued mail: claim it, plan its messages, hand each over, write down what happened."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.db import OperationalError

from intacct_usage.lib import clock
from intacct_usage.lib.crypto import SecretUnreadableError
from intacct_usage.lib.leases import LeaseKeeper
from intacct_usage.lib.process_name import process_name
from notifications.delivery_records import (
    LeaseLostError,
    begin_handover,
    close_email,
    give_back,
    mark_interrupted_handover,
    postpone_email,
    record_failure,
    record_receipt,
)
from notifications.models import EmailConfiguration, EmailPart, OutgoingEmail
from notifications.part_planning import PlanNeededError, plan_one_message, plan_within, shrink
from notifications.recipient_domains import refusal
from notifications.recipients import AddressError
from notifications.report_mail import compose
from notifications.transports.base import STAGE_SECONDS, DeliveryError, MailSession, Stage
from notifications.transports.registry import transport_for

logger = logging.getLogger(__name__)

MAX_PLANS = 8
"""How often one attempt may plan anew because the service turned out to take less than was thought."""

RETRY_SECONDS = (60, 5 * 60, 15 * 60, 60 * 60, 3 * 60 * 60)
"""The wait after the first, second … attempt; after one more the mail has failed."""

SLICE_SECONDS = 40.0
"""No further message of a mail is begun after this time in one go."""

LONGEST_ASKED_WAIT_SECONDS = 60 * 60.0


@dataclass(frozen=True)
class Attempt:
    """One claim of one mail and what is needed to work on it."""

    email: OutgoingEmail
    configuration: EmailConfiguration
    stage_seconds: float
    ends_at: float

    def stop_if_time_is_up(self) -> None:
        """Called where what was done so far is on record and something is left; `ends_at` is monotonic."""
        left = self.email.parts.filter(state=EmailPart.State.PENDING).exists() or not self.email.parts.exists()
        if left and time.monotonic() >= self.ends_at:
            raise _SliceOverError


class _SliceOverError(Exception):
    """The rest of the mail is for another task, so that no task nears the worker's time limit."""


class _PlanChangedError(Exception):
    """The message was too large; the mail has a smaller plan now."""


def deliver(
    outgoing_email_id: int,
    *,
    configuration: EmailConfiguration | None = None,
    stage_seconds: float = STAGE_SECONDS,
) -> OutgoingEmail:
    """Send one mail if it is due and free, and return its row as it then stands.

    Safe to call twice and from several processes: only one claim does work. A mail of which some messages were sent
    goes on with the others; one that takes long is given back, due at once, with a part of it done. `configuration`
    replaces the stored one, for a test of values that are not saved yet.
    """
    email = OutgoingEmail.objects.claim(outgoing_email_id, owner=process_name(), lease_seconds=settings.LEASE_SECONDS)
    if email is not None:
        _deliver_claimed(email, configuration or email.configuration, stage_seconds)
    return OutgoingEmail.objects.select_related("configuration").get(pk=outgoing_email_id)


def _deliver_claimed(email: OutgoingEmail, configuration: EmailConfiguration | None, stage_seconds: float) -> None:
    if configuration is None:
        problem = f"The email configuration “{email.configuration_name}” does not exist any more."
        close_email(email, None, DeliveryError(Stage.PREPARE, problem, permanent=True))
        return
    attempt = Attempt(email, configuration, stage_seconds, time.monotonic() + SLICE_SECONDS)
    try:
        held = OutgoingEmail.objects.held_by(email)
        with LeaseKeeper(held, settings.LEASE_SECONDS, name=f"mail-{email.pk}"):
            failure = _work(attempt)
        _settle(email, configuration, failure)
    except _SliceOverError:
        give_back(email)
    except LeaseLostError:
        logger.warning("The claim on “%s” was lost while it was being sent; its row is left alone.", email.subject)


def _work(attempt: Attempt) -> DeliveryError | None:
    """Send what is not sent yet; None if all of it went out. An error of our own becomes a failure like any other."""
    if refused := refusal(attempt.email.recipients_parsed()):
        return DeliveryError(Stage.RECIPIENT, refused, permanent=True)
    try:
        return _try_plans(attempt)
    except (LeaseLostError, _SliceOverError):
        raise
    except AddressError as error:
        return DeliveryError(Stage.PREPARE, str(error), permanent=True)
    except OperationalError:
        logger.exception("“%s” was not sent because the database did not answer.", attempt.email.subject)
        mark_interrupted_handover(attempt.email)
        return DeliveryError(Stage.PREPARE, "The database did not answer.")
    except Exception:
        logger.exception("“%s” could not be sent because of an error in this program.", attempt.email.subject)
        mark_interrupted_handover(attempt.email)
        return DeliveryError(Stage.PREPARE, "An error in this program; see the log.", permanent=True)


def _try_plans(attempt: Attempt) -> DeliveryError | None:
    """Plan anew while messages turn out too large."""
    for _ in range(MAX_PLANS):
        try:
            return _send_open_parts(attempt)
        except PlanNeededError as needed:
            plan_within(attempt.email, needed.room_bytes)
        except _PlanChangedError:
            pass
        attempt.stop_if_time_is_up()
    return DeliveryError(Stage.PREPARE, "No size was found that the service takes.", permanent=True)


def _send_open_parts(attempt: Attempt) -> DeliveryError | None:
    """Send part after part until one fails; None if all went out."""
    email = attempt.email
    started_at = clock.now()
    part: EmailPart | None = None
    try:
        with _open_session(attempt) as session:
            plan_one_message(email, session, attempt.configuration)
            for part in email.parts.filter(state=EmailPart.State.PENDING).order_by("number"):
                started_at = clock.now()
                _send_part(attempt, session, part)
                attempt.stop_if_time_is_up()
    except DeliveryError as error:
        record_failure(email, part, error, started_at=started_at)
        smaller_may_pass = error.details.too_large and error.nothing_accepted
        if part is not None and smaller_may_pass and shrink(email, part, error.tried_bytes):
            raise _PlanChangedError from None
        return error
    return None


def _send_part(attempt: Attempt, session: MailSession, part: EmailPart) -> None:
    started_at = clock.now()
    mail = compose(attempt.email, part, attempt.configuration)
    try:
        receipt = session.send(mail, before_handover=lambda: begin_handover(attempt.email, part))
    except DeliveryError as error:
        error.tried_bytes = session.encoded_size(mail)
        raise
    record_receipt(attempt.email, part, receipt, started_at=started_at)


@contextmanager
def _open_session(attempt: Attempt) -> Iterator[MailSession]:
    """Connected and signed in. Raises DeliveryError for whatever is in the way, nothing of it sent."""
    try:
        transport = transport_for(
            attempt.configuration,
            stage_seconds=attempt.stage_seconds,
        )
    except SecretUnreadableError as error:
        raise DeliveryError(Stage.PREPARE, error.message, permanent=True) from None
    except ValueError as error:  # the stored proxy cannot be one; the sentence is ProxySettings' own
        raise DeliveryError(Stage.PROXY, str(error), permanent=True) from None
    with transport.open() as session:
        yield session


def _settle(email: OutgoingEmail, configuration: EmailConfiguration, failure: DeliveryError | None) -> None:
    """Close the mail or put it back for another attempt. Raises LeaseLostError."""
    open_parts = email.parts.filter(state=EmailPart.State.PENDING).exists() or not email.parts.exists()
    may_retry = email.kind != OutgoingEmail.Kind.TEST and email.attempts <= len(RETRY_SECONDS)
    if failure is not None and open_parts and may_retry and not failure.permanent:
        postpone_email(email, configuration, failure, seconds=_wait_seconds(email, failure))
    else:
        close_email(email, configuration, failure)


def _wait_seconds(email: OutgoingEmail, failure: DeliveryError) -> float:
    """As long as the service asks, but from the second attempt on no shorter than before an ordinary attempt."""
    asked = failure.details.retry_after_seconds
    if asked is None:
        return RETRY_SECONDS[email.attempts - 1]
    shortest = RETRY_SECONDS[email.attempts - 2] if email.attempts > 1 else 1.0
    return min(max(asked, shortest), LONGEST_ASKED_WAIT_SECONDS)
