"""A stand-in for Microsoft sign-in and Microsoft Graph: gives tokens and takes mail by sendMail, over HTTPS.

One server plays both hosts, so `GRAPH_LOGIN_URL` and `GRAPH_BASE_URL` are the same address. The application it knows
has the permission Mail.Send and no other: drafts and upload sessions are refused as they would be.
"""

import re
import threading
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from intacct_usage.simulator.certificates import CertificateFiles
from intacct_usage.simulator.graph_faults import (
    ANSWERS_NOTHING_TAKEN,
    ANSWERS_TAKEN,
    SEND_REFUSALS,
    TOKEN_ANSWERS,
    GraphFault,
    GraphRefusalError,
    Refusal,
)
from intacct_usage.simulator.graph_mail import GraphMail, take_mail
from intacct_usage.simulator.graph_sign_in import NO_ID, Application, SignInDesk
from intacct_usage.simulator.injected_faults import InjectedFaults
from intacct_usage.simulator.listening import Ledger
from intacct_usage.simulator.web import Ending, Json, WebAnswer, WebListener, WebRequest, json_answer

DISCOVERY = re.compile(r"/([^/]+)/v2\.0/\.well-known/openid-configuration")
TOKEN = re.compile(r"/([^/]+)/oauth2/v2\.0/token")
SEND = re.compile(r"/v1\.0/users/([^/]+)/sendMail", re.IGNORECASE)
DRAFTS = re.compile(r"/v1\.0/users/([^/]+)/(messages|mailFolders)(/.*)?", re.IGNORECASE)

REQUEST_LIMIT_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class GraphCall:
    """One request as the ledger keeps it.

    `kind` is discovery, token, send or other; `status` 0 means no answer; `code` is Graph's or begins with AADSTS.
    """

    at: datetime
    kind: str
    method: str
    path: str
    status: int
    code: str
    body_bytes: int
    fault: GraphFault | None
    mail_number: int | None


@dataclass(frozen=True)
class _Injected:
    fault: GraphFault
    retry_after: str


@dataclass(frozen=True)
class _Outcome:
    answer: WebAnswer
    code: str = ""
    fault: GraphFault | None = None
    mail: GraphMail | None = None


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(eq=False)
class GraphStandIn:
    """Listens between `start` and `stop`. `mailboxes` exist and may be sent from; any other is unknown.

    Mails are kept in `folder` as `<number>-graph.json`, attachments decoded beside them. More than `concurrency`
    requests at once are refused with 429. `clock` rules the expiry of tokens.
    """

    application: Application
    folder: Path
    _: KW_ONLY
    tls: CertificateFiles
    mailboxes: frozenset[str]
    token_seconds: int = 3599
    request_limit_bytes: int = REQUEST_LIMIT_BYTES
    concurrency: int = 4
    latency_seconds: float = 0.0
    host: str = "127.0.0.1"
    port: int = 0
    clock: Callable[[], datetime] = _utc_now
    ledger: Ledger[GraphCall] = field(default_factory=Ledger, init=False)

    def __post_init__(self) -> None:
        self._desk = SignInDesk(self.application, token_seconds=self.token_seconds, clock=lambda: self.clock())
        self._mails: Ledger[GraphMail] = Ledger()
        self._faults: InjectedFaults[_Injected] = InjectedFaults()
        self._lock = threading.Lock()
        self._sending = 0
        self._number = 0
        self._listener = _GraphListener(self)

    def start(self) -> Self:
        self._number = max([self._number, *(int(path.name[:6]) for path in self.folder.glob("[0-9]*-graph.json"))])
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
    def url(self) -> str:
        """For both `GRAPH_BASE_URL` and `GRAPH_LOGIN_URL`."""
        return self._listener.url

    @property
    def address(self) -> str:
        """`host:port`."""
        return self._listener.address

    def mails(self) -> tuple[GraphMail, ...]:
        """What was taken since this stand-in was made, told or untold."""
        return self._mails.entries()

    def inject(self, fault: GraphFault, *, times: int | None = 1, retry_after: str = "") -> None:
        """Let the next `times` requests (None: all) of the fault's kind fail; `retry_after`: seconds or a date."""
        self._faults.inject(_Injected(fault, retry_after), times=times)

    def clear_faults(self) -> None:
        self._faults.clear()

    def revoke_tokens(self) -> None:
        """Every token given out so far answers 401 from now on."""
        self._desk.revoke_all()

    def answer(self, request: WebRequest) -> WebAnswer:
        """Answer one request and note it in the ledger."""
        kind, outcome = self._dispatch(request)
        number = outcome.mail.number if outcome.mail else None
        self.ledger.add(
            GraphCall(
                self.clock(),
                kind,
                request.method,
                request.path,
                0 if outcome.answer.ending is Ending.RESET_UNANSWERED else outcome.answer.status,
                outcome.code,
                request.body_bytes,
                outcome.fault,
                number,
            )
        )
        if outcome.fault in (GraphFault.TOKEN_NEVER, GraphFault.NEVER, GraphFault.TAKEN_THEN_NEVER):
            self._listener.stopping.wait()
        return outcome.answer

    def _dispatch(self, request: WebRequest) -> tuple[str, _Outcome]:
        if match := DISCOVERY.fullmatch(request.path):
            answer = self._desk.discovery(match[1], self.url)
            return "discovery", _Outcome(answer, "" if answer.status == 200 else "AADSTS90002")
        if match := TOKEN.fullmatch(request.path):
            return "token", self._token(match[1], request)
        if match := SEND.fullmatch(request.path):
            return "send", self._send_within_limits(match[1], request)
        if DRAFTS.fullmatch(request.path):
            refusal = self._unauthorised(request) or SEND_REFUSALS[GraphFault.ACCESS_DENIED]
            return "other", _refused(refusal)
        return "other", _refused(Refusal(400, "BadRequest", f"Resource not found for '{request.path}'."))

    def _token(self, tenant: str, request: WebRequest) -> _Outcome:
        injected = self._faults.take(lambda waiting: waiting.fault in TOKEN_ANSWERS)
        if injected is not None:
            return _Outcome(TOKEN_ANSWERS[injected.fault], fault=injected.fault)
        answer = self._desk.token(tenant, request)
        found = re.search(rb"AADSTS\d+", answer.body) if isinstance(answer.body, bytes) else None
        return _Outcome(answer, found[0].decode() if found else "")

    def _send_within_limits(self, mailbox: str, request: WebRequest) -> _Outcome:
        with self._lock:
            self._sending += 1
            too_many = self._sending > self.concurrency
        try:
            if too_many:
                text = "Application is over its MailboxConcurrency limit."
                return _refused(Refusal(429, "ApplicationThrottled", text), retry_after="1")
            if self.latency_seconds:
                self._listener.stopping.wait(self.latency_seconds)
            return self._send(mailbox, request)
        finally:
            with self._lock:
                self._sending -= 1

    def _send(self, mailbox: str, request: WebRequest) -> _Outcome:
        refusal = self._unauthorised(request)
        if refusal is not None:
            return _refused(refusal)
        injected = self._faults.take(lambda waiting: waiting.fault not in TOKEN_ANSWERS)
        fault = injected.fault if injected else None
        if injected is not None and injected.fault in SEND_REFUSALS:
            return _refused(SEND_REFUSALS[injected.fault], injected.fault, retry_after=injected.retry_after)
        if fault in ANSWERS_NOTHING_TAKEN:
            return _Outcome(ANSWERS_NOTHING_TAKEN[fault], fault=fault)
        try:
            mail = self._take(mailbox, request)
        except GraphRefusalError as error:
            return _refused(error.refusal)
        return _Outcome(ANSWERS_TAKEN.get(fault, WebAnswer(202)), fault=fault, mail=mail)

    def _unauthorised(self, request: WebRequest) -> Refusal | None:
        scheme, _, token = str(request.headers.get("Authorization", "")).partition(" ")
        issued = self._desk.find(token.strip()) if scheme.casefold() == "bearer" else None
        if issued is None:
            return Refusal(401, "InvalidAuthenticationToken", "Access token validation failure.")
        if issued.expires_at <= self.clock():
            text = "Lifetime validation failed, the token is expired."
            return Refusal(401, "InvalidAuthenticationToken", text)
        return None if "Mail.Send" in issued.permissions else SEND_REFUSALS[GraphFault.ACCESS_DENIED]

    def _take(self, mailbox: str, request: WebRequest) -> GraphMail:
        if request.method != "POST":
            raise GraphRefusalError(Refusal(405, "Request_BadRequest", "The HTTP method is not allowed."))
        if request.body_bytes > self.request_limit_bytes:
            raise GraphRefusalError(SEND_REFUSALS[GraphFault.TOO_LARGE])
        if not str(request.headers.get("Content-Type", "")).startswith("application/json"):
            raise GraphRefusalError(Refusal(501, "NotImplemented", "This stand-in takes mail as JSON, not as MIME."))
        if mailbox.casefold() not in {known.casefold() for known in self.mailboxes}:
            raise GraphRefusalError(SEND_REFUSALS[GraphFault.INVALID_USER])
        with self._lock:
            number = self._number + 1
            path = self.folder / f"{number:06d}-graph.json"
            mail = take_mail(request.body, mailbox, path=path, number=number)
            self._number = number
        self._mails.add(mail)
        return mail


class _GraphListener(WebListener):
    def __init__(self, stand_in: GraphStandIn) -> None:
        super().__init__(host=stand_in.host, port=stand_in.port, tls=stand_in.tls.server_context())
        self._stand_in = stand_in

    def answer(self, request: WebRequest) -> WebAnswer:
        return self._stand_in.answer(request)


def _refused(refusal: Refusal, fault: GraphFault | None = None, *, retry_after: str = "") -> _Outcome:
    """Graph's error object for a refusal."""
    inner: dict[str, Json] = {"date": "2026-01-01T00:00:00", "request-id": NO_ID, "client-request-id": NO_ID}
    headers = {"request-id": NO_ID} | ({"Retry-After": retry_after} if retry_after else {})
    error: dict[str, Json] = {"code": refusal.code, "message": refusal.message, "innerError": inner}
    return _Outcome(json_answer({"error": error}, refusal.status, headers), refusal.code, fault)
