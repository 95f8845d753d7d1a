"""Sends mail by Microsoft Graph with nothing but the application permission Mail.Send."""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit

import msal

from intacct_usage.lib.outbound import (
    OutboundError,
    OutboundErrorKind,
    OutboundPolicy,
    OutboundResponse,
    OutboundSession,
    ProxySettings,
    open_connection,
)
from intacct_usage.lib.outbound_msal import MsalHttpClient, MsalResponse
from intacct_usage.lib.redaction import redact
from notifications.configuration_checks import GUID, TENANT_DOMAIN
from notifications.recipients import clean_header_text
from notifications.transports.base import (
    STAGE_SECONDS,
    DeliveryError,
    FailureDetails,
    PreparedMail,
    Receipt,
    Stage,
    handover_seconds,
)
from notifications.transports.graph_hints import (
    FINAL_SIGN_IN_ERRORS,
    NOT_BEGUN_CODES,
    TOO_LARGE_CODES,
    shown_description,
    sign_in_hint,
    stage_and_hint,
)
from notifications.transports.graph_message import estimated_size, request_body

REQUEST_LIMIT_BYTES = 3_900_000
"""Graph takes 4 MB per request; larger mails would need drafts and with them the permission Mail.ReadWrite."""

ANSWER_LIMIT_BYTES = 1024 * 1024
SHOWN_WORDS = 500
REQUEST_ID_LENGTH = 100
FINAL_STATUSES = {400, 401, 403, 404, 405, 413}
NOTHING_WAS_SENT = {
    OutboundErrorKind.DNS: Stage.DNS,
    OutboundErrorKind.BLOCKED: Stage.CONNECT,
    OutboundErrorKind.CONNECT: Stage.CONNECT,
    OutboundErrorKind.TLS: Stage.TLS,
    OutboundErrorKind.PROXY: Stage.PROXY,
    OutboundErrorKind.PROXY_AUTH: Stage.PROXY,
}


@dataclass(frozen=True)
class GraphAccount:
    """The registered app and the mailbox to send from. The two addresses are settings, without a slash at the end."""

    tenant_id: str
    client_id: str
    mailbox: str
    login_url: str
    base_url: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True)
class GraphTransport:
    """Sends for one account. `proxy` None connects directly."""

    account: GraphAccount
    policy: OutboundPolicy
    proxy: ProxySettings | None = None
    stage_seconds: float = STAGE_SECONDS

    def open(self) -> AbstractContextManager["GraphSession"]:
        return self._opened()

    @contextmanager
    def _opened(self) -> Iterator["GraphSession"]:
        if not GUID.fullmatch(self.account.tenant_id) and not TENANT_DOMAIN.fullmatch(self.account.tenant_id):
            raise DeliveryError(Stage.PREPARE, "The tenant ID is neither a GUID nor a domain.", permanent=True)
        with self._session() as session:
            opened = GraphSession(self.account, session, self.stage_seconds)
            opened.sign_in()
            self._try_connection()
            yield opened

    def _session(self) -> OutboundSession:
        try:
            return OutboundSession(self.policy, self.proxy, pool_size=2)
        except OutboundError as error:  # EXTRA_CA_FILE holds no certificates
            raise _connection_failure(Stage.PREPARE, error) from None

    def _try_connection(self) -> None:
        """Connect once without sending, so that a later time-out can only mean that something was under way."""
        parts = urlsplit(self.account.base_url)
        try:
            open_connection(
                parts.hostname or "",
                parts.port or 443,
                policy=self.policy,
                proxy=self.proxy,
                timeout_seconds=self.stage_seconds,
            ).close()
        except OutboundError as error:
            raise _connection_failure(Stage.CONNECT, error) from None


class GraphSession:
    """A sign-in that is good for several messages."""

    size_limit_bytes = REQUEST_LIMIT_BYTES

    def __init__(self, account: GraphAccount, session: OutboundSession, stage_seconds: float) -> None:
        self._account = account
        self._session = session
        self._stage_seconds = stage_seconds
        self._client = _RememberingClient(session, deadline_seconds=stage_seconds)
        self._app: msal.ConfidentialClientApplication | None = None

    def encoded_size(self, mail: PreparedMail) -> int:
        return estimated_size(mail)

    def sign_in(self) -> str:
        """An access token, from msal's own memory while it is good. Raises DeliveryError of the stage *token*."""
        try:
            if self._app is None:
                self._app = self._make_app()
            scope = f"{self._account.base_url}/.default"
            result = self._app.acquire_token_for_client(scopes=[scope])
        except OutboundError as error:
            raise _connection_failure(Stage.TOKEN, error) from None
        except (msal.exceptions.MsalError, ValueError, RuntimeError, KeyError, TypeError):
            # msal's ways of saying that an answer was not what it hoped for; the answer itself says more
            raise _sign_in_refusal(self._client.last_answer) from None
        if isinstance(result, dict) and "access_token" in result:
            return str(result["access_token"])
        raise _sign_in_refusal(result)

    def send(self, mail: PreparedMail, before_handover: Callable[[], None]) -> Receipt:
        """See MailSession. A refused token is replaced once."""
        body = request_body(mail)
        if len(body) > self.size_limit_bytes:
            problem = f"The request has {len(body):,} bytes, Microsoft Graph takes {self.size_limit_bytes:,}."
            raise DeliveryError(Stage.PREPARE, problem, permanent=True, details=FailureDetails(too_large=True))
        token = self.sign_in()
        before_handover()
        answer = self._post(body, token)
        if answer.status == 401 and self._app is not None:
            self._app.remove_tokens_for_client()
            answer = self._post(body, self.sign_in())
        if answer.status != 202:
            raise _send_refusal(answer)
        return Receipt(tuple(mail.recipients.addresses), {}, "202 Accepted", len(body), _request_id(answer))

    def _make_app(self) -> msal.ConfidentialClientApplication:
        """Asks the sign-in service about the tenant at once."""
        account = self._account
        return msal.ConfidentialClientApplication(
            account.client_id,
            client_credential=account.client_secret,
            authority=f"{account.login_url}/{account.tenant_id}",
            instance_discovery=False,
            http_client=self._client,
        )

    def _post(self, body: bytes, token: str) -> OutboundResponse:
        url = f"{self._account.base_url}/v1.0/users/{quote(self._account.mailbox, safe='@')}/sendMail"
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "client-request-id": str(uuid.uuid4()),
        }
        seconds = handover_seconds(len(body)) - STAGE_SECONDS + self._stage_seconds
        try:
            return self._session.post(
                url, data=body, headers=headers, deadline_seconds=seconds, max_bytes=ANSWER_LIMIT_BYTES
            )
        except OutboundError as error:
            if error.kind in NOTHING_WAS_SENT:
                raise _connection_failure(Stage.SEND, error) from None
            problem = f"{error.message} The message had been handed over, so it may have been accepted."
            raise DeliveryError(Stage.SEND, problem, nothing_accepted=False) from None


class _RememberingClient(MsalHttpClient):
    """Keeps the last answer, because msal's exceptions leave out what Microsoft said."""

    last_answer: object = None

    def get(self, url: str, **options: Any) -> MsalResponse:  # Any: whatever msal passes
        return self._remember(super().get(url, **options))

    def post(self, url: str, **options: Any) -> MsalResponse:  # Any: whatever msal passes
        return self._remember(super().post(url, **options))

    def _remember(self, answer: MsalResponse) -> MsalResponse:
        try:
            self.last_answer = answer.json()
        except ValueError:
            self.last_answer = None
        return answer


def _connection_failure(stage: Stage, error: OutboundError) -> DeliveryError:
    permanent = error.kind is OutboundErrorKind.BLOCKED
    return DeliveryError(NOTHING_WAS_SENT.get(error.kind, stage), error.message, permanent=permanent)


def _sign_in_refusal(result: object) -> DeliveryError:
    if not isinstance(result, dict) or "error" not in result:
        return DeliveryError(Stage.TOKEN, "The sign-in service gave an answer that could not be understood.")
    description = _shown(shown_description(str(result.get("error_description") or result["error"])))
    details = FailureDetails(server_words=description, hint=sign_in_hint(description))
    permanent = result.get("error") in FINAL_SIGN_IN_ERRORS
    return DeliveryError(Stage.TOKEN, "Microsoft refused the sign-in of the app.", permanent=permanent, details=details)


def _send_refusal(answer: OutboundResponse) -> DeliveryError:
    """An answer other than 202.

    A fault of the service leaves open whether the message went out before, unless Graph says in its own words that it
    did not begin: mails were seen to arrive after a 500 or a 504.
    """
    code, words = _graph_error(answer)
    stage, hint = stage_and_hint(answer.status, code)
    details = FailureDetails(
        server_words=_shown(f"{answer.status} {code}: {words}" if code else str(answer.status)),
        hint=hint,
        too_large=answer.status == 413 or code in TOO_LARGE_CODES,
        retry_after_seconds=retry_after_seconds(answer.headers.get("retry-after", ""), datetime.now(UTC)),
        provider_id=_request_id(answer),
    )
    in_doubt = answer.status < 400 or (answer.status >= 500 and code not in NOT_BEGUN_CODES)
    problem = "Microsoft Graph refused the message."
    if in_doubt:
        problem = "Microsoft Graph gave no clear answer, so the message may have been accepted."
    permanent = answer.status in FINAL_STATUSES
    return DeliveryError(stage, problem, permanent=permanent, nothing_accepted=not in_doubt, details=details)


def _request_id(answer: OutboundResponse) -> str:
    return clean_header_text(answer.headers.get("request-id", ""), limit=REQUEST_ID_LENGTH)


def _graph_error(answer: OutboundResponse) -> tuple[str, str]:
    """Code and message of Graph's error object; two empty texts if the answer holds none."""
    try:
        error = json.loads(answer.text)["error"]
        return str(error["code"]), str(error.get("message", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return "", ""


def retry_after_seconds(value: str, now: datetime) -> float | None:
    """A Retry-After header, in seconds or as a date; None if there is none that makes sense."""
    if value.strip().isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now.timestamp())


def _shown(words: str) -> str:
    return clean_header_text(redact(words), limit=SHOWN_WORDS)
