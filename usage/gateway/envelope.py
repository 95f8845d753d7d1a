"""Builds requests to the Intacct XML gateway, element by element in the order Intacct's schema wants.

Nothing is ever formatted into XML text: every value becomes the text of an element, so none can break out of it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from lxml import etree

from usage.gateway.filters import Condition, Filter, Order
from usage.gateway.objects import MAX_PAGE_SIZE

DTD_VERSION = "3.0"
CONTROL_ID_LENGTH = 256
CREDENTIAL_LENGTH = 400
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_COMPANY_ID = re.compile(r"[^<>&\"'|]{1,100}(\|[^<>&\"'|]{0,100}){0,2}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,99}")


class EnvelopeError(ValueError):
    """A value that cannot go into a request. The message names the value's place, never the value."""


@dataclass(frozen=True)
class Sender:
    """The Web Services sender of a request."""

    sender_id: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Login:
    """A sign-in. `company_id` may be `console|client` or `console|client|entity`."""

    user_id: str
    company_id: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Session:
    """An open session used in place of a sign-in."""

    session_id: str = field(repr=False)


@dataclass(frozen=True)
class Query:
    """One `query` call: which rows and fields of which object, in which order."""

    object_name: str
    fields: Sequence[str]
    filters: Filter | None = None
    order_by: Sequence[Order | str] = ()
    page_size: int = MAX_PAGE_SIZE
    offset: int = 0


def build_request(
    function: etree._Element, *, sender: Sender, authentication: Login | Session, control_id: str, function_id: str
) -> bytes:
    """Return the whole request as UTF-8. Raises EnvelopeError for a value that cannot be sent."""
    request = etree.Element("request")
    control = etree.SubElement(request, "control")
    for name, text in (
        ("senderid", checked_text(sender.sender_id, "sender ID")),
        ("password", checked_text(sender.password, "sender password")),
        ("controlid", checked_text(control_id, "control ID", CONTROL_ID_LENGTH)),
        ("uniqueid", "false"),
        ("dtdversion", DTD_VERSION),
        ("includewhitespace", "false"),
    ):
        etree.SubElement(control, name).text = text
    operation = etree.SubElement(request, "operation", transaction="false")
    _add_authentication(etree.SubElement(operation, "authentication"), authentication)
    content = etree.SubElement(operation, "content")
    function_id = checked_text(function_id, "function control ID", CONTROL_ID_LENGTH)
    etree.SubElement(content, "function", controlid=function_id).append(function)
    return etree.tostring(request, xml_declaration=True, encoding="UTF-8")


def open_session_function() -> etree._Element:
    return etree.Element("getAPISession")


def lookup_function(object_name: str) -> etree._Element:
    function = etree.Element("lookup")
    etree.SubElement(function, "object").text = _checked_name(object_name)
    return function


def query_function(query: Query) -> etree._Element:
    """Raises EnvelopeError for a page size outside 1 to 2,000, a negative offset, no field, or a bad name."""
    if not 1 <= query.page_size <= MAX_PAGE_SIZE:
        raise EnvelopeError(f"The page size must be between 1 and {MAX_PAGE_SIZE}.")
    if query.offset < 0 or not query.fields:
        raise EnvelopeError("A query needs at least one field and an offset of 0 or more.")
    function = etree.Element("query")
    etree.SubElement(function, "object").text = _checked_name(query.object_name)
    select = etree.SubElement(function, "select")
    for name in query.fields:
        etree.SubElement(select, "field").text = _checked_name(name)
    if query.filters is not None:
        etree.SubElement(function, "filter").append(filter_element(query.filters))
    if query.order_by:
        _add_order(etree.SubElement(function, "orderby"), query.order_by)
    etree.SubElement(function, "pagesize").text = str(query.page_size)
    etree.SubElement(function, "offset").text = str(query.offset)
    return function


def filter_element(condition: Filter) -> etree._Element:
    """Write one filter, with everything inside it, as Intacct's operators."""
    element = etree.Element(condition.operator)
    if isinstance(condition, Condition):
        etree.SubElement(element, "field").text = _checked_name(condition.field)
        for value in condition.values:
            etree.SubElement(element, "value").text = checked_text(value, "filter value", optional=True)
    else:
        for member in condition.members:
            element.append(filter_element(member))
    return element


def checked_company_id(company_id: str) -> str:
    """Raises EnvelopeError for what cannot be a company ID, with or without console and entity parts."""
    checked_text(company_id, "company ID")
    if not _COMPANY_ID.fullmatch(company_id):
        raise EnvelopeError("The company ID holds a character that Intacct company IDs cannot have.")
    return company_id


def checked_text(text: str, place: str, longest: int = CREDENTIAL_LENGTH, *, optional: bool = False) -> str:
    """Return the text if it can travel in XML unchanged. Raises EnvelopeError naming `place`."""
    if not text and not optional:
        raise EnvelopeError(f"The {place} is empty.")
    if len(text) > longest:
        raise EnvelopeError(f"The {place} is longer than {longest} characters.")
    if _CONTROL.search(text):
        raise EnvelopeError(f"The {place} holds a control character.")
    return text


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise EnvelopeError("An object or field name holds a character that Intacct names cannot have.")
    return name


def _add_authentication(parent: etree._Element, authentication: Login | Session) -> None:
    if isinstance(authentication, Session):
        etree.SubElement(parent, "sessionid").text = checked_text(authentication.session_id, "session ID", 4096)
        return
    login = etree.SubElement(parent, "login")
    etree.SubElement(login, "userid").text = checked_text(authentication.user_id, "user ID")
    etree.SubElement(login, "companyid").text = checked_company_id(authentication.company_id)
    etree.SubElement(login, "password").text = checked_text(authentication.password, "user password")


def _add_order(parent: etree._Element, order_by: Sequence[Order | str]) -> None:
    for item in order_by:
        order = Order(item) if isinstance(item, str) else item
        element = etree.SubElement(parent, "order")
        etree.SubElement(element, "field").text = _checked_name(order.field)
        etree.SubElement(element, "descending" if order.descending else "ascending")
