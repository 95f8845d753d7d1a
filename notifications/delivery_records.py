"""Writes down what happened to a mail. Every change of state holds only under the claim that made it.

Addresses stay in the attempts: the message of a mail is read by everybody who may see its run.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from intacct_usage.lib import clock
from intacct_usage.lib.leases import database_time_in
from intacct_usage.lib.plurals import counted
from notifications.models import DeliveryAttempt, EmailConfiguration, EmailPart, OutgoingEmail
from notifications.recipients import mask_addresses
from notifications.transports.base import DeliveryError, Receipt

logger = logging.getLogger(__name__)
State = OutgoingEmail.State
PartState = EmailPart.State
Outcome = DeliveryAttempt.Outcome

INTERRUPTED = "The program was interrupted while the message was being handed over, so it may have been sent."
MOST_ANSWERS = 3
"""So many different answers to recipients stand in the message of a mail; the attempt has all."""

LOG_LEVELS = {State.SENT: logging.INFO, State.FAILED: logging.ERROR}


class LeaseLostError(Exception):
    """Somebody else decides about this mail now; nothing more may be done or written."""


@transaction.atomic
def begin_handover(email: OutgoingEmail, part: EmailPart) -> None:
    """The point of no return, written before the message goes out: whoever dies after it leaves *unknown* behind.

    Raises LeaseLostError if somebody else decides about this mail by now.
    """
    _require_lease(email)
    if not EmailPart.objects.filter(pk=part.pk, state=PartState.PENDING).update(state=PartState.SENDING):
        raise LeaseLostError


def record_receipt(email: OutgoingEmail, part: EmailPart, receipt: Receipt, *, started_at: datetime) -> None:
    """The service accepted the message. The record is added even if the claim was lost meanwhile: it is the truth."""
    refused = receipt.refused
    with transaction.atomic():
        _add_attempt(
            email,
            part_number=part.number,
            outcome=Outcome.PARTIAL if refused else Outcome.SENT,
            stage="accepted",
            server_answer=receipt.server_words,
            message_id=part.message_id,
            provider_id=receipt.provider_id,
            size_bytes=receipt.size_bytes,
            accepted=list(receipt.accepted),
            refused=refused,
            started_at=started_at,
        )
        EmailPart.objects.filter(pk=part.pk).update(
            state=PartState.PARTIAL if refused else PartState.SENT, message=_refused_words(receipt)
        )
    with transaction.atomic():
        _require_lease(email)


@transaction.atomic
def record_failure(email: OutgoingEmail, part: EmailPart | None, error: DeliveryError, *, started_at: datetime) -> None:
    """A message, or the connection before the first one, failed. Raises LeaseLostError."""
    outcome = Outcome.RETRY
    if error.permanent:
        outcome = Outcome.FAILED
    if not error.nothing_accepted:
        outcome = Outcome.UNKNOWN
    _add_attempt(
        email,
        part_number=part.number if part else 1,
        outcome=outcome,
        stage=error.stage.value,
        server_answer=error.details.server_words or error.problem,
        hint=error.details.hint,
        message_id=part.message_id if part else "",
        provider_id=error.details.provider_id,
        size_bytes=error.tried_bytes,
        refused=error.details.refused,
        started_at=started_at,
    )
    if part is not None:
        state = PartState.PENDING if error.nothing_accepted else PartState.UNKNOWN
        EmailPart.objects.filter(pk=part.pk).update(state=state, message=error.message)
    _require_lease(email)


def mark_interrupted_handover(email: OutgoingEmail) -> None:
    """After an error of our own: what was being handed over may have arrived."""
    email.parts.filter(state=PartState.SENDING).update(state=PartState.UNKNOWN, message=INTERRUPTED)


def postpone_email(
    email: OutgoingEmail, configuration: EmailConfiguration, failure: DeliveryError, *, seconds: float
) -> None:
    """Give the mail back for another attempt after `seconds`. Raises LeaseLostError."""
    local_time = timezone.localtime(clock.now() + timedelta(seconds=seconds))
    message = mask_addresses(f"{failure.message} The worker tries again at {local_time:%H:%M}.")
    _write_state(
        email,
        state=State.PENDING,
        message=message,
        lease_until=None,
        next_attempt_at=database_time_in(seconds),
    )
    _note_on_configuration(configuration, State.PENDING, message)
    _log(logging.WARNING, email, message)


def give_back(email: OutgoingEmail) -> None:
    """Another claim goes on at once; this one does not count as an attempt. Raises LeaseLostError."""
    done = email.parts.exclude(state=PartState.PENDING).count()
    message = f"{done} of {email.parts.count()} messages are sent; the others follow."
    _write_state(
        email,
        state=State.PENDING,
        message=message,
        attempts=email.attempts - 1,
        lease_until=None,
        next_attempt_at=None,
    )


def close_email(email: OutgoingEmail, configuration: EmailConfiguration | None, failure: DeliveryError | None) -> None:
    """Give the mail its final state, which follows from its messages. Raises LeaseLostError."""
    not_tried = failure.message if failure else ""
    email.parts.filter(state=PartState.PENDING).update(state=PartState.FAILED, message=not_tried)
    parts = list(email.parts.order_by("number"))
    state = final_state([part.state for part in parts])
    message = mask_addresses(_final_message(email, state, parts, failure))
    _write_state(email, state=state, message=message, lease_until=None, finished_at=clock.now())
    if configuration is not None:
        _note_on_configuration(configuration, state, message)
    _log(LOG_LEVELS.get(state, logging.WARNING), email, message)


def final_state(parts: list[str]) -> OutgoingEmail.State:
    """The state of a mail whose messages ended like this; no message at all means that none could be made."""
    if PartState.UNKNOWN in parts:
        return State.UNKNOWN
    if not parts or set(parts) == {PartState.FAILED}:
        return State.FAILED
    return State.SENT if set(parts) == {PartState.SENT} else State.PARTIAL


def _final_message(
    email: OutgoingEmail, state: OutgoingEmail.State, parts: list[EmailPart], failure: DeliveryError | None
) -> str:
    count = len(email.recipients_parsed())
    people = counted(count, "recipient")
    messages = f" in {len(parts)} messages" if len(parts) > 1 else ""
    if state == State.SENT:
        return f"Sent to {people}{messages}."
    if state == State.FAILED and failure is not None:
        return failure.message
    remarks = dict.fromkeys(f"{_part_name(part)}{part.message}" for part in parts if part.message)
    lead = "Partly sent." if state == State.PARTIAL else "May have been sent; it is not sent again by itself."
    return " ".join([lead, *remarks])


def _part_name(part: EmailPart) -> str:
    return f"Message {part.number} of {part.count}: " if part.count > 1 else ""


def _refused_words(receipt: Receipt) -> str:
    """How many recipients were left out and why; who they are stands in the attempt."""
    refused = len(receipt.refused)
    if not refused:
        return ""
    answers = list(dict.fromkeys(mask_addresses(words) for words in receipt.refused.values()))
    listed = "; ".join(f"“{words}”" for words in answers[:MOST_ANSWERS])
    more = " and others" if len(answers) > MOST_ANSWERS else ""
    was = "was" if refused == 1 else "were"
    return f"{refused} of {refused + len(receipt.accepted)} recipients {was} refused by the server: {listed}{more}."


def _require_lease(email: OutgoingEmail) -> None:
    """Lock the row until the transaction ends, so that the reaper and this claim cannot both decide."""
    _write_state(email, lease_owner=email.lease_owner)


def _write_state(email: OutgoingEmail, **fields: Any) -> None:  # Any: values and expressions of an UPDATE
    if OutgoingEmail.objects.held_by(email).update(**fields) != 1:
        raise LeaseLostError


def _add_attempt(email: OutgoingEmail, **fields: Any) -> None:  # Any: columns of the row
    DeliveryAttempt.objects.create(email=email, attempt=email.attempts, finished_at=clock.now(), **fields)


def _note_on_configuration(configuration: EmailConfiguration, state: str, message: str) -> None:
    EmailConfiguration.objects.filter(pk=configuration.pk).update(
        last_state=state, last_message=message, last_used_at=clock.now()
    )


def _log(level: int, email: OutgoingEmail, message: str) -> None:
    logger.log(
        level,
        "E-mail “%s” to %s: %s",
        email.subject,
        email.configuration_name,
        message,
        extra={"run_id": email.run_id, "schedule": email.schedule_name},
    )
