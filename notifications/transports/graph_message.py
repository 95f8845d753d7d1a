"""A prepared mail as the JSON that Microsoft Graph's sendMail takes."""

import base64
import json

from notifications.recipients import Recipient, clean_header_text
from notifications.transports.base import Attachment, PreparedMail

ATTACHMENT_FIELDS_BYTES = 500
"""More than the JSON around the content of one attachment takes."""

Json = dict[str, object]


def request_body(mail: PreparedMail) -> bytes:
    """The whole request."""
    return _encoded(mail, [_file(item, base64.b64encode(item.path.read_bytes())) for item in mail.attachments])


def estimated_size(mail: PreparedMail) -> int:
    """At least the length of `request_body`, without reading the attachments."""
    contents = sum((item.size_bytes + 2) // 3 * 4 + ATTACHMENT_FIELDS_BYTES for item in mail.attachments)
    return len(_encoded(mail, [])) + contents


def _encoded(mail: PreparedMail, files: list[Json]) -> bytes:
    images: list[Json] = [
        {
            **_fields(image.file_name, "image/png", base64.b64encode(image.png)),
            "isInline": True,
            "contentId": image.content_id,
        }
        for image in mail.images
    ]
    message: Json = {
        "subject": clean_header_text(mail.subject, limit=250),
        "body": {"contentType": "HTML", "content": mail.html},
        "from": _person(mail.sender),
        "toRecipients": [_person(one) for one in mail.recipients.to],
        "ccRecipients": [_person(one) for one in mail.recipients.cc],
        "bccRecipients": [_person(one) for one in mail.recipients.bcc],
        "attachments": [*images, *files],
        # Graph chooses the Message-ID itself; ours travels beside it, so that a mail can be found again.
        "internetMessageHeaders": [{"name": "x-intacct-usage-message-id", "value": mail.message_id}],
    }
    return json.dumps({"message": message, "saveToSentItems": True}, ensure_ascii=False).encode()


def _person(recipient: Recipient) -> Json:
    named = {"name": recipient.name} if recipient.name else {}
    return {"emailAddress": {**named, "address": recipient.address}}


def _file(attachment: Attachment, content: bytes) -> Json:
    return _fields(attachment.file_name, attachment.mime_type, content)


def _fields(name: str, content_type: str, content: bytes) -> Json:
    return {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "name": name,
        "contentType": content_type,
        "contentBytes": content.decode("ascii"),
    }
