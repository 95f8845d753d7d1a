"""What every way of sending mail offers, and what it says when it cannot."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from notifications.recipients import Recipient, Recipients

STAGE_SECONDS = 15.0
"""The longest a single stage may take; handing over a large message gets more, see `handover_seconds`."""

SLOWEST_BYTES_PER_SECOND = 50_000
LONGEST_HANDOVER_SECONDS = 60.0


class Stage(StrEnum):
    """How far a delivery came; the value is the word people see."""

    DNS = "DNS"
    PROXY = "proxy"
    CONNECT = "connect"
    TLS = "TLS"
    GREETING = "greeting"
    SIGN_IN = "sign-in"
    SENDER = "sender"
    RECIPIENT = "recipient"
    DATA = "data"
    TOKEN = "token"  # noqa: S105 - a word for people, no secret
    PERMISSION = "permission"
    MAILBOX = "mailbox"
    SEND = "send"
    PREPARE = "prepare"


class DeliveryError(Exception):
    """A message that was not, or perhaps not, accepted.

    `permanent`: the same attempt would fail again. `nothing_accepted`: False means nobody can know whether the service
    took the message, which must then never be sent again by itself. `too_large`: a smaller message may pass.
    `message` is fit to show and holds no secret.
    """

    def __init__(
        self,
        stage: Stage,
        problem: str,
        *,
        permanent: bool = False,
        nothing_accepted: bool = True,
        details: "FailureDetails | None" = None,
    ) -> None:
        self.stage = stage
        self.problem = problem
        self.permanent = permanent
        self.nothing_accepted = nothing_accepted
        self.details = details or FailureDetails()
        self.tried_bytes = 0
        super().__init__(self.message)

    @property
    def message(self) -> str:
        words = self.details.server_words
        answer = f" The server said: “{words}”." if words else ""
        hint = f" {self.details.hint}" if self.details.hint else ""
        return f"{self.stage.value}: {self.problem}{answer}{hint}"


@dataclass(frozen=True)
class FailureDetails:
    """What else is known of a failure."""

    server_words: str = ""
    hint: str = ""
    refused: dict[str, str] = field(default_factory=dict)
    too_large: bool = False
    retry_after_seconds: float | None = None
    provider_id: str = ""


@dataclass(frozen=True)
class Attachment:
    """A file to send under a safe ASCII name."""

    path: Path
    file_name: str
    mime_type: str

    @property
    def size_bytes(self) -> int:
        return self.path.stat().st_size


@dataclass(frozen=True)
class InlineImage:
    """A picture the HTML part shows as `cid:<content_id>`."""

    content_id: str
    file_name: str
    png: bytes


@dataclass(frozen=True)
class PreparedMail:
    """One message, complete."""

    message_id: str
    sender: Recipient
    recipients: Recipients
    subject: str
    text: str
    html: str
    images: tuple[InlineImage, ...] = ()
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True)
class Receipt:
    """A message the service accepted: for whom, in whose words."""

    accepted: tuple[str, ...]
    refused: dict[str, str]
    server_words: str
    size_bytes: int
    provider_id: str = ""


class MailSession(Protocol):
    """A signed-in connection on which messages are handed over one after the other."""

    @property
    def size_limit_bytes(self) -> int:
        """The largest encoded message the service takes."""

    def encoded_size(self, mail: PreparedMail) -> int:
        """At least the bytes `send` would hand over, without reading the attachments."""

    def send(self, mail: PreparedMail, before_handover: Callable[[], None]) -> Receipt:
        """Send one message; raises DeliveryError.

        `before_handover` is called when everything but the message itself has been agreed: until it returns, nothing
        can have been accepted. What it raises ends the attempt before the message goes out.
        """


class Transport(Protocol):
    """A way of sending, made for one email configuration."""

    def open(self) -> AbstractContextManager[MailSession]:
        """Connect and sign in. Raises DeliveryError; nothing is ever accepted while opening."""


def handover_seconds(size_bytes: int) -> float:
    """How long the message itself may take on a slow line; well below the worker's limit for a task."""
    return min(STAGE_SECONDS + size_bytes / SLOWEST_BYTES_PER_SECOND, LONGEST_HANDOVER_SECONDS)


def base64_size(size_bytes: int) -> int:
    """Bytes of a base64 part with lines of 76 characters and CRLF."""
    characters = (size_bytes + 2) // 3 * 4
    return characters + 2 * (characters // 76 + 1)
