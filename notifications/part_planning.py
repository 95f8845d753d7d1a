"""Decides into how many messages a mail goes, and writes the plan down before anything is sent."""

import uuid

from django.conf import settings
from django.db import transaction

from notifications.models import EmailConfiguration, EmailPart, OutgoingEmail
from notifications.report_files import StoredFile
from notifications.report_mail import compose
from notifications.size_ladder import PartPlan, plan_messages
from notifications.transports.base import MailSession

SPARE_BYTES = 4096
"""For what the texts of a split mail say more than that of a single one."""

SMALLEST_LIMIT = 16 * 1024


class PlanNeededError(Exception):
    """The mail does not fit into one message; `room_bytes` is what its attachments may take, encoded."""

    def __init__(self, room_bytes: int) -> None:
        self.room_bytes = room_bytes
        super().__init__(room_bytes)


def plan_one_message(email: OutgoingEmail, session: MailSession, configuration: EmailConfiguration) -> None:
    """Plan the mail as a single message unless it has a plan. Raises PlanNeededError if the service takes less."""
    if email.parts.exists():
        return
    whole = _part(email, 1, 1, PartPlan(files=_files(email)))
    limit = min(session.size_limit_bytes, email.size_limit_bytes or session.size_limit_bytes)
    if whole.attachments and session.encoded_size(compose(email, whole, configuration)) > limit:
        bare = _part(email, 1, 1, PartPlan(files=[]))
        raise PlanNeededError(limit - session.encoded_size(compose(email, bare, configuration)) - SPARE_BYTES)
    whole.save()


def plan_within(email: OutgoingEmail, room_bytes: int) -> None:
    """Plan the messages of a mail so that the attachments of each take at most `room_bytes`. Writes zip files."""
    files = _files(email)
    scratch = files[0].location.parent / f"mail-{email.pk}-{email.lease_token}"
    scratch.mkdir(mode=0o700, exist_ok=True)
    plans = plan_messages(files, room_bytes, scratch=scratch)
    with transaction.atomic():
        EmailPart.objects.bulk_create(
            _part(email, number, len(plans), plan) for number, plan in enumerate(plans, start=1)
        )


def shrink(email: OutgoingEmail, part: EmailPart, tried_bytes: int) -> bool:
    """Make another plan possible after the service refused a message of `tried_bytes`; False if none is left.

    While nothing was sent the whole plan is dropped and the next one is at most half as large. Otherwise the refused
    message alone becomes one with links, so that the numbers on the others stay right.
    """
    if not part.attachments:
        return False
    if email.parts.exclude(state=EmailPart.State.PENDING).exists():
        return _link_instead(part)
    limit = tried_bytes // 2
    if limit < SMALLEST_LIMIT:
        return _link_instead(part)
    with transaction.atomic():
        email.parts.all().delete()
        email.size_limit_bytes = limit
        email.save(update_fields=["size_limit_bytes"])
    return True


def _link_instead(part: EmailPart) -> bool:
    plan = PartPlan(files=[], links=[StoredFile.from_json(values) for values in part.attachments])
    part.links = [*part.links, *part.attachments]
    part.attachments = []
    part.note = plan.note
    part.save(update_fields=["links", "attachments", "note"])
    return True


def _part(email: OutgoingEmail, number: int, count: int, plan: PartPlan) -> EmailPart:
    return EmailPart(
        email=email,
        number=number,
        count=count,
        message_id=new_message_id(),
        attachments=[stored.as_json() for stored in plan.files],
        links=[stored.as_json() for stored in plan.links],
        note=plan.note,
    )


def new_message_id() -> str:
    """Unique in the world, on the host of SITE_URL."""
    host = settings.SITE_URL.partition("://")[2].partition("/")[0].partition(":")[0] or "localhost"
    return f"<{uuid.uuid4()}@{host}>"


def _files(email: OutgoingEmail) -> list[StoredFile]:
    return [StoredFile.from_json(values) for values in email.attachments]
