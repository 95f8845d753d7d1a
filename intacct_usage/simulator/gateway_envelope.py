"""Reads the request document: safe parsing, and the element order the gateway's schema insists on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree

# name, required, in the only order the schema accepts
_CONTROL: Final = (
    ("senderid", True),
    ("password", True),
    ("controlid", True),
    ("uniqueid", False),
    ("dtdversion", True),
    ("policyid", False),
    ("includewhitespace", False),
    ("showadditionalerrorinfo", False),
)
_LOGIN: Final = (
    ("userid", True),
    ("companyid", True),
    ("password", True),
    ("clientid", False),
    ("locationid", False),
)
_LONGEST_CONTROL_ID: Final = 256


class MalformedRequest(Exception):
    """The request is refused before anything in it is looked at; `kind` is "parse_error" or "schema_error"."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


@dataclass(frozen=True, repr=False)
class Login:
    """`company_id` may be `console|client|entity`; `client_id` is the client a console user slides into."""

    user_id: str
    company_id: str
    password: str
    client_id: str
    location_id: str

    @property
    def signing_company(self) -> str:
        """The company whose user this is."""
        return self.company_id.split("|")[0]

    @property
    def target_company(self) -> str:
        """The company to work in."""
        parts = self.company_id.split("|")
        return self.client_id or (parts[1] if len(parts) > 1 else parts[0])


@dataclass(frozen=True)
class FunctionElement:
    control_id: str
    name: str
    element: etree._Element


@dataclass(frozen=True, repr=False)
class Envelope:
    """A request whose shape is right; nothing in it is checked yet. Exactly one of `login` and `session_id` is set."""

    sender_id: str
    sender_password: str
    control_id: str
    unique_id: bool
    dtd_version: str
    policy_id: str
    include_whitespace: bool
    more_error_info: bool
    transaction: bool
    login: Login | None
    session_id: str | None
    functions: tuple[FunctionElement, ...]


def parse_envelope(body: bytes) -> Envelope:
    """Read a request document. No DTD, no entities, nothing is fetched. Raises MalformedRequest."""
    root = _parse(body)
    if root.tag != "request":
        raise MalformedRequest("schema_error", f"The root element is {root.tag}, not request.")
    control = _only_child(root, "control")
    operation = _only_child(root, "operation")
    values = _ordered_texts(control, _CONTROL)
    if not 1 <= len(values["controlid"]) <= _LONGEST_CONTROL_ID:
        raise MalformedRequest("schema_error", "controlid must have 1 to 256 characters.")
    if values["dtdversion"] != "3.0":
        raise MalformedRequest("schema_error", "dtdversion must be 3.0.")
    login, session_id = _read_authentication(_only_child(operation, "authentication"))
    return Envelope(
        sender_id=values["senderid"],
        sender_password=values["password"],
        control_id=values["controlid"],
        unique_id=_boolean(values, "uniqueid", default=True),
        dtd_version=values["dtdversion"],
        policy_id=values.get("policyid", ""),
        include_whitespace=_boolean(values, "includewhitespace", default=True),
        more_error_info=_boolean(values, "showadditionalerrorinfo", default=False),
        transaction=operation.get("transaction", "false") == "true",
        login=login,
        session_id=session_id,
        functions=_read_functions(_only_child(operation, "content")),
    )


def _parse(body: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise MalformedRequest("parse_error", str(error)) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise MalformedRequest("parse_error", "A document type declaration is not allowed.")
    return root


def children(parent: etree._Element) -> list[etree._Element]:
    """The child elements, without processing instructions."""
    return [child for child in parent if isinstance(child.tag, str)]


def text_of(element: etree._Element) -> str:
    """The text of an element, stripped. Raises MalformedRequest when it holds elements."""
    if len(element):
        raise MalformedRequest("schema_error", f"{element.tag} must not hold other elements.")
    return (element.text or "").strip()


def _only_child(parent: etree._Element, name: str) -> etree._Element:
    found = parent.findall(name)
    if len(found) != 1:
        raise MalformedRequest("schema_error", f"{parent.tag} must hold exactly one {name}.")
    return found[0]


def _ordered_texts(parent: etree._Element, schema: Sequence[tuple[str, bool]]) -> dict[str, str]:
    values: dict[str, str] = {}
    expected = iter(schema)
    for child in children(parent):
        for name, required in expected:
            if name == child.tag:
                # passwords may begin or end with a blank: only names are stripped
                values[name] = child.text or "" if name == "password" else text_of(child)
                break
            if required:
                raise MalformedRequest("schema_error", f"{parent.tag}: {name} expected, {child.tag} found.")
        else:
            raise MalformedRequest("schema_error", f"{parent.tag}: {child.tag} is unknown or out of order.")
    missing = [name for name, required in schema if required and name not in values]
    if missing:
        raise MalformedRequest("schema_error", f"{parent.tag}: {missing[0]} is missing.")
    return values


def _boolean(values: dict[str, str], name: str, *, default: bool) -> bool:
    text = values.get(name)
    if text is None:
        return default
    if text not in ("true", "false"):
        raise MalformedRequest("schema_error", f"{name} must be true or false.")
    return text == "true"


def _read_authentication(element: etree._Element) -> tuple[Login | None, str | None]:
    inner = children(element)
    if len(inner) == 1 and inner[0].tag == "sessionid":
        return None, text_of(inner[0])
    if len(inner) == 1 and inner[0].tag == "login":
        values = _ordered_texts(inner[0], _LOGIN)
        login = Login(
            user_id=values["userid"],
            company_id=values["companyid"],
            password=values["password"],
            client_id=values.get("clientid", ""),
            location_id=values.get("locationid", ""),
        )
        return login, None
    raise MalformedRequest("schema_error", "authentication must hold one login or one sessionid.")


def _read_functions(content: etree._Element) -> tuple[FunctionElement, ...]:
    functions = []
    for element in children(content):
        inner = children(element)
        control_id = element.get("controlid", "")
        if element.tag != "function" or not control_id or len(inner) != 1:
            raise MalformedRequest("schema_error", "content must hold functions with a controlid and one element each.")
        functions.append(FunctionElement(control_id, str(inner[0].tag), inner[0]))
    if not functions:
        raise MalformedRequest("schema_error", "content must hold at least one function.")
    return tuple(functions)
