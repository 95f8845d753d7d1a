"""A prepared mail as an internet message."""

from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from typing import cast

from intacct_usage.lib import clock
from notifications.recipients import clean_header_text
from notifications.transports.base import PreparedMail, base64_size

SUBJECT_LIMIT = 250
PART_HEADER_BYTES = 400
"""More than the headers and boundary of one attachment take."""


def build_message(mail: PreparedMail) -> EmailMessage:
    """The whole message. BCC recipients stand in the envelope only."""
    message = build_without_attachments(mail)
    for attachment in mail.attachments:
        main_type, _, sub_type = attachment.mime_type.partition("/")
        message.add_attachment(
            attachment.path.read_bytes(),
            maintype=main_type,
            subtype=sub_type,
            filename=attachment.file_name,
            params={"charset": "utf-8"} if main_type == "text" else None,
        )
    return message


def build_without_attachments(mail: PreparedMail) -> EmailMessage:
    message = EmailMessage(policy=policy.SMTP)
    message["Subject"] = clean_header_text(mail.subject, limit=SUBJECT_LIMIT)
    message["From"] = mail.sender.header()
    message["To"] = [recipient.header() for recipient in mail.recipients.to]
    if mail.recipients.cc:
        message["Cc"] = [recipient.header() for recipient in mail.recipients.cc]
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    html_part = cast(list[EmailMessage], message.get_payload())[1]
    for image in mail.images:
        html_part.add_related(
            image.png,
            maintype="image",
            subtype="png",
            cid=f"<{image.content_id}>",
            filename=image.file_name,
            disposition="inline",
        )
    return message


def message_bytes(mail: PreparedMail) -> bytes:
    """As it goes over the wire, with CRLF, before SMTP doubles leading dots."""
    return build_message(mail).as_bytes()


def estimated_size(mail: PreparedMail) -> int:
    """At least the length of `message_bytes`, without reading the attachments."""
    attached = sum(base64_size(item.size_bytes) + PART_HEADER_BYTES for item in mail.attachments)
    return len(build_without_attachments(mail).as_bytes()) + attached + PART_HEADER_BYTES
