"""What can go wrong at the simulated gateway: one table, one row for each fault kind.

A fault acts at one stage of a request (`FaultKind.stage`):

`transport`       how the answer travels: late, slow, cut, short, mislabelled
`replacement`     the whole answer is something else: an HTML page, nothing, text that is not XML
`control`         refused in the control block, full form (HTTP 200)
`short`           refused in the control block, short form (HTTP 400, 401, 429)
`authentication`  refused at sign-in
`function`        the function fails
`data`            the function succeeds, but its answer is unusual or wrong
`session`         something happens to the session before it is looked at
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

SIGN_IN_INCORRECT: Final = "Sign-in information is incorrect. Please check your request."
PROCESSING_FAILED: Final = "There was an error processing the function"


@dataclass(frozen=True)
class ErrorText:
    """The parts of one `<error>`. `{sender}`, `{company}`, `{user}`, `{object}`, `{fields}`, `{session}` are filled
    in.
    """

    number: str
    description: str = ""
    description2: str = ""
    correction: str = ""


@dataclass(frozen=True)
class FaultKind:
    """`status` is the HTTP status; `counted`: the call is worked on and shows as usage although it fails.

    `more` are further errors beside the first; `layout` is where a function's error stands (`gateway_answers.Result`).
    """

    stage: str
    error: ErrorText | None = None
    status: int = 200
    body: str = ""
    headers: tuple[tuple[str, str], ...] = field(default=())
    counted: bool = False
    more: tuple[ErrorText, ...] = ()
    layout: str = "error"


def _html(status: int, title: str, *, more: str = "", counted: bool = False) -> FaultKind:
    body = f"<!DOCTYPE html><html><head><meta charset=UTF-8><title>{title}</title></head><h1>{title}</h1>{more}</html>"
    return FaultKind("replacement", None, status, body, (("Content-Type", "text/html; charset=UTF-8"),), counted)


def _control(number: str, description2: str, *, description: str = "", correction: str = "") -> FaultKind:
    return FaultKind("control", ErrorText(number, description, description2, correction))


def _short(status: int, number: str, *, description: str) -> FaultKind:
    return FaultKind("short", ErrorText(number, description), status)


def _refused_sign_in(description2: str, description: str = "", *, correction: str = "") -> FaultKind:
    return FaultKind("authentication", ErrorText("XL03000006", description, description2, correction))


def _function(number: str, description2: str, *, description: str = "", correction: str = "") -> FaultKind:
    return FaultKind("function", ErrorText(number, description, description2, correction), counted=True)


_REFUSALS: dict[str, FaultKind] = {
    "wrong_sender_password": _control("XL03000006", "Incorrect Intacct XML Partner ID or password."),
    "invalid_policy": _control("XL03000006", "'{sender}' is not a valid transport policy."),
    "schema_error": _control(
        "XL03000003",
        "The request does not match the schema of the Intacct XML API.",
        description="XML Parse schema error",
    ),
    "parse_error": _control("XL03000003", "The request is not well-formed XML.", description="XML Parse error"),
    "company_expired": _control("PL04000055", "This company is a demo company and has expired."),
    "invalid_request": _short(400, "GW-0011", description="Invalid Request [Request ID: 0A1B2C3D:0001_00000000.1]"),
    "invalid_request_old": _short(400, "invalidRequest", description="Invalid Request"),
    "sign_in_refused_by_gateway": _short(401, "XMLGW_JPP0002", description=SIGN_IN_INCORRECT),
    "sign_in_refused_by_gateway_old": _short(401, "UJPP0002", description=SIGN_IN_INCORRECT),
    "too_many_requests": _short(429, "GW-0010", description="Too many requests"),
    "wrong_password": _refused_sign_in("Sign-in information is incorrect"),
    "sender_not_authorised": _refused_sign_in(
        "The sender ID '{sender}' is not authorized to make Web Services requests to company ID '{company}'.",
        "Invalid Web Services Authorization",
        correction="Contact the company administrator to grant Web Services authorization to this sender ID.",
    ),
    "invalid_session": _refused_sign_in("Invalid session {session}"),
    "ip_denied": _refused_sign_in("IP address denied", "Your sign-in was refused"),
    "company_suspended": _refused_sign_in("The company {company} is suspended.", "Company not available"),
    "company_inactive": _refused_sign_in("The company {company} is inactive.", "Company not available"),
    "user_locked": _refused_sign_in("Sign-in information is incorrect"),
}

_FUNCTION_FAILURES: dict[str, FaultKind] = {
    "fields_not_readable": _function(
        "XL03000006",
        "Fields not readable or unknown: [{object}: [{fields}] ]",
        description=PROCESSING_FAILED,
    ),
    "rolled_back": FaultKind(
        "function",
        ErrorText("DL02000001", "", "There was an error processing the request."),
        counted=True,
        more=(ErrorText("XL03000009", "", "The entire transaction in this operation has been rolled back"),),
        layout="aborted",
    ),
    "html_error_text": _function(
        "XL03000009",
        "Please <b>contact</b> &#039;your&#039; administrator<br/>for <a href='https://x.invalid'>help</a>",
    ),
    "two_errors": FaultKind(
        "function",
        ErrorText("DL02000001", "", "There was an error processing the request."),
        counted=True,
        more=(ErrorText("BL01001973", "", "Query failed as a consequence."),),
    ),
    "error_after_data": FaultKind(
        "function",
        ErrorText("DL02000001", "", "There was an error processing the request."),
        counted=True,
        layout="data-error",
    ),
    "error_before_data": FaultKind(
        "function",
        ErrorText("XL03000009", PROCESSING_FAILED, "Object definition {object} not found"),
        counted=True,
        layout="error-data",
    ),
    "object_not_found": _function("XL03000009", "Object definition {object} not found", description=PROCESSING_FAILED),
    "object_not_found_legacy": _function("Query Failed", "Object definition {object} not found"),
    "object_not_found_by_key": _function("WS", "Object definition {object} not found"),
    "invalid_fields_list": _function("Invalid fields list {fields}", ""),
    "no_permission": _function(
        "PL04000005", "You do not have permission for API operation READ_BY_QUERY on objects of type {object_lower}"
    ),
    "data_layer_failure": _function("DL02000001", "There was an error processing the request."),
    "temporarily_offline": _function(
        "XL03000009", "The Service is Temporarily Off-line", description=PROCESSING_FAILED
    ),
    "try_again_later": _function(
        "XL03000009", "The request could not be completed.", description="", correction="Please Try Again Later"
    ),
    "too_many_operations": FaultKind(
        "function",
        ErrorText("XL03000009", "", "There are too many operations running for this company (200024)"),
    ),
    "business_logic": _function("BL01001973", "Currently, we can't process the request."),
    "illegal_format": _function("BL03000018", "Illegal format for {fields}"),
    "already_exists": _function("BL34000061", "Another record with the value {fields} already exists"),
    "control_id_in_process": _function(
        "XL03000009", "A request's function with the control ID {control_id} is in process"
    ),
}

_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>'
_ENTITY_BOMB: Final = (
    '<!DOCTYPE response [<!ENTITY a "0123456789"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]>'
    "<response><control><status>&d;</status></control></response>"
)

_REPLACEMENTS: dict[str, FaultKind] = {
    "html_403": _html(403, "403 Forbidden"),
    "html_502": _html(502, "502 Bad Gateway"),
    "html_503": _html(503, "503 Service Unavailable"),
    "html_504": _html(504, "504 Gateway Time-out"),
    "html_524": _html(
        524, "524: A timeout occurred", more='<div id="cf-error-details">No answer from the origin.</div>', counted=True
    ),
    "html_200": _html(200, "Sign in"),
    "cdn_challenge": _html(
        403, "Attention Required!", more='<div id="cf-error-details">Please complete the check.</div>'
    ),
    "http_500": FaultKind("replacement", None, 500),
    "empty_body": FaultKind("replacement", None, 200),
    "not_one_document": FaultKind(
        "replacement", None, 200, "<errorno>XL03000003</errorno><description>XML Parse error</description> near line 1"
    ),
    "rate_limit_text": FaultKind("replacement", None, 200, '{"message":"API rate limit exceeded"}'),
    "redirect": FaultKind("replacement", None, 302, "", (("Location", "https://gateway.invalid/ia/xml/xmlgw.phtml"),)),
    "wrong_root": FaultKind("replacement", None, 200, f"{_DECLARATION}<answer>ok</answer>"),
    "doctype": FaultKind("replacement", None, 200, _DECLARATION + _ENTITY_BOMB),
    "deep_xml": FaultKind(
        "replacement", None, 200, f"{_DECLARATION}<response>{'<a>' * 5000}{'</a>' * 5000}</response>"
    ),
}

FAULT_KINDS: Final[dict[str, FaultKind]] = {
    **_REFUSALS,
    **_FUNCTION_FAILURES,
    **_REPLACEMENTS,
    # `error`: any code and text at any level, from the fault's own `level`, `number`, `text` and `status`
    "error": FaultKind("error"),
    "slow": FaultKind("transport"),
    "drip": FaultKind("transport"),
    "cut": FaultKind("transport"),
    "cut_body": FaultKind("transport"),
    "cut_without_length": FaultKind("transport"),
    "truncated": FaultKind("transport"),
    "wrong_content_type": FaultKind("transport"),
    "gzip_always": FaultKind("transport"),
    "gzip_never": FaultKind("transport"),
    "gzip_broken": FaultKind("transport"),
    "gzip_bomb": FaultKind("transport"),
    "endless": FaultKind("transport"),
    "session_expired": FaultKind("session"),
    "foreign_endpoint": FaultKind("data"),
    "wrong_company_echo": FaultKind("data"),
    "no_session_timeout": FaultKind("data"),
    "total_drift": FaultKind("data"),
    "duplicate_rows": FaultKind("data"),
    "short_page": FaultKind("data"),
    "missing_fields": FaultKind("data"),
    "record_url": FaultKind("data"),
    "lower_case_rows": FaultKind("data"),
    "iso_dates": FaultKind("data"),
    "bad_number": FaultKind("data"),
    "bad_date": FaultKind("data"),
    "no_counts": FaultKind("data"),
}
