"""Writes the answer documents of the gateway, form by form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from .fault_kinds import ErrorText
from .gateway_envelope import Envelope

DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_BEFORE_OPENING: Final = re.compile(r">(?=<[^/])")
_BETWEEN_CLOSINGS: Final = re.compile(r"(</[^>]*>)(?=</)")


def element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"


def attribute(name: str, value: object) -> str:
    return f' {name}="{escape(str(value), {chr(34): "&quot;"})}"'


@dataclass(frozen=True)
class Result:
    """The outcome of one function. `layout` orders a failure: "error", "data-error" or "error-data"."""

    function: str
    control_id: str
    data: str = ""
    errors: tuple[ErrorText, ...] = ()
    layout: str = "error"
    status: str = "success"


@dataclass(frozen=True)
class Authentication:
    """What the authentication block says; empty texts are empty elements, an empty time is left out."""

    user_id: str = ""
    company_id: str = ""
    location_id: str = ""
    client_id: str = ""
    started_at: str = ""
    expires_at: str = ""


def control_failure(envelope: Envelope | None, errors: Sequence[ErrorText], *, support_id: str) -> str:
    """Form B: refused in the control block, which is echoed as far as it could be read."""
    more = envelope is not None and envelope.more_error_info
    body = _control(envelope, "failure") + _errors(errors, support_id=support_id, more=more)
    return _document([body], spaced=envelope is None or envelope.include_whitespace)


def short_failure(error: ErrorText) -> str:
    """Form C: no echo, and an error of two parts."""
    inner = element("errorno", error.number) + element("description", error.description)
    body = f"<control><status>failure</status></control><errormessage><error>{inner}</error></errormessage>"
    return _document([body], spaced=False)


def authentication_failure(envelope: Envelope, who: Authentication, *, error: ErrorText, support_id: str) -> str:
    """Form D: no result at all. `who` is empty for a refused session."""
    block = f"<status>failure</status>{element('userid', who.user_id)}{element('companyid', who.company_id)}"
    errors = _errors([error], support_id=support_id, more=envelope.more_error_info)
    body = f"<operation><authentication>{block}</authentication>{errors}</operation>"
    return _document([_control(envelope, "success"), body], spaced=envelope.include_whitespace)


def operation_answer(
    envelope: Envelope, who: Authentication | None, *, results: Sequence[Result], support_id: str
) -> str:
    """Forms A, E and F. Without `who` the authentication block is absent."""
    parts = [_control(envelope, "success"), "<operation>", _authentication(who) if who else ""]
    for result in results:
        parts += _result(result, support_id=support_id, more=envelope.more_error_info)
    return _document([*parts, "</operation>"], spaced=envelope.include_whitespace)


def _document(parts: Sequence[str], *, spaced: bool) -> str:
    """Join everything once: a page of 2,000 rows is most of a megabyte."""
    text = "".join([DECLARATION, "<response>", *parts, "</response>"])
    if not spaced:
        return text
    # never between an opening tag and its own closing tag: an empty element stays empty
    return _BETWEEN_CLOSINGS.sub(r"\1\n", _BEFORE_OPENING.sub(">\n", text))


def _control(envelope: Envelope | None, status: str) -> str:
    if envelope is None:
        parts = (("senderid", ""), ("controlid", ""), ("uniqueid", ""), ("dtdversion", ""))
    else:
        parts = (
            ("senderid", envelope.sender_id),
            ("controlid", envelope.control_id),
            ("uniqueid", str(envelope.unique_id).lower()),
            ("dtdversion", envelope.dtd_version),
        )
    return f"<control><status>{status}</status>{''.join(element(*part) for part in parts)}</control>"


def _authentication(who: Authentication) -> str:
    parts = [
        "<status>success</status>",
        element("userid", who.user_id),
        element("companyid", who.company_id),
        element("locationid", who.location_id),
    ]
    if who.client_id:
        parts += ["<clientstatus>active</clientstatus>", element("clientid", who.client_id)]
    if who.started_at:
        parts.append(element("sessiontimestamp", who.started_at))
    if who.expires_at:
        parts.append(element("sessiontimeout", who.expires_at))
    return f"<authentication>{''.join(parts)}</authentication>"


def _result(result: Result, *, support_id: str, more: bool) -> list[str]:
    head = f"<result><status>{result.status}</status>{element('function', result.function)}"
    head += element("controlid", result.control_id)
    errors = _errors(result.errors, support_id=support_id, more=more) if result.errors else ""
    parts = [errors, result.data] if result.layout == "error-data" else [result.data, errors]
    return [head, *parts, "</result>"]


def _errors(errors: Sequence[ErrorText], *, support_id: str, more: bool) -> str:
    return f"<errormessage>{''.join(_error(error, support_id, more=more) for error in errors)}</errormessage>"


def _error(error: ErrorText, support_id: str, *, more: bool) -> str:
    detail = f"{error.description2} [Support ID: {support_id}]" if error.description2 else ""
    parts = element("errorno", error.number) + element("description", error.description)
    parts += element("description2", detail) + element("correction", error.correction)
    if more:
        extra = element("errorid", f"GW.{error.number}") + element("category", "simulated") + element("target", "")
        parts += f"<additionalinfo>{extra}</additionalinfo>"
    return f"<error>{parts}</error>"
