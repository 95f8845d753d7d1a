"""What a function of the gateway is given to work with, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .companies import SimulatedCompany
from .fault_kinds import FAULT_KINDS, ErrorText
from .gateway_answers import attribute
from .gateway_envelope import Envelope
from .gateway_faults import ActiveFaults, fill
from .gateway_filters import Columns
from .gateway_sessions import Session, SessionStore, SnapshotStore
from .gateway_source import TableSource
from .gateway_tables import FIELDS, Quirks, columns_of, visible_fields
from .scenario import GatewayOptions


class FunctionFailure(Exception):
    """A function cannot be done; becomes a failed result. The first error is the cause."""

    def __init__(self, *errors: ErrorText) -> None:
        super().__init__(errors[0].number)
        self.errors = errors


@dataclass(frozen=True)
class Outcome:
    """`data` is the whole `<data>` element; `rows` and `total` go to the ledger. `raw` replaces the whole answer."""

    data: str
    rows: int = 0
    total: int = 0
    raw: tuple[str, str] | None = None


@dataclass(frozen=True)
class Caller:
    """Who is signed in to which company. `client_of` is the console the user came from, or empty."""

    company: SimulatedCompany
    user_id: str
    sender_id: str
    location_id: str
    client_of: str
    started_at: datetime
    expires_at: datetime
    session: Session | None = None


@dataclass(frozen=True)
class GatewayState:
    """What outlives a request. `endpoints` are the addresses by name ("own", "pod")."""

    options: GatewayOptions
    sessions: SessionStore
    snapshots: SnapshotStore
    endpoints: dict[str, str] = field(default_factory=dict)

    @property
    def text_order(self) -> bool:
        return self.options.record_number_order == "text"

    @property
    def result_life(self) -> timedelta:
        return timedelta(minutes=self.options.result_minutes)


@dataclass(frozen=True)
class Context:
    """One function call: who asks, when, under which faults. `sequence` numbers the requests of the gateway."""

    state: GatewayState
    caller: Caller
    envelope: Envelope
    faults: ActiveFaults
    now: datetime
    sequence: int

    def source(self, object_name: str) -> TableSource:
        """The rows of an object the caller may read. Raises FunctionFailure."""
        company = self.caller.company
        if object_name not in FIELDS or not company.has_usage_object:
            raise failure("object_not_found", object=object_name)
        if not company.may_read_usage(self.caller.user_id):
            raise failure("no_permission", object=object_name)
        return TableSource(company, object_name, self.now)

    def quirks(self) -> Quirks:
        """How rows look in this answer."""
        company = self.caller.company
        left_out = self.faults.find("missing_fields")
        replaced = {}
        if self.faults.find("bad_number"):
            replaced["N_TRANS"] = "1,234.5x"
        if self.faults.find("bad_date"):
            replaced |= {"CREATED_DATE": "31/31/2026", "CREATED_TIME": "yesterday"}
        return Quirks(
            lower_case_rows=company.lower_case_rows or self.faults.find("lower_case_rows") is not None,
            iso_dates=company.iso_dates or self.faults.find("iso_dates") is not None,
            left_out=frozenset(left_out.fields) if left_out else frozenset(),
            record_url=company.record_url or self.faults.find("record_url") is not None,
            replaced=replaced,
        )

    def columns(self, object_name: str) -> Columns:
        return columns_of(self.caller.company, object_name, quirks=self.quirks(), text_order=self.state.text_order)

    def fields(self, object_name: str) -> list[tuple[str, str, str, str]]:
        """The fields of an object as this company has them."""
        return visible_fields(self.caller.company, object_name, quirks=self.quirks())


def failure(kind: str, **words: str) -> FunctionFailure:
    """The failure a row of the fault table describes, with its placeholders filled."""
    error = FAULT_KINDS[kind].error
    if error is None:
        raise ValueError(f"{kind} has no error text")
    return FunctionFailure(fill(error, words))


def data_element(attributes: dict[str, object], inner: str) -> str:
    """`<data>` with its attributes in this order."""
    head = "".join(attribute(name, value) for name, value in attributes.items())
    return f"<data{head}>{inner}</data>" if inner else f"<data{head}/>"
