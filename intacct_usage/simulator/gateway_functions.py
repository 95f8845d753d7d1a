"""The functions the gateway knows: for each a parser (what the schema refuses) and a runner (what it answers)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from lxml import etree

from .fault_kinds import PROCESSING_FAILED, ErrorText
from .gateway_answers import attribute, element
from .gateway_context import Context, FunctionFailure, Outcome, data_element, failure
from .gateway_envelope import FunctionElement, MalformedRequest, children, text_of
from .gateway_legacy import MoreRequest, ReadRequest, parse_read_by_query, parse_read_more, run_read, run_read_more
from .gateway_query import QueryRequest, parse_query
from .gateway_query_answer import run_query
from .gateway_sessions import Session
from .gateway_tables import FIELDS, LABELS


@dataclass(frozen=True)
class SessionRequest:
    location_id: str


@dataclass(frozen=True)
class ObjectRequest:
    """`lookup` and `inspect`; the object "*" asks for the list of objects."""

    object_name: str
    detail: bool = False


@dataclass(frozen=True)
class PermissionsRequest:
    user_id: str


Request = QueryRequest | ReadRequest | MoreRequest | SessionRequest | ObjectRequest | PermissionsRequest


@dataclass(frozen=True)
class ParsedFunction:
    name: str
    control_id: str
    request: Request

    @property
    def object_name(self) -> str:
        return getattr(self.request, "object_name", "")


def parse_function(function: FunctionElement) -> ParsedFunction:
    """Raises MalformedRequest for a function that is unknown or does not match its schema."""
    parse = _PARSERS.get(function.name)
    if parse is None:
        raise MalformedRequest("schema_error", f"{function.name} is not a function.")
    return ParsedFunction(function.name, function.control_id, parse(function.element))


def run_function(context: Context, function: ParsedFunction) -> Outcome:
    """Raises FunctionFailure."""
    request = function.request
    if isinstance(request, QueryRequest):
        return run_query(context, request)
    if isinstance(request, ReadRequest):
        return run_read(context, request)
    if isinstance(request, MoreRequest):
        return run_read_more(context, request)
    if isinstance(request, SessionRequest):
        return _run_session(context, request)
    if isinstance(request, PermissionsRequest):
        return _run_permissions(context, request)
    return _run_lookup(context, request) if function.name == "lookup" else _run_inspect(context, request)


# --- getAPISession


def _parse_session(node: etree._Element) -> SessionRequest:
    inner = children(node)
    if [child.tag for child in inner] not in ([], ["locationid"]):
        raise MalformedRequest("schema_error", "getAPISession may hold one locationid only.")
    return SessionRequest(text_of(inner[0]) if inner else "")


def wire_instant(moment: datetime) -> str:
    """ISO 8601 with offset, to the second."""
    return moment.astimezone(UTC).replace(microsecond=0).isoformat()


def _run_session(context: Context, request: SessionRequest) -> Outcome:
    if len(context.envelope.functions) != 1:
        raise FunctionFailure(ErrorText("XL03000009", PROCESSING_FAILED, "getAPISession must be the only function."))
    caller = context.caller

    def make(session_id: str) -> Session:
        return Session(
            session_id=session_id,
            company_id=caller.company.id,
            user_id=caller.user_id,
            sender_id=caller.sender_id,
            location_id=request.location_id,
            client_of=caller.client_of,
            started_at=context.now,
            expires_at=context.now + timedelta(minutes=caller.company.session_minutes),
        )

    session = context.state.sessions.open(make)
    parts = element("sessionid", session.session_id) + element("endpoint", _endpoint(context))
    return Outcome(f"<data><api>{parts}{element('locationid', request.location_id)}</api></data>")


def _endpoint(context: Context) -> str:
    fault = context.faults.find("foreign_endpoint")
    if fault:
        return fault.text or "https://gateway.invalid/ia/xml/xmlgw.phtml"
    wanted = context.state.options.endpoint
    return context.state.endpoints.get(wanted, wanted)


# --- lookup and inspect


def _parse_object(node: etree._Element) -> ObjectRequest:
    inner = children(node)
    if [child.tag for child in inner] not in (["object"], ["object", "docparid"]) and not node.get("object"):
        raise MalformedRequest("schema_error", f"{node.tag} must hold an object.")
    name = node.get("object") or text_of(inner[0])
    return ObjectRequest(name.upper(), detail=node.get("detail") in ("1", "true"))


def _check_object(context: Context, object_name: str) -> None:
    if object_name not in FIELDS or not context.caller.company.has_usage_object:
        raise failure("object_not_found", object=object_name)


def _run_lookup(context: Context, request: ObjectRequest) -> Outcome:
    _check_object(context, request.object_name)
    fields = context.fields(request.object_name)
    parts = []
    for name, datatype, _, label in fields:
        texts = {"ID": name, "LABEL": label, "DESCRIPTION": label, "REQUIRED": "false", "READONLY": "true"}
        texts |= {"DATATYPE": datatype, "ISCUSTOM": "false"}
        parts.append(f"<Field>{''.join(map(element, texts, texts.values()))}</Field>")
    head = f'<Type{attribute("Name", request.object_name)} DocumentType="">'
    inner = f"{head}<Fields>{''.join(parts)}</Fields><Relationships></Relationships></Type>"
    return Outcome(data_element({"listtype": "All", "count": 1}, inner), rows=len(fields))


def _run_inspect(context: Context, request: ObjectRequest) -> Outcome:
    if request.object_name == "*":
        names = list(FIELDS) if context.caller.company.has_usage_object else []
        types = [f"<type{attribute('typename', name.lower())}>{LABELS[name]}</type>" for name in names]
        return Outcome(data_element({"listtype": "All", "count": len(types)}, "".join(types)), rows=len(types))
    _check_object(context, request.object_name)
    fields = context.fields(request.object_name)
    parts = [_inspected(field) if request.detail else element("Field", field[0]) for field in fields]
    head = f"<Type{attribute('Name', request.object_name)}><Attributes></Attributes>"
    inner = f"{head}<Fields>{''.join(parts)}</Fields></Type>"
    return Outcome(data_element({"listtype": "All", "count": 1}, inner), rows=len(fields))


def _inspected(field: tuple[str, str, str, str]) -> str:
    name, datatype, external, label = field
    texts = (
        ("Name", name),
        ("GroupName", ""),
        ("dataName", datatype),
        ("externalDataName", external),
        ("isRequired", "false"),
        ("isReadOnly", "true"),
        ("maxLength", "0"),
        ("DisplayLabel", label),
        ("Description", label),
        ("id", name),
    )
    return f"<Field>{''.join(element(*text) for text in texts)}</Field>"


# --- getUserPermissions


def _parse_permissions(node: etree._Element) -> PermissionsRequest:
    inner = children(node)
    if [child.tag for child in inner] != ["userId"]:
        raise MalformedRequest("schema_error", "getUserPermissions must hold one userId.")
    return PermissionsRequest(text_of(inner[0]))


def _run_permissions(context: Context, request: PermissionsRequest) -> Outcome:
    company = context.caller.company
    if request.user_id not in company.users:
        raise FunctionFailure(ErrorText("BL01001973", "", f"The user {request.user_id} does not exist."))
    rights = "List|View" if company.may_read_usage(request.user_id) else ""
    policies = (("Company information", "View"), ("Usage insights", rights))
    parts = [f"<policy>{element('policyName', name)}{element('rights', right)}</policy>" for name, right in policies]
    inner = f"<permissions><appSubscription>{element('applicationName', 'Administration')}"
    inner += f"<policies>{''.join(parts)}</policies></appSubscription></permissions>"
    return Outcome(data_element({"listtype": "permissions", "count": 1}, inner), rows=1)


_PARSERS: Final[dict[str, Callable[[etree._Element], Request]]] = {
    "query": parse_query,
    "readByQuery": parse_read_by_query,
    "readMore": parse_read_more,
    "getAPISession": _parse_session,
    "lookup": _parse_object,
    "inspect": _parse_object,
    "getUserPermissions": _parse_permissions,
}
