"""The outcomes of a request, put together: replies, results, and what faults make of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from .fault_kinds import ErrorText
from .gateway_answers import Authentication, Result
from .gateway_context import Caller, data_element
from .gateway_faults import ActiveFaults, error_texts, kind_of
from .gateway_functions import ParsedFunction, wire_instant
from .gateway_query import QueryRequest
from .scenario import Fault

XML_TYPE: Final = 'text/xml; encoding="UTF-8"'
_ROLLED_BACK: Final = ErrorText("XL03000009", "", "The entire transaction in this operation has been rolled back")


@dataclass(frozen=True)
class GatewayReply:
    """An answer before it goes on the wire; `faults` may still spoil its way there."""

    text: str
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", XML_TYPE),)
    faults: ActiveFaults = field(default_factory=ActiveFaults)


def reply_headers(retry_after: str) -> tuple[tuple[str, str], ...]:
    headers: tuple[tuple[str, str], ...] = (("Content-Type", XML_TYPE),)
    return (*headers, ("Retry-After", retry_after)) if retry_after else headers


def replaced_reply(fault: Fault, faults: ActiveFaults) -> GatewayReply:
    kind = kind_of(fault)
    headers = kind.headers or (("Content-Type", XML_TYPE),)
    if fault.retry_after:
        headers = (*headers, ("Retry-After", fault.retry_after))
    return GatewayReply(fault.text or kind.body, fault.status or kind.status, headers, faults)


def authentication_of(caller: Caller, faults: ActiveFaults) -> Authentication:
    echo = faults.find("wrong_company_echo")
    return Authentication(
        user_id=caller.user_id,
        company_id=(echo.text or "another-company") if echo else (caller.client_of or caller.company.id),
        location_id=caller.location_id,
        client_id=caller.company.id if caller.client_of else "",
        started_at=wire_instant(caller.started_at),
        expires_at="" if faults.find("no_session_timeout") else wire_instant(caller.expires_at),
    )


def function_fault(faults: ActiveFaults, function: ParsedFunction) -> Fault | None:
    """The function-level fault that acts here; unreadable fields matter only to a query that names one of them."""
    for fault in faults.faults:
        if kind_of(fault).stage != "function" or fault.function not in ("*", function.name):
            continue
        if fault.kind != "fields_not_readable" or _names_any(function, fault.fields):
            return fault
    return None


def _names_any(function: ParsedFunction, fields: tuple[str, ...]) -> bool:
    request = function.request
    return not fields or not isinstance(request, QueryRequest) or not set(fields).isdisjoint(request.fields())


def faulty_result(fault: Fault, function: ParsedFunction, *, words: dict[str, str]) -> Result:
    kind = kind_of(fault)
    empty = data_element(
        {"listtype": function.object_name, "totalcount": 0, "offset": 0, "count": 0, "numremaining": 0}, ""
    )
    return Result(
        function=function.name,
        control_id=function.control_id,
        data=empty if "data" in kind.layout else "",
        errors=error_texts(fault, words),
        layout="error" if kind.layout == "aborted" else kind.layout,
        status="aborted" if kind.layout == "aborted" else "failure",
    )


def failed_result(function: ParsedFunction, errors: tuple[ErrorText, ...]) -> Result:
    return Result(function.name, function.control_id, errors=errors, status="failure")


def aborted_result(result: Result) -> Result:
    errors = result.errors if _ROLLED_BACK in result.errors else (*result.errors, _ROLLED_BACK)
    return replace(result, status="aborted", data="", errors=errors)
