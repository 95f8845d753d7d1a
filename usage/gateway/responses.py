"""Reads answers of the Intacct XML gateway, in every form they come in, and says exactly what failed.

Answers are hostile until proven otherwise: no document type, no entities, nothing fetched, limited depth. The body
decides, whatever the HTTP status, because refusals come as XML with 400, 401 and 429 too.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from usage.gateway.error_texts import Report, plain_text, report_of
from usage.gateway.errors import ErrorFamily, Failure, GatewayError, Level, classify
from usage.gateway.objects import Authentication, ObjectField, Page, Row
from usage.gateway.row_tables import read_table

MAX_DEPTH = 64
TEXT_SAMPLE = 64 * 1024
_TOO_DEEP = etree.XPath("boolean(" + "/*" * (MAX_DEPTH + 1) + ")")
_ROOT = re.compile(rb"<[A-Za-z_]")
_END = re.compile(rb"</\s*response\s*>\s*\Z", re.I)
_HTML = re.compile(rb"<(!doctype\s+)?html\b", re.I)
_DOCTYPE = "The answer holds a document type declaration, which is never read."
_DEEP = f"The answer is nested more than {MAX_DEPTH} levels deep."
_TITLE = re.compile(r"<title[^>]*>(.{1,200}?)</title", re.I | re.S)


@dataclass(frozen=True)
class Answer:
    """A success: who was signed in, and the `<data>` of the one function that was asked."""

    authentication: Authentication
    control_id: str
    function_id: str
    data: etree._Element | None


def parse_answer(body: bytes, *, http_status: int = 200) -> Answer:
    """Return what a successful answer holds. Raises GatewayError for every other answer, whatever its form."""
    root = _root_of(body, http_status)
    _refuse_failures(root, http_status)
    result = root.find("operation/result")
    if result is None:
        raise unexpected("The answer holds no result.")
    authentication = root.find("operation/authentication")
    return Answer(
        authentication=Authentication() if authentication is None else _authentication(authentication),
        control_id=root.findtext("control/controlid") or "",
        function_id=result.findtext("controlid") or "",
        data=result.find("data"),
    )


def read_page(answer: Answer, *, object_name: str, offset: int) -> Page:
    """Return the rows of a query with its counts. Raises GatewayError (unexpected_answer) if these contradict them."""
    data = answer.data
    if data is None:
        raise unexpected("The result of the query holds no data.")
    total = _count(data, "totalcount")
    if total is None:
        raise unexpected("The result of the query does not tell its total count.")
    rows = read_rows(data, object_name)
    count = _count(data, "count")
    if count is not None and count != len(rows):
        raise unexpected(f"The result announces {count} rows but holds {len(rows)}.")
    answered_offset = _count(data, "offset")
    if answered_offset is not None and answered_offset != offset:
        raise unexpected(f"Rows from {offset} on were asked for, rows from {answered_offset} on came.")
    remaining = _count(data, "numremaining")
    if remaining is None:
        remaining = max(0, total - offset - len(rows))
    return Page(rows=rows, total_count=total, offset=offset, count=len(rows), remaining=remaining)


def read_rows(data: etree._Element, object_name: str) -> Sequence[Row]:
    """Return the records of one object; object and field names may come in any case."""
    table = read_table(data, object_name)
    if table is not None:
        return table
    names = _UpperCase()
    wanted = object_name.upper()
    return [
        {names[field.tag]: field.text for field in record}  # one loop: a search per field costs three times as much
        for record in data
        if names[record.tag] == wanted
    ]


def read_fields(answer: Answer) -> list[ObjectField]:
    """Return the fields of a `lookup` answer."""
    fields = [] if answer.data is None else answer.data.findall("Type/Fields/Field")
    if not fields:
        raise unexpected("The description of the object holds no fields.")
    return [_object_field(field) for field in fields]


def unexpected(text: str) -> GatewayError:
    """The error for an answer that is well formed but cannot be used; `text` says why in one sentence."""
    return GatewayError(ErrorFamily.UNEXPECTED_ANSWER, Failure(Level.FUNCTION, text=text, own_words=True))


class _UpperCase(dict[str, str]):
    """Remembers the upper case of each name it was asked for."""

    def __missing__(self, name: str) -> str:
        return self.setdefault(name, name.upper())


def _root_of(body: bytes, http_status: int) -> etree._Element:
    start = _ROOT.search(body)
    if start is None or _HTML.search(body[:TEXT_SAMPLE]):
        raise _not_an_answer(body, http_status)
    if b"<!DOCTYPE" in body[: start.start()]:
        raise unexpected(_DOCTYPE)
    try:
        root = _parse(body)
    except etree.XMLSyntaxError as error:
        if "depth" in str(error):
            raise unexpected(_DEEP) from None
        raise _not_an_answer(body, http_status) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise unexpected(_DOCTYPE)
    if root.tag != "response":
        if http_status >= 400:
            raise _not_an_answer(body, http_status)
        raise unexpected("The answer is an XML document of another kind.")
    if _TOO_DEEP(root):
        raise unexpected(_DEEP)
    return root


def _parse(body: bytes) -> etree._Element:
    parser = etree.XMLParser(  # one per call: a shared one would let only one thread parse at a time
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    return etree.fromstring(body, parser)


def _refuse_failures(root: etree._Element, http_status: int) -> None:
    """Raise the first failure, from the outside in; status counts, because data and errors may stand side by side."""
    if root.findtext("control/status") != "success":
        raise _reported(root.find("errormessage"), Level.CONTROL, http_status)
    operation = root.find("operation")
    if operation is None:
        raise _reported(root.find("errormessage"), Level.CONTROL, http_status)
    results = operation.findall("result")
    signed_in = operation.findtext("authentication/status")
    if (signed_in is not None and signed_in != "success") or (
        not results and operation.find("errormessage") is not None
    ):
        raise _reported(operation.find("errormessage"), Level.AUTHENTICATION, http_status)
    for result in results:
        if result.findtext("status") != "success":
            raise _reported(result.find("errormessage"), Level.FUNCTION, http_status)
    if http_status != 200:
        raise _gateway_error(Failure(Level.HTTP, http_status=http_status), "")


def _reported(message: etree._Element | None, level: Level, http_status: int) -> GatewayError:
    report = report_of(message)
    return _gateway_error(Failure(level, report.errorno, report.text, http_status), report.support_id)


def _gateway_error(failure: Failure, support_id: str) -> GatewayError:
    return GatewayError(classify(failure), failure, support_id=support_id)


def _not_an_answer(body: bytes, http_status: int) -> GatewayError:
    """Name a body that is not one XML document of the gateway: a bare error, a web page, half an answer, nothing."""
    report = _bare_report(body)
    if report is not None:
        return _gateway_error(Failure(Level.CONTROL, report.errorno, report.text, http_status), report.support_id)
    sample = body[:TEXT_SAMPLE].decode("utf-8", "replace")
    family = classify(Failure(Level.HTTP, text=plain_text(sample), http_status=http_status))
    if family is ErrorFamily.UNREADABLE_ANSWER and _is_cut(body):
        family = ErrorFamily.INCOMPLETE
    return GatewayError(family, Failure(Level.HTTP, text=_described(body), http_status=http_status, own_words=True))


def _is_cut(body: bytes) -> bool:
    """True for the beginning of an answer without its end."""
    return bool(_ROOT.search(body) and not _HTML.search(body[:TEXT_SAMPLE]) and not _END.search(body[-TEXT_SAMPLE:]))


def _described(body: bytes) -> str:
    """Say what a body is, in one sentence; data of an answer is never quoted."""
    sample = body[:TEXT_SAMPLE].decode("utf-8", "replace")
    title = _TITLE.search(sample)
    if title:
        return f"The answer is a web page titled “{plain_text(title.group(1))}”."
    if not body.strip():
        return "The answer is empty."
    if _HTML.search(body[:TEXT_SAMPLE]):
        return "The answer is a web page."
    if not _ROOT.search(body):
        return f"The answer is the text “{plain_text(sample)[:200]}”."
    if _is_cut(body):
        return "The answer stops before its end."
    return "The answer is not a well-formed document of the gateway."


def _bare_report(body: bytes) -> Report | None:
    """Errors that came without the document around them, as older gateways send them."""
    if b"<errorno" not in body[:TEXT_SAMPLE] or len(body) > TEXT_SAMPLE:
        return None
    inner = re.sub(rb"<\?xml[^>]*\?>", b"", body)
    try:
        return report_of(_parse(b"<wrapped>" + inner + b"</wrapped>"))
    except etree.XMLSyntaxError:
        return None


def _authentication(element: etree._Element) -> Authentication:
    return Authentication(
        status=element.findtext("status") or "",
        user_id=element.findtext("userid") or "",
        company_id=element.findtext("companyid") or "",
        client_id=element.findtext("clientid") or "",
        location_id=element.findtext("locationid") or "",
        session_timestamp=_moment(element.findtext("sessiontimestamp")),
        session_timeout=_moment(element.findtext("sessiontimeout")),
    )


def _moment(text: str | None) -> datetime | None:
    """An aware time; None for one that is missing, unreadable or without an offset."""
    try:
        moment = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _count(data: etree._Element, name: str) -> int | None:
    text = data.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise unexpected(f"The result gives no number for {name}.")
    return int(text)


def _object_field(field: etree._Element) -> ObjectField:
    return ObjectField(
        id=(field.findtext("ID") or "").upper(),
        label=field.findtext("LABEL") or "",
        data_type=field.findtext("DATATYPE") or "",
        description=field.findtext("DESCRIPTION") or "",
        required=field.findtext("REQUIRED") == "true",
        read_only=field.findtext("READONLY") == "true",
        custom=field.findtext("ISCUSTOM") == "true",
        valid_values=tuple(value.text or "" for value in field.findall("VALIDVALUES/VALIDVALUE")),
    )
