"""Reads the error blocks of Intacct into plain text: no markup, no entities, the Support ID apart."""

import html
import re
from dataclasses import dataclass
from urllib.parse import unquote

from lxml import etree

TEXT_LIMIT = 4000
ROLLED_BACK = "XL03000009"
_TAG = re.compile(r"</?[A-Za-z!][^<>]*>")
_SUPPORT_ID = re.compile(r"\[?\s*(Support|Request) ID:\s*([^\]\s]+)\s*\]?", re.I)


@dataclass(frozen=True)
class Report:
    """The error that caused a failure, in plain text; all empty if none was given."""

    errorno: str = ""
    text: str = ""
    support_id: str = ""


def report_of(message: etree._Element | None) -> Report:
    """Return the first error of an `errormessage`: it is the cause, the rest are consequences.

    The notice that the transaction was rolled back is never the cause while another error stands beside it.
    """
    if message is None:
        return Report()
    reports = [_report(error) for error in list(message.iter("error")) or [message]]
    causes = [report for report in reports if not (report.errorno == ROLLED_BACK and "rolled back" in report.text)]
    return next(iter(causes or reports), Report())


def plain_text(text: str) -> str:
    """Strip HTML tags, decode entities (also twice escaped ones) and join the words with single blanks."""
    for _ in range(2):
        text = html.unescape(_TAG.sub(" ", text[:TEXT_LIMIT]))
    return " ".join(_TAG.sub(" ", text).split())


def _report(error: etree._Element) -> Report:
    parts = {name: _text(error, name) for name in ("errorno", "description", "description2", "correction")}
    text = " ".join(part for name, part in parts.items() if part and name != "errorno")
    found = {kind.lower(): unquote(value) for kind, value in _SUPPORT_ID.findall(text)}
    return Report(
        errorno=parts["errorno"],
        text=" ".join(_SUPPORT_ID.sub(" ", text).split()),
        support_id=found.get("support") or found.get("request", ""),
    )


def _text(error: etree._Element, name: str) -> str:
    element = error.find(name)
    return "" if element is None else plain_text("".join(str(part) for part in element.itertext()))
