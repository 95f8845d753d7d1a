"""The two objects the gateway can be asked for, as tables of wire texts, and how their rows are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Final, NamedTuple, Protocol
from xml.sax.saxutils import escape

from .companies import SimulatedCompany
from .gateway_filters import Column, Columns
from .usage_rows import DETAIL_FIELDS

DETAIL: Final = "APIUSAGEDETAIL"
SUMMARY: Final = "APIUSAGESUMMARY"
SUMMARY_FIELDS: Final = (
    ("RECORDNO", "TEXT", "string", "Record number"),
    ("TODAY", "DATE", "date", "Date"),
    ("CLIENT_TYPE", "TEXT", "string", "Client type"),
    ("DAILY_SUM", "INTEGER", "integer", "Transactions of the day"),
    ("TOTAL_TRANS", "INTEGER", "integer", "Total transactions"),
    ("RECORD_URL", "TEXT", "string", "Record URL"),
)
LABELS: Final = {DETAIL: "API usage detail", SUMMARY: "API usage summary"}
FIELDS: Final = {DETAIL: DETAIL_FIELDS, SUMMARY: SUMMARY_FIELDS}


class TableRow(Protocol):
    """A row as the engine sees it: wire texts in the order of the fields."""

    @property
    def values(self) -> tuple[str, ...]: ...

    @property
    def plain(self) -> bool: ...


class SummaryRow(NamedTuple):
    values: tuple[str, ...]
    plain: bool = False


@dataclass(frozen=True)
class Quirks:
    """Peculiarities of one answer's rows, from the company's settings and the faults of the moment."""

    lower_case_rows: bool = False
    iso_dates: bool = False
    left_out: frozenset[str] = frozenset()
    record_url: bool = False
    replaced: dict[str, str] = field(default_factory=dict)


def visible_fields(company: SimulatedCompany, name: str, *, quirks: Quirks) -> list[tuple[str, str, str, str]]:
    """The fields an object has in this company."""
    fields = [entry for entry in FIELDS[name] if entry[0] not in company.missing_fields]
    if name == DETAIL and not quirks.record_url:
        fields = [entry for entry in fields if entry[0] != "RECORD_URL"]
    return fields


def columns_of(company: SimulatedCompany, name: str, *, quirks: Quirks, text_order: bool) -> Columns:
    """Where each field stands and how it compares; record numbers as text or as numbers."""
    usable = {entry[0] for entry in visible_fields(company, name, quirks=quirks)}
    columns = {}
    for position, (field_name, datatype, *_) in enumerate(FIELDS[name]):
        if field_name in usable:
            numeric = field_name == "RECORDNO" and not text_order and name == DETAIL
            columns[field_name] = Column(position, "INTEGER" if numeric else datatype)
    return columns


def summary_rows(company: SimulatedCompany, now: datetime) -> list[SummaryRow]:
    """One row for each day and client type, oldest first; TOTAL_TRANS runs on within the client type."""
    daily: Counter[tuple[str, str]] = Counter()
    for row in company.visible_rows(now):
        daily[row.value("CREATED_DATE"), row.value("CLIENT_TYPE")] += row.transactions
    running: Counter[str] = Counter()
    rows = []
    for (day, client_type), total in daily.items():
        running[client_type] += total
        key = f"{day[6:]}{day[:2]}{day[3:5]}-{client_type}"
        values = (key, day, client_type, str(total), str(running[client_type]), _url(key))
        rows.append(SummaryRow(values))
    return rows


def _url(record_no: str) -> str:
    return f"https://www.intacct.com/ia/acct/ur.phtml?.r={record_no}&.op=demo"


def row_writer(name: str, fields: Sequence[str], *, quirks: Quirks, element: str = "") -> Callable[[TableRow], str]:
    """A function that writes one row's element with `fields` in this order; built once for a page."""
    positions = {entry[0]: index for index, entry in enumerate(FIELDS[name])}
    kept = [field_name for field_name in fields if field_name not in quirks.left_out]
    tag = element or (name.lower() if quirks.lower_case_rows else name)
    template = f"<{tag}>{''.join(f'<{field_name}>%s</{field_name}>' for field_name in kept)}</{tag}>"
    wanted = [positions[field_name] for field_name in kept]
    odd = quirks.iso_dates or quirks.replaced or quirks.record_url

    if odd or len(wanted) < 2:
        odd_values = _odd_values(name, kept, quirks=quirks)
        return lambda row: template % tuple(map(escape, odd_values(row.values)))
    pick = itemgetter(*wanted)

    def write(row: TableRow) -> str:
        values = pick(row.values)
        return template % (values if row.plain else tuple(map(escape, values)))

    return write


def _odd_values(name: str, fields: Sequence[str], *, quirks: Quirks) -> Callable[[Sequence[str]], Iterable[str]]:
    index = {entry[0]: (position, entry[1]) for position, entry in enumerate(FIELDS[name])}

    def values_of(values: Sequence[str]) -> Iterable[str]:
        for field_name in fields:
            position, datatype = index[field_name]
            text = quirks.replaced.get(field_name, values[position])
            if field_name == "RECORD_URL" and name == DETAIL:
                text = _url(values[0])
            if quirks.iso_dates and datatype in ("DATE", "TIMESTAMP") and field_name not in quirks.replaced:
                text = f"{text[6:10]}-{text[:2]}-{text[3:5]}{text[10:]}"
            yield text

    return values_of
