"""Scripts for a mail server that misbehaves on purpose, and the record of what each session came to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Self


class Stage(IntEnum):
    """How far an SMTP session has come, in order. HANDSHAKE is the TLS one, after STARTTLS or right at the start."""

    NOTHING = 0
    CONNECT = 1
    EHLO = 2
    STARTTLS = 3
    HANDSHAKE = 4
    AUTH = 5
    MAIL = 6
    RCPT = 7
    DATA = 8
    BODY = 9  # the message is coming in
    DOT = 10  # the final dot has arrived: from here on only the server knows whether it took the message
    QUIT = 11


class Then(Enum):
    GO_ON = "go on"
    DROP = "drop the connection"
    RESET = "reset the connection"
    HANG = "say nothing more until the client leaves"


class Ended(Enum):
    OPEN = "still open"
    QUIT = "client said QUIT"
    CLIENT_LEFT = "client left without QUIT"
    SERVER_LEFT = "server dropped or reset the connection"
    HUNG = "client gave up waiting"
    HANDSHAKE_FAILED = "TLS handshake failed"


@dataclass(frozen=True)
class Act:
    """What the server does at a stage instead of the usual. Made by `refuse`, `drop`, `hang` and `garble`."""

    stage: Stage
    reply: str = ""  # without one, and with DROP, RESET or HANG, the client gets no answer
    then: Then = Then.GO_ON
    recipient: str = ""  # at RCPT: only for this one
    after_bytes: int = 0  # at BODY: as soon as so much of the message has come
    accepting: bool = False  # at DOT: the message is taken, whatever the client is told
    times: int | None = None  # in one session


def refuse(stage: Stage, reply: str, *, recipient: str = "", times: int | None = None) -> Act:
    """Answer with `reply` (code, enhanced code and words). After a 421 the server leaves, as RFC 5321 wants it."""
    then = Then.DROP if reply.startswith("421") else Then.GO_ON
    return Act(stage, reply, then, recipient=recipient, times=times)


def drop(stage: Stage, *, after_bytes: int = 0, accepting: bool = False, reset: bool = False) -> Act:
    """Leave without an answer. At DOT, `accepting` tells whether the message was taken before."""
    return Act(stage, then=Then.RESET if reset else Then.DROP, after_bytes=after_bytes, accepting=accepting)


def acknowledge_and_drop(reply: str = "250 2.0.0 Accepted") -> Act:
    """Take the message, say so, and leave before the client can say QUIT."""
    return Act(Stage.DOT, reply, Then.DROP, accepting=True)


def hang(stage: Stage, *, accepting: bool = False) -> Act:
    return Act(stage, then=Then.HANG, accepting=accepting)


def garble() -> Act:
    """Agree to TLS, then speak plain text instead of shaking hands."""
    return Act(Stage.HANDSHAKE, "500 5.5.1 I do not speak TLS", Then.DROP)


@dataclass(frozen=True)
class MailScript:
    """One session of a server. Without acts it accepts everything.

    `users` None offers no sign-in. `offers_starttls` False strips STARTTLS from the greeting and refuses the command.
    Nothing is refused for want of TLS or of a sign-in: a client that falls back to clear text shall be seen doing so.
    """

    acts: tuple[Act, ...] = ()
    users: Mapping[str, str] | None = field(default=None, repr=False)
    mechanisms: tuple[str, ...] = ("PLAIN", "LOGIN")
    offers_starttls: bool = True
    size_limit: int | None = None

    @classmethod
    def of(cls, *acts: Act) -> Self:
        return cls(acts)


@dataclass(frozen=True)
class TakenMessage:
    """A message the server took: from here on it would be delivered. `raw` is as sent, without the dots SMTP adds."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    acknowledged: bool = False  # the client was told


@dataclass
class MailSession:
    """One connection as the server saw it. `commands` are the client's lines; what AUTH carries is shown as `***`."""

    number: int
    reached: Stage = Stage.NOTHING
    ended: Ended = Ended.OPEN
    encrypted: bool = False
    user: str | None = None
    commands: list[str] = field(default_factory=list)
    refused_recipients: list[str] = field(default_factory=list)
    body_bytes: int = 0
    messages: list[TakenMessage] = field(default_factory=list)

    @property
    def accepted(self) -> bool:
        """Whether the server took a message, told or untold."""
        return bool(self.messages)

    @property
    def acknowledged(self) -> bool:
        """Whether the client was told that a message was taken."""
        return any(message.acknowledged for message in self.messages)
