"""What a request must pass before its functions run, in the gateway's order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from .companies import SimulatedCompany
from .fault_kinds import FAULT_KINDS, ErrorText
from .gateway_answers import Authentication
from .gateway_context import Caller, GatewayState
from .gateway_envelope import Envelope, Login
from .gateway_faults import ActiveFaults, error_texts, fill, kind_of
from .gateway_sessions import Session
from .scenario import Fault


class Refused(Exception):
    """The request ends before its functions. `stage` is "control", "short" or "authentication"."""

    def __init__(self, stage: str, errors: tuple[ErrorText, ...], *, status: int = 200, retry_after: str = "") -> None:
        super().__init__(errors[0].number)
        self.stage = stage
        self.errors = errors
        self.status = status
        self.retry_after = retry_after
        self.who = Authentication()


def refusal(kind: str, **words: str) -> Refused:
    """A refusal as the fault table words it."""
    row = FAULT_KINDS[kind]
    if row.error is None:
        raise ValueError(f"{kind} has no error text")
    return Refused(row.stage, (fill(row.error, words),), status=row.status)


@dataclass(frozen=True)
class Checks:
    """Looks at requests for one gateway. `companies` is keyed by the ID in lower case (casefold)."""

    companies: Mapping[str, SimulatedCompany]
    senders: Mapping[str, str]
    state: GatewayState

    def session_of(self, envelope: Envelope) -> Session | None:
        """The session a request names, expired or not."""
        return self.state.sessions.find(envelope.session_id) if envelope.session_id else None

    def company_id_of(self, envelope: Envelope) -> str:
        """The company a request is about, as far as it says; for matching faults and for the ledger."""
        if envelope.login:
            return envelope.login.target_company
        session = self.session_of(envelope)
        return session.company_id if session else ""

    def admit(self, envelope: Envelope, faults: ActiveFaults, *, now: datetime) -> Caller:
        """Raises Refused."""
        words = self._words(envelope)
        if faults.find("session_expired") and envelope.session_id:
            self.state.sessions.end(envelope.session_id, now)
        self._refuse_by_fault(faults.first("control"), words)
        checks = [self._check_sender, self._check_company]
        if self.state.options.check_order == "company-first":
            checks.reverse()
        for check in checks:
            check(envelope)
        self._refuse_by_fault(faults.first("short"), words)
        company = self.companies.get(self.company_id_of(envelope).casefold())
        if company is not None and company.state == "expired":
            raise refusal("company_expired", **words)
        try:
            return self._authenticate(envelope, company, faults=faults, now=now)
        except Refused as refused:
            if envelope.login:
                refused.who = Authentication(envelope.login.user_id, self.company_id_of(envelope))
            raise

    def _words(self, envelope: Envelope) -> dict[str, str]:
        user = envelope.login.user_id if envelope.login else ""
        company_id = self.company_id_of(envelope)
        return {"sender": envelope.sender_id, "company": company_id, "user": user, "session": envelope.session_id or ""}

    @staticmethod
    def _refuse_by_fault(fault: Fault | None, words: Mapping[str, str]) -> None:
        if fault:
            kind = kind_of(fault)
            status = fault.status or kind.status
            raise Refused(kind.stage, error_texts(fault, words), status=status, retry_after=fault.retry_after)

    def _check_sender(self, envelope: Envelope) -> None:
        if self.senders.get(envelope.sender_id) != envelope.sender_password:
            raise refusal("wrong_sender_password")
        if envelope.policy_id:
            raise refusal("invalid_policy", sender=envelope.policy_id)

    def _check_company(self, envelope: Envelope) -> None:
        if envelope.login is None:  # a session names its company by itself
            return
        for company_id in (envelope.login.signing_company, envelope.login.target_company):
            company = self.companies.get(company_id.casefold())
            if company is None or company.state == "unknown":
                raise refusal("invalid_request")

    def _authenticate(
        self, envelope: Envelope, company: SimulatedCompany | None, *, faults: ActiveFaults, now: datetime
    ) -> Caller:
        words = self._words(envelope)
        if company is None:
            raise refusal("invalid_session", **words)
        if company.state in ("suspended", "inactive"):
            raise refusal(f"company_{company.state}", **words)
        if envelope.sender_id not in company.senders:
            raise refusal("sender_not_authorised", **words)
        self._refuse_by_fault(faults.first("authentication"), words)
        if envelope.login:
            return self._sign_in(envelope, envelope.login, company=company, now=now)
        return self._resume(envelope, company, now=now)

    def _sign_in(self, envelope: Envelope, login: Login, *, company: SimulatedCompany, now: datetime) -> Caller:
        home = self.companies[login.signing_company.casefold()]
        slides_in = home is not company
        if home.users.get(login.user_id) != login.password or (slides_in and company.id not in home.clients):
            raise refusal("wrong_password", **self._words(envelope))
        return Caller(
            company=company,
            user_id=login.user_id,
            sender_id=envelope.sender_id,
            location_id=login.location_id,
            client_of=home.id if slides_in else "",
            started_at=now,
            expires_at=now + timedelta(minutes=company.session_minutes),
        )

    def _resume(self, envelope: Envelope, company: SimulatedCompany, *, now: datetime) -> Caller:
        session = self.session_of(envelope)
        foreign = session is None or session.sender_id != envelope.sender_id
        if session is None or foreign or session.expires_at <= now:
            raise refusal("invalid_session", **self._words(envelope))
        self.state.sessions.slide(session, now, minutes=company.session_minutes)
        return Caller(
            company=company,
            user_id=session.user_id,
            sender_id=envelope.sender_id,
            location_id=session.location_id,
            client_of=session.client_of,
            started_at=session.started_at,
            expires_at=session.expires_at,
            session=session,
        )
