"""Reads Intacct companies over the XML gateway: sessions, retries and checks inside, plain values outside.

A `GatewayClient` is shared by all threads; each company has a `CompanyConnection` of its own, with one request in
flight at a time. The only exception either raises is GatewayError (besides what `wait` raises).
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import UTC, datetime
from typing import TypedDict, TypeVar, Unpack

from lxml import etree

from intacct_usage.lib.outbound import OutboundError, OutboundErrorKind, OutboundPolicy, OutboundSession
from intacct_usage.lib.redaction import MASK, register_secret
from usage.gateway.endpoint import checked_endpoint
from usage.gateway.envelope import (
    CONTROL_ID_LENGTH,
    EnvelopeError,
    Login,
    Query,
    Sender,
    Session,
    build_request,
    lookup_function,
    open_session_function,
    query_function,
)
from usage.gateway.error_advice import ADVICE
from usage.gateway.errors import ErrorFamily, Failure, GatewayError, Level
from usage.gateway.filters import Condition, Filter, Order
from usage.gateway.objects import (
    MAX_PAGE_SIZE,
    REQUIRED_USAGE_FIELDS,
    Authentication,
    ObjectField,
    Page,
    SessionInfo,
)
from usage.gateway.responses import Answer, parse_answer, read_fields, read_page, unexpected
from usage.gateway.retries import RetryPolicy, retry_after_seconds

logger = logging.getLogger(__name__)

RENEWAL_MARGIN_SECONDS = 300
SMALLEST_PAGE = 50
MAX_ANSWER_BYTES = 64 * 1024 * 1024
REQUEST_HEADERS = {"Content-Type": "application/xml", "Accept": "text/xml, application/xml"}

Result = TypeVar("Result")

_FAMILY_OF_KIND = {
    OutboundErrorKind.DNS: ErrorFamily.UNREACHABLE,
    OutboundErrorKind.CONNECT: ErrorFamily.UNREACHABLE,
    OutboundErrorKind.TLS: ErrorFamily.TLS,
    OutboundErrorKind.TIMEOUT: ErrorFamily.TIMED_OUT,
    OutboundErrorKind.TOO_LARGE: ErrorFamily.TOO_LARGE,
    OutboundErrorKind.INCOMPLETE: ErrorFamily.INCOMPLETE,
    OutboundErrorKind.BLOCKED: ErrorFamily.BLOCKED,
    OutboundErrorKind.PROXY: ErrorFamily.PROXY,
    OutboundErrorKind.PROXY_AUTH: ErrorFamily.PROXY_SIGN_IN,
    OutboundErrorKind.PROTOCOL: ErrorFamily.UNREADABLE_ANSWER,
}


class QueryOptions(TypedDict, total=False):
    """The optional parts of a query. `page_size` is 1 to 2,000 rows, and 2,000 if left out."""

    filters: Filter | None
    order_by: Sequence[Order | str]
    page_size: int
    offset: int


@dataclass(frozen=True)
class GatewayClient:
    """The sender's way to the gateway: address, sender ID, limits. Safe for many threads.

    Raises GatewayError (endpoint_refused) for an address that may not be sent a password.
    """

    outbound: OutboundSession
    _: KW_ONLY
    endpoint_url: str
    sender_id: str
    sender_password: str = field(repr=False)
    policy: OutboundPolicy
    pauses: RetryPolicy = field(default_factory=RetryPolicy)
    query_deadline_seconds: float = 120
    sign_in_deadline_seconds: float = 60
    max_answer_bytes: int = MAX_ANSWER_BYTES

    def __post_init__(self) -> None:
        checked_endpoint(self.endpoint_url, self.policy)
        register_secret(self.sender_password)

    @property
    def sender(self) -> Sender:
        return Sender(self.sender_id, self.sender_password)

    def send(self, url: str, body: bytes, *, deadline_seconds: float) -> Answer:
        """Send one request, once, and return a successful answer."""
        try:
            response = self.outbound.post(
                url,
                data=body,
                headers=REQUEST_HEADERS,
                deadline_seconds=deadline_seconds,
                max_bytes=self.max_answer_bytes,
            )
        except OutboundError as error:
            raise GatewayError(_FAMILY_OF_KIND[error.kind], Failure(Level.NETWORK, text=error.message)) from None
        try:
            return parse_answer(response.body, http_status=response.status)
        except GatewayError as error:
            error.retry_after_seconds = retry_after_seconds(response.headers.get("Retry-After"))
            raise


@dataclass(eq=False)
class CompanyConnection:
    """One company, read by one user. Signs in when first needed and keeps the session; one request in flight.

    `wait(seconds)` is called for every pause and may raise to give up. `control_ids` holds the document and function
    control IDs of all requests sent, to recognise the usage records they cause. After the last try the GatewayError
    of the last failure is raised, with its company and number of attempts.
    """

    client: GatewayClient
    _: KW_ONLY
    company_id: str
    user_id: str
    user_password: str = field(repr=False)
    control_id_prefix: str
    wait: Callable[[float], None] = field(repr=False)
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)
    requests_sent: int = field(default=0, init=False)
    control_ids: set[str] = field(default_factory=set, init=False, repr=False)
    last_authentication: Authentication | None = field(default=None, init=False)
    unreadable_fields: frozenset[str] = field(default=frozenset(), init=False)
    _session: SessionInfo | None = field(default=None, init=False, repr=False)
    _renew_at: float = field(default=0, init=False, repr=False)
    _page_limit: int = field(default=MAX_PAGE_SIZE, init=False, repr=False)
    _page_asked: int = field(default=MAX_PAGE_SIZE, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        register_secret(self.user_password)

    def sign_in(self) -> SessionInfo:
        """Open a new session, whether or not one is open; proves sender, user and company."""
        with self._lock:
            return self._open_session()

    def lookup(self, object_name: str) -> list[ObjectField]:
        """Return the fields that the company's version of an object has."""
        with self._lock:
            answer = self._call(lambda: lookup_function(object_name))
            return self._named(lambda: read_fields(answer))

    def query(self, object_name: str, fields: Sequence[str], **options: Unpack[QueryOptions]) -> Page:
        """Return one page. It may hold fewer rows than asked for: go on from `offset + count` while rows remain.

        Optional fields the user may not read are left out once they were refused (see `unreadable_fields`), whether an
        answer names all of them or one at a time.
        """
        query = Query(object_name, fields, **options)
        with self._lock:
            while True:
                try:
                    return self._query_page(query)
                except GatewayError as error:
                    if not self._leave_out(error, query):
                        raise

    def _query_page(self, query: Query) -> Page:
        readable = [name for name in query.fields if name.upper() not in self.unreadable_fields]

        def function() -> etree._Element:
            self._page_asked = min(query.page_size, self._page_limit)
            return query_function(replace(query, fields=readable, page_size=self._page_asked))

        answer = self._call(function)
        return self._named(lambda: read_page(answer, object_name=query.object_name, offset=query.offset))

    def _leave_out(self, error: GatewayError, query: Query) -> bool:
        """Remember the fields Intacct refused to read; False if it names no new one or the query cannot do without."""
        refused = frozenset(error.unreadable_fields) - self.unreadable_fields
        if error.family is not ErrorFamily.FIELDS or not refused & {name.upper() for name in query.fields}:
            return False
        if refused & (REQUIRED_USAGE_FIELDS | _fields_needed(query)):
            return False
        self.unreadable_fields |= refused
        logger.warning("[%s] Fields not readable, left out: %s", self.company_id, ", ".join(sorted(refused)))
        return True

    def _call(self, function: Callable[[], etree._Element]) -> Answer:
        """Send a function within the session; if the session is refused, once more within a new one."""
        session = self._usable_session()
        try:
            return self._call_within(session, function)
        except GatewayError as error:
            if error.family is not ErrorFamily.SESSION:
                raise
        logger.info("[%s] Session ended, signing in again", self.company_id)
        return self._call_within(self._open_session(), function)

    def _call_within(self, session: SessionInfo, function: Callable[[], etree._Element]) -> Answer:
        def send() -> Answer:
            try:
                return self._exchange(function, Session(session.session_id), session.endpoint_url)
            except GatewayError as error:
                error.text = error.text.replace(session.session_id, MASK)
                if error.family is ErrorFamily.CDN_TIMEOUT:
                    self._page_limit = max(SMALLEST_PAGE, self._page_asked // 2)
                raise

        answer = self._with_retries(send)
        self._note_session_end(answer.authentication)
        return answer

    def _usable_session(self) -> SessionInfo:
        if self._session is None or self.clock() >= self._renew_at:
            return self._open_session()
        return self._session

    def _open_session(self) -> SessionInfo:
        self._session = None
        login = Login(self.user_id, self.company_id, self.user_password)
        answer = self._with_retries(lambda: self._exchange(open_session_function, login, self.client.endpoint_url))
        self._session = self._named(lambda: self._read_session(answer))
        self._renew_at = float("inf")
        self._note_session_end(answer.authentication)
        return self._session

    def _read_session(self, answer: Answer) -> SessionInfo:
        api = None if answer.data is None else answer.data.find("api")
        session_id = "" if api is None else (api.findtext("sessionid") or "").strip()
        if api is None or not session_id:
            raise unexpected("The sign-in succeeded but gave no session.")
        named = (api.findtext("endpoint") or "").strip() or self.client.endpoint_url
        return SessionInfo(session_id, checked_endpoint(named, self.client.policy), answer.authentication)

    def _note_session_end(self, authentication: Authentication) -> None:
        """Each call moves the end of the session; renew five minutes before it, or half-way through a short one."""
        if authentication.session_timeout is None:
            return
        start = authentication.session_timestamp or datetime.now(UTC)
        lifetime = (authentication.session_timeout - start).total_seconds()
        self._renew_at = self.clock() + lifetime - min(RENEWAL_MARGIN_SECONDS, lifetime / 2)

    def _exchange(self, function: Callable[[], etree._Element], authentication: Login | Session, url: str) -> Answer:
        """One request and its answer, which must belong to this request and this company."""
        control_id = f"{self.control_id_prefix[: CONTROL_ID_LENGTH - 33]}-{uuid.uuid4().hex}"
        function_id = uuid.uuid4().hex
        try:
            body = build_request(
                function(),
                sender=self.client.sender,
                authentication=authentication,
                control_id=control_id,
                function_id=function_id,
            )
        except EnvelopeError as error:
            raise GatewayError(
                ErrorFamily.INVALID_VALUE, Failure(Level.HTTP, text=str(error), own_words=True)
            ) from None
        self.control_ids |= {control_id, function_id}
        self.requests_sent += 1
        signing_in = isinstance(authentication, Login)
        seconds = self.client.sign_in_deadline_seconds if signing_in else self.client.query_deadline_seconds
        answer = self.client.send(url, body, deadline_seconds=seconds)
        if answer.control_id not in ("", control_id) or answer.function_id not in ("", function_id):
            raise unexpected("The answer belongs to another request.")
        if not _is_company(self.company_id, answer.authentication):
            text = f"The answer is that of “{answer.authentication.company_id}”."
            raise GatewayError(ErrorFamily.WRONG_COMPANY, Failure(Level.AUTHENTICATION, text=text, own_words=True))
        self.last_authentication = answer.authentication
        return answer

    def _with_retries(self, send: Callable[[], Result]) -> Result:
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._named(send)
            except GatewayError as error:
                error.attempts = attempt
                pause = self.client.pauses.pause_seconds(error, attempt=attempt)
                if pause is None:
                    raise
                label = ADVICE[error.family].label
                logger.warning("[%s] %s, waiting %.0f s before try %d", self.company_id, label, pause, attempt + 1)
            self.wait(pause)

    def _named(self, work: Callable[[], Result]) -> Result:
        """Put the company into every error raised by the work."""
        try:
            return work()
        except GatewayError as error:
            error.company_id = self.company_id
            raise


def _fields_needed(query: Query) -> frozenset[str]:
    """The fields a query sorts and filters by."""
    sorted_by = {item if isinstance(item, str) else item.field for item in query.order_by}
    return frozenset(name.upper() for name in sorted_by | set(_fields_filtered(query.filters)))


def _fields_filtered(condition: Filter | None) -> list[str]:
    if condition is None:
        return []
    if isinstance(condition, Condition):
        return [condition.field]
    return [name for member in condition.members for name in _fields_filtered(member)]


def _is_company(asked: str, authentication: Authentication) -> bool:
    """True if the answer names the company asked for, in any case; for `console|client` the client must be named."""
    parts = [part.strip() for part in asked.lower().split("|")]
    answered = [part.strip() for part in authentication.company_id.lower().split("|")]
    if len(parts) == 1 or len(answered) > 1:
        return answered[:2] == parts[:2]
    if answered == parts[1:2]:
        return True
    return answered == parts[:1] and authentication.client_id.strip().lower() == parts[1]
