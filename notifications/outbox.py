"""The outbox: mails are queued here once, sent once, and what became of each is on record.

A mail is queued under a dedupe key, claimed by one conditional UPDATE, and tried again only while nothing was
accepted. A mail of which nobody can know whether it arrived is *unknown* and stays so until a person sends it again.
"""

import logging
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django_q.tasks import async_task

from intacct_usage.audit.models import Action
from intacct_usage.audit.recording import Change, record
from intacct_usage.lib import clock
from intacct_usage.lib.actors import COMMAND_LINE
from intacct_usage.lib.refusals import TooManyRequestsError
from notifications.delivery_records import close_email
from notifications.models import DeliveryAttempt, EmailConfiguration, EmailPart, OutgoingEmail, ReportRequest
from notifications.recipients import Recipients
from notifications.transports.base import DeliveryError, Stage

logger = logging.getLogger(__name__)
State = OutgoingEmail.State

SENDING_ENDED = "The program ended while the message was being handed over, so it may have been sent."
OTHERS_FOLLOW = f"{SENDING_ENDED} The other messages of this mail follow."
ENDED_BEFORE = "The program ended before anything was handed over; it is tried again."
DIED_OFTEN = "The program ended three times before anything was handed over; the server's log says more."
TEST_DIED = "The program ended before the test was sent; test again."
MAX_DEATHS = 3
FORGOTTEN_TEST_MINUTES = 10

REQUESTS_PER_HOUR = 20
TOO_MANY_REQUESTS = f"More than {REQUESTS_PER_HOUR} requests to send reports within an hour. Wait a little."
DELIVERY_TIMEOUT_SECONDS = 15 * 60
"""A slow server may use up the limit of each stage, and a large mail is planned anew several times."""

REQUEST_PREFIX, AGAIN_PREFIX = "request:", "again:"


@dataclass(frozen=True)
class EmailDraft:
    """A mail to queue. `content` and `attachments` are stored as JSON, see report_mail."""

    dedupe_key: str
    kind: OutgoingEmail.Kind
    subject: str
    content: dict[str, Any]  # Any: JSON for the templates
    attachments: list[dict[str, Any]] = field(default_factory=list)  # Any: JSON, see report_files
    asked_by: str = ""
    note: str = ""
    schedule_name: str = ""
    run_id: int | None = None
    recipients: Recipients | None = None
    """Others than the configuration's."""


def queue_email(configuration: EmailConfiguration, draft: EmailDraft) -> OutgoingEmail:
    """Queue a mail to the recipients of a configuration; the one already queued under its key if there is one."""
    fields = {
        "kind": draft.kind,
        "configuration": None if configuration._state.adding else configuration,
        "configuration_name": configuration.name,
        "subject": draft.subject,
        "recipients": (draft.recipients or configuration.recipients).as_lists(),
        "content": draft.content,
        "attachments": draft.attachments,
        "asked_by": draft.asked_by,
        "note": draft.note,
        "schedule_name": draft.schedule_name,
        "run_id": draft.run_id,
    }
    try:
        with transaction.atomic():
            email, _ = OutgoingEmail.objects.get_or_create(dedupe_key=draft.dedupe_key, defaults=fields)
    except IntegrityError:  # somebody else queued it between the look and the insert
        email = OutgoingEmail.objects.get(dedupe_key=draft.dedupe_key)
    return email


def queue_report_email(configuration: EmailConfiguration, draft: EmailDraft, *, skip_reason: str = "") -> OutgoingEmail:
    """Queue a report mail; with a reason to skip it, only the row that says so is written."""
    email = queue_email(configuration, draft)
    if skip_reason:
        OutgoingEmail.objects.filter(pk=email.pk, state=State.PENDING, attempts=0).update(
            state=State.SKIPPED, message=skip_reason, finished_at=clock.now()
        )
        email.refresh_from_db()
    return email


def send_again(email: OutgoingEmail, by: str) -> OutgoingEmail:
    """Queue the same mail once more because a person asked for it; pressing twice queues one.

    Raises ValueError for a mail that is still under way or was a test, TooManyRequestsError after many.
    """
    if not email.can_be_sent_again():
        raise ValueError("Only a report or an alert that is no longer under way can be sent again.")
    if email.configuration is None:
        raise ValueError(f"The email configuration “{email.configuration_name}” does not exist any more.")
    refuse_too_many_requests(by)
    number = email.resends.exclude(state__in=OutgoingEmail.OPEN_STATES).count() + 1
    draft = EmailDraft(
        dedupe_key=f"{AGAIN_PREFIX}{email.pk}:{number}",
        kind=OutgoingEmail.Kind(email.kind),
        subject=email.subject,
        content=email.content,
        attachments=email.attachments,
        asked_by=by,
        note=email.note,
        schedule_name=email.schedule_name,
        run_id=email.run_id,
        recipients=recipients_again(email),
    )
    copy = queue_email(email.configuration, draft)
    OutgoingEmail.objects.filter(pk=copy.pk, resend_of=None).update(resend_of=email)
    to = {"sent to": {email.configuration.name: copy.recipients_parsed().addresses}}
    record(by, Action.REPORTS_SENT, target=email.subject, change=Change(after=to), reason="Sent again")
    logger.info("%s asked to send “%s” again to %s.", by, email.subject, email.configuration_name)
    copy.refresh_from_db()
    return copy


def recipients_again(email: OutgoingEmail) -> Recipients:
    """Whom a mail goes to if it is sent again: the recipients its configuration has now, or it has none of its own.

    An alert that was meant for To alone stays with To.
    """
    if email.configuration is None:
        return email.recipients_parsed()
    now = email.configuration.recipients
    before = email.recipients_parsed()
    return Recipients(now.to) if not (before.cc or before.bcc) and email.kind == OutgoingEmail.Kind.ALERT else now


def refuse_too_many_requests(asked_by: str) -> None:
    """Raises TooManyRequestsError for a person who has asked for many mails within an hour.

    What the worker has not made yet counts too; a request to several configurations counts once.
    """
    if asked_by == COMMAND_LINE:
        return
    since = clock.now() - timedelta(hours=1)
    waiting = ReportRequest.objects.filter(asked_by=asked_by, asked_at__gt=since).values_list("pk", flat=True)
    mails = OutgoingEmail.objects.filter(asked_by=asked_by, created_at__gt=since)
    made = mails.filter(dedupe_key__startswith=REQUEST_PREFIX).values_list("dedupe_key", flat=True)
    requests = {f"{REQUEST_PREFIX}{pk}" for pk in waiting} | {key.rpartition(":")[0] for key in made}
    if len(requests) + mails.filter(dedupe_key__startswith=AGAIN_PREFIX).count() >= REQUESTS_PER_HOUR:
        raise TooManyRequestsError(TOO_MANY_REQUESTS, 600)


def reap_abandoned() -> int:
    """Close or give back the mails whose sender died; how many there were. Safe to run in several places at once."""
    _close_forgotten_tests()
    return sum(_reap(email) for email in OutgoingEmail.objects.abandoned().select_related("configuration"))


def due_ids(limit: int = 50) -> list[int]:
    """Mails that are waiting to be sent now, oldest first."""
    return list(OutgoingEmail.objects.due().order_by("id").values_list("pk", flat=True)[:limit])


def hand_to_worker(outgoing_email_ids: list[int]) -> None:
    """Have mails sent by the worker; inside a transaction both the mails and the tasks are committed or neither."""
    for pk in outgoing_email_ids:
        async_task("notifications.tasks.deliver_email", pk, q_options={"timeout": DELIVERY_TIMEOUT_SECONDS})


def new_request_key() -> str:
    """A dedupe prefix for a request that is not repeated by machines."""
    return f"{REQUEST_PREFIX}{uuid.uuid4()}"


@transaction.atomic
def _reap(email: OutgoingEmail) -> bool:
    mine = OutgoingEmail.objects.abandoned().filter(pk=email.pk, lease_token=email.lease_token)
    if not mine.update(lease_owner="reaper"):  # also locks the row: a late sender must not hand over from here on
        return False
    in_doubt = email.parts.filter(state=EmailPart.State.SENDING)
    numbers = list(in_doubt.order_by("number").values_list("number", flat=True))
    if not numbers:
        _try_again_or_give_up(email)
        return True
    in_doubt.update(state=EmailPart.State.UNKNOWN, message=SENDING_ENDED)
    for number in numbers:
        _record_death(email, number, DeliveryAttempt.Outcome.UNKNOWN)
    if email.parts.filter(state=EmailPart.State.PENDING).exists():  # of those nothing can have gone out
        mine.update(state=State.PENDING, message=OTHERS_FOLLOW, lease_until=None, next_attempt_at=None)
    else:
        mine.update(state=State.UNKNOWN, message=SENDING_ENDED, lease_until=None, finished_at=clock.now())
    logger.warning("E-mail “%s” to %s: %s", email.subject, email.configuration_name, SENDING_ENDED)
    return True


def _try_again_or_give_up(email: OutgoingEmail) -> None:
    """A mail that ends the program each time must not do so for ever; nobody waits for a test any more."""
    _record_death(email, 1, DeliveryAttempt.Outcome.RETRY)
    deaths = email.delivery_attempts.filter(hint=ENDED_BEFORE).count()
    is_test = email.kind == OutgoingEmail.Kind.TEST
    if is_test or deaths >= MAX_DEATHS:
        problem = TEST_DIED if is_test else DIED_OFTEN
        close_email(email, email.configuration, DeliveryError(Stage.PREPARE, problem, permanent=True))
        return
    OutgoingEmail.objects.held_by(email).update(
        state=State.PENDING, message=ENDED_BEFORE, lease_until=None, next_attempt_at=None
    )
    logger.info("E-mail “%s” to %s: %s", email.subject, email.configuration_name, ENDED_BEFORE)


def _record_death(email: OutgoingEmail, part_number: int, outcome: DeliveryAttempt.Outcome) -> None:
    moment = clock.now()
    in_doubt = outcome == DeliveryAttempt.Outcome.UNKNOWN
    DeliveryAttempt.objects.create(
        email=email,
        attempt=email.attempts,
        part_number=part_number,
        outcome=outcome,
        stage="data" if in_doubt else Stage.PREPARE.value,
        hint=SENDING_ENDED if in_doubt else ENDED_BEFORE,
        started_at=email.lease_until or moment,
        finished_at=moment,
    )


def _close_forgotten_tests() -> None:
    """Tests whose program ended before it began to send: only they wait unclaimed for longer than a moment."""
    oldest = clock.now() - timedelta(minutes=FORGOTTEN_TEST_MINUTES)
    tests = OutgoingEmail.objects.filter(kind=OutgoingEmail.Kind.TEST, state=State.PENDING, created_at__lt=oldest)
    tests.update(state=State.FAILED, message=TEST_DIED, finished_at=clock.now())
