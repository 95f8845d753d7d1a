"""One SMTP connection, each step of which has its stage, its time limit and its own kind of failure."""

import base64
import contextlib
import hashlib
import hmac
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any

from intacct_usage.lib.outbound import OutboundError, OutboundErrorKind, call_deadline
from intacct_usage.lib.redaction import redact
from notifications.recipients import clean_header_text
from notifications.transports.base import DeliveryError, FailureDetails, Stage
from notifications.transports.smtp_hints import hint_for, is_too_large

REPLY_LIMIT = 64 * 1024
QUIT_SECONDS = 2.0
EARLY_WORDS_SECONDS = 0.2
SHOWN_WORDS = 500
STAGES_OF_OUTBOUND = {
    OutboundErrorKind.DNS: Stage.DNS,
    OutboundErrorKind.TLS: Stage.TLS,
    OutboundErrorKind.PROXY: Stage.PROXY,
    OutboundErrorKind.PROXY_AUTH: Stage.PROXY,
}


class ReplyError(Exception):
    """The server answered with a code that is not the one hoped for (`words` begins with it), or in no usable way."""

    def __init__(self, words: str) -> None:
        self.words = words
        super().__init__(words)


class SmtpDialogue(smtplib.SMTP):
    """An SMTP client on a socket that is already connected, with a limit for the size of a reply."""

    def __init__(self, connection: socket.socket, *, host: str) -> None:
        super().__init__(local_hostname=own_name(connection))
        self.sock: socket.socket = connection
        self.server_name = host
        self.within_message = False

    def getreply(self) -> tuple[int, bytes]:
        """Code and text of one reply; lets TimeoutError and OSError pass."""
        if self.file is None:
            self.file = self.sock.makefile("rb")
        lines: list[bytes] = []
        size = 0
        while True:
            line = self.file.readline(REPLY_LIMIT)
            size += len(line)
            if not line:
                raise smtplib.SMTPServerDisconnected("the server closed the connection")
            if size >= REPLY_LIMIT or not re.match(rb"\d{3}(?:[ -]|\r?\n|$)", line):
                raise ReplyError(f"The other side does not speak SMTP: “{readable(line)}”.")
            lines.append(line[4:].strip())
            if line[3:4] != b"-":
                return int(line[:3]), b"\n".join(lines)

    def send(self, s: Any) -> None:  # Any: as in smtplib, text or bytes
        """Lets TimeoutError and OSError pass, which smtplib's own makes one."""
        self.sock.sendall(s.encode(self.command_encoding) if isinstance(s, str) else s)

    def expect(self, codes: set[int], command: str, arguments: str = "") -> bytes:
        """Send a command; raises ReplyError unless the answer has one of the codes."""
        return self.checked(codes, self.docmd(command, arguments))

    @staticmethod
    def checked(codes: set[int], reply: tuple[int, bytes]) -> bytes:
        if reply[0] not in codes:
            raise ReplyError(reply_words(reply))
        return reply[1]

    def say_hello(self) -> None:
        """EHLO, or HELO to a server that does not know EHLO."""
        reply = self.ehlo()
        self.checked({250}, self.helo() if reply[0] in (500, 502) else reply)

    def encrypt(self, context: ssl.SSLContext) -> None:
        """STARTTLS, and nothing that was learnt before it counts any more. Raises ReplyError if it is not offered."""
        if not self.has_extn("starttls"):
            raise ReplyError("The server does not offer STARTTLS, and nothing is sent without it. Check host and port.")
        self.expect({220}, "STARTTLS")
        self.use_tls(context)
        self.helo_resp = self.ehlo_resp = None
        self.esmtp_features = {}
        self.does_esmtp = False
        self.say_hello()

    def use_tls(self, context: ssl.SSLContext) -> None:
        """Start TLS. Plain text that was already received, perhaps slipped in by somebody else, is thrown away."""
        plain = self.sock
        if self.file is not None:
            self.file.close()
            self.file = None
        self.sock = context.wrap_socket(plain, server_hostname=self.server_name)

    def sign_in(self, username: str, password: str, *, encrypted: bool) -> None:
        """Sign in by the best way offered. Raises ReplyError; a refusal is not followed by another try."""
        offered = self.esmtp_features.get("auth", "").upper().replace("=", " ").split()
        ways: dict[str, Callable[[str, str], None]] = {
            "PLAIN": self._sign_in_plain,
            "LOGIN": self._sign_in_login,
            "CRAM-MD5": self._sign_in_cram,
        }
        order = ["PLAIN", "LOGIN", "CRAM-MD5"] if encrypted else ["CRAM-MD5", "PLAIN", "LOGIN"]
        chosen = next((name for name in order if name in offered), None)
        if chosen is None:
            names = ", ".join(offered) or "none"
            raise ReplyError(
                f"The server offers no way of signing in that this program knows (offered: {names}). Some offer it "
                "only over an encrypted connection; a relay that wants no sign-in needs no user name."
            )
        ways[chosen](username, password)

    def _sign_in_plain(self, username: str, password: str) -> None:
        self.expect({235}, "AUTH", "PLAIN " + _base64(f"\0{username}\0{password}"))

    def _sign_in_login(self, username: str, password: str) -> None:
        self.expect({334}, "AUTH", "LOGIN")
        self.expect({334}, _base64(username))
        self.expect({235}, _base64(password))

    def _sign_in_cram(self, username: str, password: str) -> None:
        challenge = base64.b64decode(self.expect({334}, "AUTH", "CRAM-MD5"))
        digest = hmac.new(password.encode(), challenge, hashlib.md5).hexdigest()
        self.expect({235}, _base64(f"{username} {digest}"))

    def heard_before_the_end(self) -> tuple[int, bytes] | None:
        """A reply the server gave while the message was still on its way; None if it is listening quietly.

        Raises SMTPServerDisconnected or OSError if it hung up. This is what tells "dropped before the final dot" from
        "accepted, then dropped": as long as the dot was not sent, nothing can have been accepted.
        """
        if self.file is None:
            self.file = self.sock.makefile("rb")
        try:
            with call_deadline(EARLY_WORDS_SECONDS):
                self.file.peek(1)
        except TimeoutError:
            self.file = None  # a stream that ran into its time limit cannot be read any more
            return None
        return self.getreply()

    def leave(self) -> None:
        """QUIT, except in the middle of a message; whatever goes wrong here has no meaning for what was sent."""
        if self.within_message:
            self.close()
            return
        with contextlib.suppress(OSError, smtplib.SMTPException, ReplyError, ValueError), call_deadline(QUIT_SECONDS):
            self.docmd("QUIT")
        self.close()


@contextlib.contextmanager
def stage(name: Stage, seconds: float, *, handed_over: bool = False, size_decides: bool = False) -> Iterator[None]:
    """Bound the block in time and turn what goes wrong in it into a DeliveryError of this stage.

    `handed_over`: the final dot may have reached the server, so a lost connection means that nobody can know.
    `size_decides`: what takes too long here may pass if it is smaller.
    """
    try:
        with call_deadline(seconds):
            yield
    except ReplyError as error:
        if handed_over:  # not a refusal: an answer nobody can read
            raise not_understood(error.words) from None
        raise refusal(name, error.words) from None
    except OutboundError as error:
        raise outbound_failure(name, error) from None
    except ssl.SSLError as error:
        raise _tls_failure(name, error, nothing_accepted=not handed_over) from None
    except TimeoutError:
        problem = f"The server did not answer within {seconds:g} seconds."
        details = FailureDetails(hint=_silence_hint(name), too_large=size_decides)
        raise lost(name, problem, nothing_accepted=not handed_over, details=details) from None
    except (smtplib.SMTPException, OSError, ValueError):
        if name is Stage.TLS:
            raise _not_encrypted() from None
        raise lost(name, "The server closed the connection.", nothing_accepted=not handed_over) from None


def refusal(name: Stage, words: str, *, refused: dict[str, str] | None = None) -> DeliveryError:
    """The error for a server that said no: 4xx may pass later, everything else is final."""
    if not words[:1].isdigit():
        return DeliveryError(name, words, permanent=True)
    details = FailureDetails(words, hint_for(words), refused or {}, too_large=is_too_large(words))
    return DeliveryError(name, "The mail server refused.", permanent=words[:1] != "4", details=details)


def not_understood(words: str) -> DeliveryError:
    """The error for an answer to a complete message that is neither a yes nor a no."""
    return lost(
        Stage.DATA, "The server's answer was not understood.", nothing_accepted=False, details=FailureDetails(words)
    )


def lost(name: Stage, problem: str, *, nothing_accepted: bool, details: FailureDetails | None = None) -> DeliveryError:
    if not nothing_accepted:
        problem += " The message had been handed over completely, so it may have been accepted."
    return DeliveryError(name, problem, nothing_accepted=nothing_accepted, details=details)


def outbound_failure(name: Stage, error: OutboundError) -> DeliveryError:
    """The error for a connection that did not come about."""
    permanent = error.kind is OutboundErrorKind.BLOCKED
    return DeliveryError(STAGES_OF_OUTBOUND.get(error.kind, name), error.message, permanent=permanent)


def reply_words(reply: tuple[int, bytes]) -> str:
    return readable(str(reply[0]).encode() + b" " + reply[1])


def readable(words: bytes) -> str:
    """A server's words as one short line without secrets."""
    return clean_header_text(redact(words.decode("utf-8", "replace")), limit=SHOWN_WORDS)


def own_name(connection: socket.socket) -> str:
    """The name to greet with: the machine's if it is a full one, else its address as RFC 5321 wants it."""
    name = socket.gethostname()
    if "." in name and re.fullmatch(r"[A-Za-z0-9.-]+", name):
        return name
    try:
        address = connection.getsockname()[0]
    except (OSError, IndexError, TypeError):
        address = ""
    if not isinstance(address, str) or not address:
        return "[127.0.0.1]"
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _tls_failure(name: Stage, error: ssl.SSLError, *, nothing_accepted: bool) -> DeliveryError:
    if name is not Stage.TLS:
        return lost(name, "The encrypted connection broke.", nothing_accepted=nothing_accepted)
    if isinstance(error, ssl.SSLCertVerificationError):
        problem = f"The certificate of the mail server was not accepted: {error.verify_message}."
        hint = "Use the host name the certificate is made for; put a private CA into the file EXTRA_CA_FILE names."
        return DeliveryError(name, problem, permanent=True, details=FailureDetails(hint=hint))
    return _not_encrypted()


def _not_encrypted() -> DeliveryError:
    hint = "Check that port and security belong together: 587 with STARTTLS, 465 with SSL/TLS, 25 with None."
    problem = "The server did not answer with an encrypted connection."
    return DeliveryError(Stage.TLS, problem, details=FailureDetails(hint=hint))


def _silence_hint(name: Stage) -> str:
    if name is not Stage.GREETING:
        return ""
    return "A port that expects SSL/TLS from the first byte (usually 465) is silent like this: choose SSL/TLS."


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
