"""What Graph's sendMail takes: checks the JSON as strictly as Graph and keeps each mail as files."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from intacct_usage.simulator.graph_faults import GraphRefusalError, Refusal
from intacct_usage.simulator.web import Json

MESSAGE_KEYS = frozenset(
    [
        "subject",
        "body",
        "toRecipients",
        "ccRecipients",
        "bccRecipients",
        "replyTo",
        "from",
        "sender",
        "attachments",
        "importance",
        "categories",
        "internetMessageHeaders",
        "isDeliveryReceiptRequested",
        "isReadReceiptRequested",
    ]
)
ATTACHMENT_KEYS = frozenset(["@odata.type", "name", "contentType", "contentBytes", "contentId", "isInline", "size"])
MAX_RECIPIENTS = 500
UNSAFE_IN_FILE_NAMES = re.compile(r'[\x00-\x1f/\\:*?"<>|]+')

Object = Mapping[str, Json]


@dataclass(frozen=True)
class GraphAttachment:
    name: str
    content_type: str
    content: bytes
    inline: bool
    content_id: str


@dataclass(frozen=True)
class GraphMail:
    """One mail taken. `path` is its JSON as sent; its attachments lie decoded in the folder of the same name."""

    number: int
    path: Path
    mailbox: str
    subject: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    bcc: tuple[str, ...]
    body_type: str
    body: str
    attachments: tuple[GraphAttachment, ...]
    save_to_sent_items: bool


def take_mail(body: bytes, mailbox: str, *, path: Path, number: int) -> GraphMail:
    """Check a sendMail request and keep it at `path`. Raises GraphRefusalError; then nothing is written."""
    message, save = _request(body)
    _check_keys(message, MESSAGE_KEYS, "microsoft.graph.message")
    content = _object(message.get("body") or {}, "body")
    mail = GraphMail(
        number,
        path,
        mailbox,
        str(message.get("subject") or ""),
        _addresses(message, "toRecipients"),
        _addresses(message, "ccRecipients"),
        _addresses(message, "bccRecipients"),
        str(content.get("contentType") or "text").casefold(),
        str(content.get("content") or ""),
        tuple(_attachment(entry) for entry in _list(message.get("attachments"), "attachments")),
        save,
    )
    _check_recipients(mail)
    _check_sender(message, mailbox)
    _write(mail, body)
    return mail


def _request(body: bytes) -> tuple[Object, bool]:
    try:
        request = json.loads(body)
    except ValueError as error:
        raise _unreadable("Unable to read JSON request payload.") from error
    request = _object(request, "request")
    _check_keys(request, frozenset({"message", "saveToSentItems", "Message", "SaveToSentItems"}), "sendMail")
    message = request.get("message", request.get("Message"))
    if message is None:
        raise _unreadable("The Message parameter is missing.")
    save = request.get("saveToSentItems", request.get("SaveToSentItems", True))
    if not isinstance(save, bool):
        raise _unreadable("Cannot convert the value of 'saveToSentItems' to the expected type 'Edm.Boolean'.")
    return _object(message, "message"), save


def _check_keys(value: Object, known: frozenset[str], kind: str) -> None:
    for key in value:
        if key not in known:
            raise _unreadable(
                f"The property '{key}' does not exist on type '{kind}'. Make sure to only use property names that are "
                "defined by the type."
            )


def _object(value: object, name: str) -> Object:
    if not isinstance(value, dict):
        raise _unreadable(f"A node of type StartObject was expected for '{name}'.")
    return cast("Object", value)


def _list(value: Json, name: str) -> list[Json]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise _unreadable(f"A node of type StartArray was expected for '{name}'.")
    return value


def _addresses(message: Object, key: str) -> tuple[str, ...]:
    entries = [_object(entry, key) for entry in _list(message.get(key), key)]
    return tuple(str(_object(entry.get("emailAddress"), "emailAddress").get("address") or "") for entry in entries)


def _check_recipients(mail: GraphMail) -> None:
    recipients = mail.to + mail.cc + mail.bcc
    if not recipients:
        raise _refusal(
            400, "ErrorInvalidRecipients", "A message can't be sent unless at least one recipient is specified."
        )
    if any("@" not in address or " " in address for address in recipients):
        raise _refusal(400, "ErrorInvalidRecipients", "At least one recipient isn't valid.")
    if len(recipients) > MAX_RECIPIENTS:
        raise _refusal(400, "ErrorExceededMaxRecipients", "The message has too many recipients.")


def _check_sender(message: Object, mailbox: str) -> None:
    if message.get("from") is None:
        return
    sender = _object(_object(message["from"], "from").get("emailAddress"), "emailAddress").get("address")
    if str(sender or "").casefold() != mailbox.casefold():
        raise _refusal(
            403,
            "ErrorSendAsDenied",
            "The user account which was used to submit this request does not have the right to send mail on behalf of "
            "the specified sending account.",
        )


def _attachment(value: Json) -> GraphAttachment:
    entry = _object(value, "attachments")
    if entry.get("@odata.type") != "#microsoft.graph.fileAttachment":
        raise _unreadable("The type of an attachment is missing or is not '#microsoft.graph.fileAttachment'.")
    _check_keys(entry, ATTACHMENT_KEYS, "microsoft.graph.fileAttachment")
    if not entry.get("name"):
        raise _refusal(400, "ErrorInvalidArgument", "The attachment's name is missing.")
    try:
        content = base64.b64decode(str(entry.get("contentBytes") or ""), validate=True)
    except binascii.Error as error:
        raise _unreadable("Cannot convert 'contentBytes' to the expected type 'Edm.Binary'.") from error
    return GraphAttachment(
        str(entry["name"]),
        str(entry.get("contentType") or "application/octet-stream"),
        content,
        entry.get("isInline") is True,
        str(entry.get("contentId") or ""),
    )


def _refusal(status: int, code: str, message: str) -> GraphRefusalError:
    return GraphRefusalError(Refusal(status, code, message))


def _unreadable(message: str) -> GraphRefusalError:
    return _refusal(400, "RequestBodyRead", message)


def _write(mail: GraphMail, body: bytes) -> None:
    """Attachments first, so that the JSON file stands for a complete mail."""
    folder = mail.path.with_suffix("")
    mail.path.parent.mkdir(parents=True, exist_ok=True)
    if mail.attachments:
        folder.mkdir(exist_ok=True)
    for number, attachment in enumerate(mail.attachments, start=1):
        name = UNSAFE_IN_FILE_NAMES.sub("_", attachment.name).strip(". ")[:120] or "unnamed"
        target = folder / name
        if target.exists():
            target = folder / f"{number}-{name}"
        target.write_bytes(attachment.content)
    unfinished = mail.path.with_suffix(".part")
    unfinished.write_bytes(body)
    unfinished.rename(mail.path)
