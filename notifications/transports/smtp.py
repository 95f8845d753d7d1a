"""Sends mail over SMTP, straight or through the proxy, and knows at each moment whether anything was accepted."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from intacct_usage.lib.outbound import OutboundPolicy, ProxySettings, open_connection, tls_context
from intacct_usage.lib.typed_numbers import typed_number
from notifications.transports.base import (
    STAGE_SECONDS,
    DeliveryError,
    FailureDetails,
    PreparedMail,
    Receipt,
    Stage,
    handover_seconds,
)
from notifications.transports.mime import estimated_size, message_bytes
from notifications.transports.smtp_dialogue import (
    ReplyError,
    SmtpDialogue,
    lost,
    not_understood,
    refusal,
    reply_words,
    stage,
)

UNANNOUNCED_SIZE_LIMIT = 25_000_000
"""What is tried where a server does not say how much it takes; large providers take about this much."""

RECIPIENTS_SECONDS = 3 * STAGE_SECONDS
"""All recipients together: a server that lets each wait would hold up the worker for minutes."""


@dataclass(frozen=True)
class SmtpAccount:
    """Where and as whom. `security` is "starttls", "ssl" or "none"."""

    host: str
    port: int
    security: str
    username: str = ""
    password: str = field(default="", repr=False)
    clear_text_sign_in: bool = False


@dataclass(frozen=True)
class SmtpTransport:
    """Sends for one account. `proxy` None connects directly."""

    account: SmtpAccount
    policy: OutboundPolicy
    proxy: ProxySettings | None = None
    stage_seconds: float = STAGE_SECONDS

    @contextmanager
    def _opened(self) -> Iterator["SmtpSession"]:
        dialogue = self._connect()
        try:
            self._greet(dialogue)
            self._sign_in(dialogue)
            yield SmtpSession(dialogue, self.stage_seconds)
        finally:
            dialogue.leave()

    def open(self) -> AbstractContextManager["SmtpSession"]:
        return self._opened()

    def _connect(self) -> SmtpDialogue:
        account = self.account
        if account.security == "none" and account.username and not account.clear_text_sign_in:
            problem = "With the security None the password would travel unencrypted, and that was not agreed to."
            raise DeliveryError(Stage.PREPARE, problem, permanent=True)
        with stage(Stage.CONNECT, self.stage_seconds):
            connection = open_connection(
                account.host, account.port, policy=self.policy, proxy=self.proxy, timeout_seconds=self.stage_seconds
            )
        return SmtpDialogue(connection, host=account.host)

    def _greet(self, dialogue: SmtpDialogue) -> None:
        """Greet and encrypt; there is no way on without the encryption that was asked for."""
        security = self.account.security
        if security == "ssl":
            with stage(Stage.TLS, self.stage_seconds):
                dialogue.use_tls(tls_context(self.policy))
        with stage(Stage.GREETING, self.stage_seconds):
            dialogue.checked({220}, dialogue.getreply())
            dialogue.say_hello()
        if security == "starttls":
            with stage(Stage.TLS, self.stage_seconds):
                dialogue.encrypt(tls_context(self.policy))

    def _sign_in(self, dialogue: SmtpDialogue) -> None:
        if not self.account.username:
            return
        with stage(Stage.SIGN_IN, self.stage_seconds):
            encrypted = self.account.security != "none"
            dialogue.sign_in(self.account.username, self.account.password, encrypted=encrypted)


@dataclass
class SmtpSession:
    """A connection that is ready for messages."""

    dialogue: SmtpDialogue
    stage_seconds: float

    @property
    def size_limit_bytes(self) -> int:
        return typed_number(self.dialogue.esmtp_features.get("size", "").strip()) or UNANNOUNCED_SIZE_LIMIT

    def encoded_size(self, mail: PreparedMail) -> int:
        return estimated_size(mail)

    def send(self, mail: PreparedMail, before_handover: Callable[[], None]) -> Receipt:
        """See MailSession. A recipient the server refuses is left out as long as another one is accepted."""
        content = message_bytes(mail)
        self._name_sender(mail, len(content))
        accepted, refused = self._name_recipients(mail)
        before_handover()
        words = self._hand_over(content)
        return Receipt(tuple(accepted), refused, words, len(content))

    def _name_sender(self, mail: PreparedMail, size_bytes: int) -> None:
        if size_bytes > self.size_limit_bytes:
            problem = f"The message has {size_bytes:,} bytes, the server takes {self.size_limit_bytes:,}."
            raise DeliveryError(Stage.PREPARE, problem, permanent=True, details=FailureDetails(too_large=True))
        options = [f"SIZE={size_bytes}"] if self.dialogue.has_extn("size") else []
        with stage(Stage.SENDER, self.stage_seconds):
            reply = self.dialogue.mail(mail.sender.address, options)
            if reply[0] != 250:
                raise ReplyError(reply_words(reply))

    def _name_recipients(self, mail: PreparedMail) -> tuple[list[str], dict[str, str]]:
        accepted: list[str] = []
        refused: dict[str, str] = {}
        ends_at = time.monotonic() + RECIPIENTS_SECONDS
        for address in mail.recipients.addresses:
            if time.monotonic() >= ends_at:
                problem = f"The server took longer than {RECIPIENTS_SECONDS:g} seconds over the recipients."
                raise lost(Stage.RECIPIENT, problem, nothing_accepted=True)
            with stage(Stage.RECIPIENT, self.stage_seconds):
                reply = self.dialogue.rcpt(address)
            if reply[0] in (250, 251, 252):
                accepted.append(address)
            else:
                refused[address] = reply_words(reply)
                self._stop_if_closing(reply[0], refused[address])
        if not accepted:
            raise self._nobody_accepted(refused)
        return accepted, refused

    @staticmethod
    def _stop_if_closing(code: int, words: str) -> None:
        """421 is said by a server that hangs up whatever was asked."""
        if code == 421:
            raise refusal(Stage.RECIPIENT, words)

    def _nobody_accepted(self, refused: dict[str, str]) -> DeliveryError:
        """No recipient is left. Final only if every refusal was."""
        with stage(Stage.RECIPIENT, self.stage_seconds):
            self.dialogue.rset()
        # a temporary refusal first, because its class decides about another try
        words = min(refused.values(), key=lambda answer: answer[:1])
        return refusal(Stage.RECIPIENT, words, refused=refused)

    def _hand_over(self, content: bytes) -> str:
        """DATA, the message, then the dot on its own; the server's words of acceptance."""
        dialogue = self.dialogue
        with stage(Stage.DATA, self.stage_seconds):
            dialogue.expect({354}, "DATA")
        dialogue.within_message = True
        with stage(Stage.DATA, handover_seconds(len(content)), size_decides=True):
            dialogue.send(_with_dots_doubled(content))
        with stage(Stage.DATA, self.stage_seconds):
            early = dialogue.heard_before_the_end()
            if early is not None:
                raise ReplyError(reply_words(early))
        with stage(Stage.DATA, self.stage_seconds, handed_over=True):
            dialogue.send(b".\r\n")
            reply = dialogue.getreply()
        dialogue.within_message = False
        if 400 <= reply[0] < 600:
            raise refusal(Stage.DATA, reply_words(reply))
        if not 200 <= reply[0] < 300:
            raise not_understood(reply_words(reply))
        return reply_words(reply)


def _with_dots_doubled(content: bytes) -> bytes:
    """RFC 5321 4.5.2; the content already has CRLF line ends and gets one at its end if it has none."""
    ended = content if content.endswith(b"\r\n") else content + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", ended)
