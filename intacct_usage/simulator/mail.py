"""An SMTP server that keeps every message it accepts as a file, as the recipient's mailbox would."""

import asyncio
import collections
import hmac
import json
import logging
import re
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import KW_ONLY, asdict, dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as default_policy
from pathlib import Path
from typing import Literal, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from intacct_usage.simulator.certificates import CertificateFiles
from intacct_usage.simulator.listening import Ledger

MailSecurity = Literal["none", "starttls", "ssl"]

START_SECONDS = 10.0
UNSAFE_IN_FILE_NAMES = re.compile(r"[^A-Za-z0-9@._+-]+")

logging.getLogger("mail.log").setLevel(logging.WARNING)  # below it aiosmtpd logs addresses and whole messages


@dataclass(frozen=True)
class SunkMessage:
    """One accepted message: where it lies and what the envelope said. `recipients` are those that were not refused."""

    path: Path
    received_at: str
    sender: str
    recipients: tuple[str, ...]
    user: str | None
    encrypted: bool
    size_bytes: int

    @property
    def raw(self) -> bytes:
        """The bytes as sent, without the dots SMTP adds."""
        return self.path.read_bytes()

    def parsed(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=default_policy)


@dataclass(eq=False)
class MailSink:
    """Listens between `start` and `stop`; accepts mail for everybody but `refused_recipients`.

    Each message becomes `<folder>/<number>-<message id>.eml`, byte for byte, with its envelope in a `.json` file of the
    same name that is complete before the `.eml` appears. Numbers go on after those already in the folder.
    `users` None asks for no sign-in; otherwise AUTH PLAIN or LOGIN must succeed before MAIL FROM. "starttls" refuses
    everything before STARTTLS; "starttls" and "ssl" need `tls`. `size_limit` is in bytes and announced as SIZE.
    """

    folder: Path
    _: KW_ONLY
    users: Mapping[str, str] | None = field(default=None, repr=False)
    security: MailSecurity = "none"
    tls: CertificateFiles | None = None
    size_limit: int | None = None
    refused_recipients: frozenset[str] = frozenset()
    host: str = "127.0.0.1"
    port: int = 0

    def __post_init__(self) -> None:
        if (self.security == "none") != (self.tls is None):
            raise ValueError('The security "starttls" or "ssl" needs a certificate, "none" must have none.')
        self._ledger: Ledger[SunkMessage] = Ledger()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Event | None = None
        self._number = 0

    @property
    def address(self) -> str:
        """`host:port`."""
        return f"{self.host}:{self.port}"

    def messages(self) -> tuple[SunkMessage, ...]:
        """What this sink accepted since it was made, in order."""
        return self._ledger.entries()

    def start(self) -> Self:
        if self._thread is not None:
            return self
        self.folder.mkdir(parents=True, exist_ok=True)
        self._number = max([self._number, *(_leading_number(path) for path in self.folder.glob("*.eml"))])
        server = socket.create_server((self.host, self.port), backlog=128)
        self.port = server.getsockname()[1]
        ready: Future[None] = Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(server, ready)), name=f"MailSink:{self.port}", daemon=True
        )
        self._thread.start()
        ready.result(START_SECONDS)
        return self

    def stop(self) -> None:
        """Close the port and every connection, and wait for the thread."""
        thread, loop, ended = self._thread, self._loop, self._ended
        if thread is None or loop is None or ended is None:
            return
        loop.call_soon_threadsafe(ended.set)
        thread.join(START_SECONDS)
        self._thread = self._loop = self._ended = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def _serve(self, server: socket.socket, ready: "Future[None]") -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        context = self.tls.server_context() if self.tls else None
        dialogues: set[_Dialogue] = set()

        def make_dialogue() -> _Dialogue:
            return _Dialogue(self, context if self.security == "starttls" else None, dialogues)

        implicit = context if self.security == "ssl" else None
        listening = await self._loop.create_server(make_dialogue, sock=server, ssl=implicit)
        ready.set_result(None)
        await self._ended.wait()
        listening.close()
        for dialogue in list(dialogues):
            dialogue.abort()

    def knows(self, login: object) -> bool:
        """Whether user and password of a sign-in are right."""
        if self.users is None or not isinstance(login, LoginPassword):
            return False
        expected = self.users.get(login.login.decode("utf-8", "replace"))
        return expected is not None and hmac.compare_digest(expected.encode(), login.password)

    def keep(self, session: Session, envelope: Envelope) -> SunkMessage:
        """Write one message and its envelope. Raises OSError when the folder cannot be written."""
        raw = bytes(envelope.original_content or b"")
        self._number += 1
        message_id = message_from_bytes(raw, policy=default_policy).get("Message-ID", "")
        path = self.folder / f"{self._number:06d}-{_safe(str(message_id))}.eml"
        message = SunkMessage(
            path,
            datetime.now(UTC).isoformat(),
            envelope.mail_from or "",
            tuple(envelope.rcpt_tos),
            session.auth_data.login.decode("utf-8", "replace")
            if isinstance(session.auth_data, LoginPassword)
            else None,
            self.security != "none",
            len(raw),
        )
        described = json.dumps({**asdict(message), "path": path.name}, ensure_ascii=False, indent=1)
        path.with_suffix(".json").write_text(described, encoding="utf-8")
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(raw)
        unfinished.rename(path)
        self._ledger.add(message)
        return message


class _Dialogue(SMTP):
    """One SMTP connection."""

    def __init__(self, sink: MailSink, starttls: ssl.SSLContext | None, open_dialogues: "set[_Dialogue]") -> None:
        # of the class in aiosmtpd, where it would be shared by all servers of the process
        self.command_size_limits = collections.defaultdict(lambda: SMTP.command_size_limit)
        self._open_dialogues = open_dialogues
        super().__init__(
            _SinkHandler(sink),
            hostname="simulator.example",
            ident="Simulator SMTP (demo)",
            data_size_limit=sink.size_limit,
            enable_SMTPUTF8=True,
            tls_context=starttls,
            require_starttls=starttls is not None,
            auth_require_tls=starttls is not None,
            authenticator=_authenticator(sink),
            loop=asyncio.get_running_loop(),
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._open_dialogues.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._open_dialogues.discard(self)

    def abort(self) -> None:
        for transport in (self.transport, self._original_transport):
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()


class _SinkHandler:
    """The hooks aiosmtpd calls; each returns the line to answer with."""

    def __init__(self, sink: MailSink) -> None:
        self._sink = sink

    async def handle_EHLO(
        self, server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        if self._sink.users is None:
            return [line for line in responses if not line.startswith("250-AUTH")]
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._sink.users is not None and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Sender OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.casefold() in {refused.casefold() for refused in self._sink.refused_recipients}:
            return f"550 5.1.1 <{address}>: Recipient address rejected: user unknown"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Recipient OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        try:
            message = self._sink.keep(session, envelope)
        except OSError:
            return "452 4.3.1 Insufficient system storage"
        return f"250 2.0.0 Kept as {message.path.name}"


def _authenticator(sink: MailSink) -> Callable[[SMTP, Session, Envelope, str, object], AuthResult]:
    def authenticate(
        _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, login: object
    ) -> AuthResult:
        if sink.knows(login):
            return AuthResult(success=True, auth_data=login)
        # handled=True, the default, would mean that the 535 was sent already: the client would wait for ever
        return AuthResult(success=False, handled=False)

    return authenticate


def _safe(message_id: str) -> str:
    return UNSAFE_IN_FILE_NAMES.sub("_", message_id.strip().strip("<>"))[:100].strip("._") or "no-message-id"


def _leading_number(path: Path) -> int:
    digits = path.name.partition("-")[0]
    return int(digits) if digits.isdecimal() else 0
