"""One SMTP session of the scripted mail server."""

import base64
import hmac
import socket
import ssl
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace

from intacct_usage.simulator.listening import Listener, reset
from intacct_usage.simulator.mail_script import Act, Ended, MailScript, MailSession, Stage, TakenMessage, Then

NAME = "scripted.example"
MAX_LINE_BYTES = 65_536
RESET_PAUSE_SECONDS = 0.1
"""A client that just connected must be reading already: a reset that overtakes it looks like a refused connection."""


class Over(Exception):
    """The session is at its end."""

    def __init__(self, ended: Ended) -> None:
        super().__init__(ended.value)
        self.ended = ended


class MailDialogue:
    """One session: reads commands, answers as usual or as an act of the script says."""

    def __init__(
        self,
        listener: Listener,
        connection: socket.socket,
        script: MailScript,
        session: MailSession,
        *,
        context: ssl.SSLContext | None,
    ) -> None:
        self._listener = listener
        self._connection = connection
        self._reader = connection.makefile("rb")
        self._script = script
        self._session = session
        self._context = context
        self._done: Counter[Act] = Counter()
        self._sender = ""
        self._recipients: list[str] = []

    def close(self) -> None:
        with suppress(OSError):
            self._reader.close()
        with suppress(OSError):
            self._connection.close()

    def run(self, *, implicit_tls: bool) -> None:
        if implicit_tls:
            self._shake_hands()
        if not self._perform(Stage.CONNECT, f"220 {NAME} ESMTP scripted (demo)").startswith("2"):
            raise Over(Ended.SERVER_LEFT)
        commands = {
            "EHLO": self._ehlo,
            "HELO": self._ehlo,
            "STARTTLS": self._starttls,
            "AUTH": self._auth,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "RSET": self._rset,
            "NOOP": lambda _: self._say("250 2.0.0 OK"),
            "QUIT": self._quit,
        }
        while True:
            line = self._read_line()
            verb, _, rest = line.partition(" ")
            self._session.commands.append("AUTH ***" if verb.upper() == "AUTH" else line)
            commands.get(verb.upper(), lambda _: self._say("502 5.5.2 Command not known"))(rest)

    def _ehlo(self, _: str) -> None:
        lines = [NAME, "8BITMIME", "ENHANCEDSTATUSCODES"]
        if self._context and self._script.offers_starttls and not self._session.encrypted:
            lines.append("STARTTLS")
        if self._script.users is not None:
            lines.append(f"AUTH {' '.join(self._script.mechanisms)}")
        if self._script.size_limit is not None:
            lines.append(f"SIZE {self._script.size_limit}")
        marked = [f"250-{line}" for line in lines[:-1]] + [f"250 {lines[-1]}"]
        self._perform(Stage.EHLO, "\r\n".join(marked))

    def _starttls(self, _: str) -> None:
        if not (self._context and self._script.offers_starttls):
            self._say("502 5.5.1 STARTTLS is not offered")
        elif self._perform(Stage.STARTTLS, "220 2.0.0 Ready to start TLS").startswith("2"):
            self._shake_hands()

    def _shake_hands(self) -> None:
        self._perform(Stage.HANDSHAKE, "")
        assert self._context is not None  # noqa: S101 - both callers have looked
        self._reader.close()
        try:
            self._connection = self._listener.secure(self._connection, self._context)
        except OSError as error:
            raise Over(Ended.HANDSHAKE_FAILED) from error
        self._reader = self._connection.makefile("rb")
        self._session.encrypted = True

    def _auth(self, rest: str) -> None:
        mechanism, _, initial = rest.partition(" ")
        if mechanism.upper() not in self._script.mechanisms or self._script.users is None:
            self._say("504 5.5.4 Mechanism not known")
            return
        if mechanism.upper() == "PLAIN":
            parts = _decoded(initial or self._challenge("")).split("\0")
            user, password = (parts[1], parts[2]) if len(parts) == 3 else ("", "")
        else:
            user = _decoded(initial or self._challenge("User Name"))
            password = _decoded(self._challenge("Password"))
        known = hmac.compare_digest(self._script.users.get(user, "\0").encode(), password.encode())
        usual = "235 2.7.0 Signed in" if known else "535 5.7.8 User or password wrong"
        if self._perform(Stage.AUTH, usual).startswith("2"):
            self._session.user = user

    def _challenge(self, prompt: str) -> str:
        self._say(f"334 {base64.b64encode(prompt.encode()).decode()}")
        return self._read_line()

    def _mail(self, rest: str) -> None:
        limit, size = self._script.size_limit, _size_option(rest)
        usual = "552 5.3.4 Message size exceeds the limit" if limit is not None and size > limit else "250 2.1.0 OK"
        if self._perform(Stage.MAIL, usual).startswith("2"):
            self._sender = _address(rest)

    def _rcpt(self, rest: str) -> None:
        recipient = _address(rest)
        if self._perform(Stage.RCPT, "250 2.1.5 OK", recipient=recipient).startswith("2"):
            self._recipients.append(recipient)
        else:
            self._session.refused_recipients.append(recipient)

    def _data(self, _: str) -> None:
        usual = "354 End with a dot on a line of its own" if self._recipients else "554 5.5.1 No valid recipients"
        if not self._perform(Stage.DATA, usual).startswith("3"):
            return
        raw = self._read_body()
        act = self._find(Stage.DOT)
        limit = self._script.size_limit
        usual = "552 5.3.4 Message too big" if limit is not None and len(raw) > limit else "250 2.0.0 Accepted"
        reply = act.reply if act else usual
        if reply.startswith("2") or (act is not None and act.accepting):
            self._session.messages.append(TakenMessage(self._sender, tuple(self._recipients), raw))
        if self._perform(Stage.DOT, usual).startswith("2"):
            self._rset_transaction()

    def _read_body(self) -> bytes:
        """The message without its final dot; a script may interrupt it at a number of bytes."""
        self._session.reached = Stage.BODY
        act = self._find(Stage.BODY)
        body = bytearray()
        while (line := self._read_bytes()) != b".\r\n":
            self._session.body_bytes += len(line)
            body += line.removeprefix(b".")
            if act and self._session.body_bytes >= act.after_bytes:
                self._perform(Stage.BODY, "")
        return bytes(body)

    def _rset(self, _: str) -> None:
        self._rset_transaction()
        self._say("250 2.0.0 Reset")

    def _rset_transaction(self) -> None:
        self._sender, self._recipients = "", []

    def _quit(self, _: str) -> None:
        self._perform(Stage.QUIT, "221 2.0.0 Bye")
        raise Over(Ended.QUIT)

    def _find(self, stage: Stage, recipient: str = "") -> Act | None:
        for act in self._script.acts:
            meant = act.stage is stage and act.recipient.casefold() in ("", recipient.casefold())
            if meant and (act.times is None or self._done[act] < act.times):
                return act
        return None

    def _perform(self, stage: Stage, usual: str, *, recipient: str = "") -> str:
        """Note the stage and answer: the script's act if there is one, else `usual`. Returns the answer given."""
        self._session.reached = max(self._session.reached, stage)
        act = self._find(stage, recipient)
        reply = act.reply or (usual if act.then is Then.GO_ON else "") if act else usual
        if stage is Stage.DOT and reply.startswith("2"):
            self._session.messages[-1] = replace(self._session.messages[-1], acknowledged=True)
        if reply:
            self._say(reply)
        if act is not None:
            self._done[act] += 1
            self._leave(act.then)
        return reply

    def _leave(self, then: Then) -> None:
        if then is Then.HANG:
            self._wait_for_client_to_leave()
            raise Over(Ended.HUNG)
        if then is Then.RESET:
            if self._session.reached is Stage.CONNECT:
                time.sleep(RESET_PAUSE_SECONDS)
            self._reader.close()
            reset(self._connection)
        if then is not Then.GO_ON:
            raise Over(Ended.SERVER_LEFT)

    def _wait_for_client_to_leave(self) -> None:
        with suppress(OSError):
            while self._reader.read(1):
                pass

    def _say(self, reply: str) -> None:
        self._connection.sendall(f"{reply}\r\n".encode())

    def _read_line(self) -> str:
        return self._read_bytes().decode("utf-8", "replace").rstrip("\r\n")

    def _read_bytes(self) -> bytes:
        line = self._reader.readline(MAX_LINE_BYTES)
        if not line:
            raise Over(Ended.CLIENT_LEFT)
        return line


def _decoded(text: str) -> str:
    """Base64 of a sign-in; what is none counts as empty."""
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except ValueError:
        return ""


def _address(rest: str) -> str:
    """The address of `FROM:<a@b> SIZE=1` or `TO:<a@b>`."""
    return rest.partition("<")[2].partition(">")[0]


def _size_option(rest: str) -> int:
    options = rest.partition(">")[2].upper().split()
    sizes = [option.removeprefix("SIZE=") for option in options if option.startswith("SIZE=")]
    return int(sizes[0]) if sizes and sizes[0].isdecimal() else 0
