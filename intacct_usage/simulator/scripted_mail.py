"""A mail server on a raw socket that follows a script: for the endings a well-behaved SMTP server never shows."""

import socket
import threading
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Self

from intacct_usage.simulator.certificates import CertificateFiles
from intacct_usage.simulator.listening import Listener
from intacct_usage.simulator.mail import MailSecurity
from intacct_usage.simulator.mail_dialogue import MailDialogue, Over
from intacct_usage.simulator.mail_script import Ended, MailScript, MailSession, TakenMessage


@dataclass(eq=False)
class ScriptedMailServer:
    """Listens between `start` and `stop`. The first session follows the first script, the last script repeats.

    `security` "starttls" and "ssl" need `tls`. Nothing is written to disk; see `sessions`.
    """

    scripts: MailScript | Sequence[MailScript] = field(default_factory=MailScript)
    _: KW_ONLY
    security: MailSecurity = "none"
    tls: CertificateFiles | None = None
    host: str = "127.0.0.1"
    port: int = 0

    def __post_init__(self) -> None:
        if (self.security == "none") != (self.tls is None):
            raise ValueError('The security "starttls" or "ssl" needs a certificate, "none" must have none.')
        self._script_list = [self.scripts] if isinstance(self.scripts, MailScript) else list(self.scripts)
        self._sessions: list[MailSession] = []
        self._changed = threading.Condition()
        self._listener = _MailListener(self)
        self.context = self.tls.server_context() if self.tls else None

    def start(self) -> Self:
        self._listener.start()
        self.port = self._listener.port
        return self

    def stop(self) -> None:
        self._listener.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def address(self) -> str:
        """`host:port`."""
        return self._listener.address

    def sessions(self) -> tuple[MailSession, ...]:
        """All sessions so far; the last may still go on (`ended` is OPEN). After `stop` all have ended."""
        with self._changed:
            return tuple(self._sessions)

    def taken(self) -> tuple[TakenMessage, ...]:
        """Every message the server took, in order of sessions."""
        return tuple(message for session in self.sessions() for message in session.messages)

    def wait_for_ended(self, count: int, *, seconds: float = 30.0) -> tuple[MailSession, ...]:
        """Block until `count` sessions have ended. Raises TimeoutError."""

        def enough() -> bool:
            return sum(session.ended is not Ended.OPEN for session in self._sessions) >= count

        with self._changed:
            if not self._changed.wait_for(enough, seconds):
                raise TimeoutError(f"Fewer than {count} mail sessions ended within {seconds} seconds.")
        return self.sessions()

    def open_session(self) -> tuple[MailScript, MailSession]:
        """Called by the listener for each connection."""
        with self._changed:
            script = self._script_list[min(len(self._sessions), len(self._script_list) - 1)]
            session = MailSession(len(self._sessions) + 1)
            self._sessions.append(session)
            return script, session

    def close_session(self, session: MailSession, ended: Ended) -> None:
        with self._changed:
            session.ended = ended
            self._changed.notify_all()


class _MailListener(Listener):
    def __init__(self, server: ScriptedMailServer) -> None:
        super().__init__(host=server.host, port=server.port)
        self._server = server

    def handle(self, connection: socket.socket) -> None:
        script, session = self._server.open_session()
        dialogue = MailDialogue(self, connection, script, session, context=self._server.context)
        ended = Ended.CLIENT_LEFT
        try:
            dialogue.run(implicit_tls=self._server.security == "ssl")
        except Over as over:
            ended = over.ended
        finally:
            dialogue.close()
            self._server.close_session(session, ended)
