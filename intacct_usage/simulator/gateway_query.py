"""The `query` function: its grammar, and its execution over a company's rows."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from lxml import etree

from .gateway_envelope import MalformedRequest, children, text_of
from .gateway_filters import (
    COMPARISONS,
    Columns,
    Comparison,
    Condition,
    Junction,
    compile_condition,
    fields_of,
    key_function,
    label_second,
    time_span,
)
from .gateway_source import Page, TableSource
from .gateway_tables import DETAIL, TableRow

AGGREGATES: Final = ("count", "avg", "min", "max", "sum")
_LARGEST_PAGE: Final = 2000
_MOST_VALUES: Final = 1000
_PARTS: Final = ("select", "object", "docparid", "filter", "orderby", "options", "pagesize", "offset")
_VALUE_COUNTS: Final = {
    "between": (2, 2),
    "in": (1, _MOST_VALUES),
    "notin": (1, _MOST_VALUES),
    "isnull": (0, 0),
    "isnotnull": (0, 0),
}


@dataclass(frozen=True)
class Selected:
    """One item of `select`: a field, or an aggregate over one."""

    field: str
    aggregate: str = ""


@dataclass(frozen=True)
class Order:
    field: str
    descending: bool = False


@dataclass(frozen=True)
class QueryRequest:
    object_name: str
    selected: tuple[Selected, ...]
    condition: Condition | None = None
    order: tuple[Order, ...] = ()
    ignore_case: bool = False
    return_format: str = "xml"
    page_size: int = 100
    offset: int = 0

    @property
    def aggregated(self) -> bool:
        return any(item.aggregate for item in self.selected)

    def fields(self) -> list[str]:
        """Every field it names, in the order of mention, each once."""
        names = [item.field for item in self.selected]
        names += sorted(fields_of(self.condition)) + [order.field for order in self.order]
        return list(dict.fromkeys(names))


def parse_query(element: etree._Element) -> QueryRequest:
    """Read `<query>`. Raises MalformedRequest where the published schema would refuse it."""
    parts: dict[str, etree._Element] = {}
    for child in children(element):
        if child.tag not in _PARTS or child.tag in parts:
            raise _schema(f"query: {child.tag} is unknown or given twice.")
        parts[str(child.tag)] = child
    if "object" not in parts or "select" not in parts:
        raise _schema("query: object and select are required.")
    options = _parse_options(parts.get("options"))
    return QueryRequest(
        object_name=text_of(parts["object"]).upper(),
        selected=_parse_select(parts["select"]),
        condition=_parse_filter(parts["filter"]) if "filter" in parts else None,
        order=_parse_order(parts["orderby"]) if "orderby" in parts else (),
        ignore_case=options["caseinsensitive"] == "true",
        return_format=options["returnformat"],
        page_size=_whole_number(parts.get("pagesize"), 100, least=1, most=_LARGEST_PAGE),
        offset=_whole_number(parts.get("offset"), 0, least=0, most=10**12),
    )


def _schema(reason: str) -> MalformedRequest:
    return MalformedRequest("schema_error", reason)


def _parse_select(element: etree._Element) -> tuple[Selected, ...]:
    selected = []
    for child in children(element):
        if child.tag != "field" and child.tag not in AGGREGATES:
            raise _schema(f"select: {child.tag} is unknown.")
        selected.append(Selected(text_of(child), "" if child.tag == "field" else str(child.tag)))
    if not selected:
        raise _schema("select must name at least one field.")
    return tuple(selected)


def _parse_filter(element: etree._Element) -> Condition:
    inner = children(element)
    if len(inner) != 1:
        raise _schema("filter must hold exactly one operator.")
    return _parse_condition(inner[0])


def _parse_condition(element: etree._Element) -> Condition:
    name = str(element.tag)
    inner = children(element)
    if name in ("and", "or"):
        if len(inner) < 2:
            raise _schema(f"{name} must hold at least two operators.")
        return Junction(name, tuple(_parse_condition(child) for child in inner))
    if name not in COMPARISONS:
        raise _schema(f"filter: {name} is not an operator.")
    fewest, most = _VALUE_COUNTS.get(name, (1, 1))
    tags = [child.tag for child in inner]
    if tags[:1] != ["field"] or set(tags[1:]) - {"value"} or not fewest <= len(tags) - 1 <= most:
        raise _schema(f"{name} must hold a field and {fewest} to {most} values.")
    return Comparison(text_of(inner[0]), name, tuple(child.text or "" for child in inner[1:]))


def _parse_order(element: etree._Element) -> tuple[Order, ...]:
    orders = []
    for child in children(element):
        tags = [part.tag for part in children(child)]
        if child.tag != "order" or tags not in (["field"], ["field", "ascending"], ["field", "descending"]):
            raise _schema("orderby must hold orders of a field and an optional ascending or descending.")
        orders.append(Order(text_of(children(child)[0]), descending="descending" in tags))
    if not orders:
        raise _schema("orderby must hold at least one order.")
    return tuple(orders)


def _parse_options(element: etree._Element | None) -> dict[str, str]:
    options = {"caseinsensitive": "false", "showprivate": "false", "returnformat": "xml"}
    for child in [] if element is None else children(element):
        allowed = ("xml", "csv", "json") if child.tag == "returnformat" else ("true", "false")
        if child.tag not in options or text_of(child) not in allowed:
            raise _schema(f"options: {child.tag} is unknown or has a wrong value.")
        options[str(child.tag)] = text_of(child)
    return options


def _whole_number(element: etree._Element | None, default: int, *, least: int, most: int) -> int:
    if element is None:
        return default
    text = text_of(element)
    if not text.isdecimal() or not least <= int(text) <= most:
        raise _schema(f"{element.tag} must be a whole number from {least} to {most}.")
    return int(text)


# --- execution


def find_page(source: TableSource, request: QueryRequest, *, columns: Columns, shuffle_seed: str) -> Page:
    """The rows of one page and their total. Without an order the rows come in another order each time.

    Raises IllegalValue; all fields must be in `columns`.
    """
    span = time_span(request.condition, columns) if request.object_name == DETAIL else None
    if span and span.exact and _is_stored_order(request.order):
        since, until = (label_second(end) if end else None for end in (span.since, span.until))
        return source.page(since, until, offset=request.offset, size=request.page_size)
    rows = matching_rows(source, request.condition, columns=columns, ignore_case=request.ignore_case)
    rows = order_rows(rows, request.order, columns=columns) if request.order else _shuffled(rows, shuffle_seed)
    return Page(rows[request.offset : request.offset + request.page_size], len(rows))


def _is_stored_order(order: Sequence[Order]) -> bool:
    return tuple(order) == (Order("CREATED_TIME"), Order("RECORDNO"))


def matching_rows(
    source: TableSource, condition: Condition | None, *, columns: Columns, ignore_case: bool
) -> list[TableRow]:
    """All rows a condition finds, in the stored order (creation time, record number)."""
    span = time_span(condition, columns)
    since, until = (label_second(end) if end else None for end in (span.since, span.until))
    rows = source.rows(since, until)
    if condition is None:
        return rows
    holds = compile_condition(condition, columns, ignore_case=ignore_case)
    return [row for row in rows if holds(row.values) is True]


def order_rows(rows: Sequence[TableRow], order: Sequence[Order], *, columns: Columns) -> list[TableRow]:
    """Sort by several fields; null comes last going up and first going down."""
    ordered = list(rows)
    for item in reversed(order):
        column = columns[item.field]
        ordered.sort(key=_order_key(column.position, key_function(column.datatype)), reverse=item.descending)
    return ordered


def _order_key(position: int, key: Callable[[str], str | int]) -> Callable[[TableRow], tuple[bool, str | int]]:
    def key_of(row: TableRow) -> tuple[bool, str | int]:
        text = row.values[position]
        return (False, key(text)) if text else (True, 0)

    return key_of


def _shuffled(rows: list[TableRow], seed: str) -> list[TableRow]:
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)
    return shuffled


def aggregate(rows: Sequence[TableRow], request: QueryRequest, *, columns: Columns) -> list[tuple[str, ...]]:
    """One tuple of texts per group, in the order of `select`; groups by the selected plain fields, in order of
    appearance.

    Raises ValueError when a sum or an average is asked of a field without numbers.
    """
    group_positions = [columns[item.field].position for item in request.selected if not item.aggregate]
    groups: dict[tuple[str, ...], list[TableRow]] = {}
    for row in rows:
        groups.setdefault(tuple(row.values[position] for position in group_positions), []).append(row)
    if not groups and not group_positions:
        groups[()] = []
    return [_group_texts(key, members, request=request, columns=columns) for key, members in groups.items()]


def _group_texts(
    key: tuple[str, ...], members: Sequence[TableRow], *, request: QueryRequest, columns: Columns
) -> tuple[str, ...]:
    fields = iter(key)
    texts = []
    for item in request.selected:
        if item.aggregate:
            column = columns[item.field]
            values = [row.values[column.position] for row in members if row.values[column.position]]
            texts.append(_aggregate_text(item.aggregate, values, datatype=column.datatype))
        else:
            texts.append(next(fields))
    return tuple(texts)


def _aggregate_text(function: str, values: Sequence[str], *, datatype: str) -> str:
    if function == "count":
        return str(len(values))
    if not values:
        return ""
    if function in ("min", "max"):
        chosen = min if function == "min" else max
        return chosen(values, key=key_function(datatype))
    total = sum(int(value) for value in values)
    if function == "sum":
        return str(total)
    return str((Decimal(total) / len(values)).quantize(Decimal("0.01"), ROUND_HALF_UP))
