"""`readByQuery` and `readMore`: the older way to read, a snapshot given out page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lxml import etree

from .fault_kinds import ErrorText
from .gateway_conditions import IllegalCondition, parse_condition
from .gateway_context import Context, FunctionFailure, Outcome, data_element, failure
from .gateway_envelope import MalformedRequest, children, text_of
from .gateway_filters import Columns, IllegalValue, fields_of
from .gateway_query import matching_rows
from .gateway_sessions import Snapshot
from .gateway_tables import FIELDS, row_writer

_LARGEST_PAGE: Final = 1000
_READ_PARTS: Final = ("object", "fields", "query", "pagesize", "docparid", "returnFormat")


@dataclass(frozen=True)
class ReadRequest:
    """`fields` is a comma list or "*"; `condition` is read when the function runs."""

    object_name: str
    fields: str
    condition: str
    page_size: int


@dataclass(frozen=True)
class MoreRequest:
    """By `result_id`, or the newest result of `object_name`."""

    result_id: str
    object_name: str


def parse_read_by_query(element: etree._Element) -> ReadRequest:
    """Raises MalformedRequest."""
    texts = {str(child.tag): text_of(child) for child in children(element)}
    unknown = set(texts) - set(_READ_PARTS)
    if unknown or "object" not in texts:
        raise MalformedRequest("schema_error", f"readByQuery must hold an object and no {', '.join(sorted(unknown))}.")
    page_size = texts.get("pagesize") or "100"
    if not page_size.isdecimal() or not 1 <= int(page_size) <= _LARGEST_PAGE:
        raise MalformedRequest("schema_error", f"pagesize must be a whole number from 1 to {_LARGEST_PAGE}.")
    return ReadRequest(texts["object"].upper(), texts.get("fields") or "*", texts.get("query", ""), int(page_size))


def parse_read_more(element: etree._Element) -> MoreRequest:
    """Raises MalformedRequest."""
    texts = {str(child.tag): text_of(child) for child in children(element)}
    if list(texts) not in (["resultId"], ["object"]):
        raise MalformedRequest("schema_error", "readMore must hold one resultId or one object.")
    return MoreRequest(texts.get("resultId", ""), texts.get("object", "").upper())


def run_read(context: Context, request: ReadRequest) -> Outcome:
    """Raises FunctionFailure."""
    if request.object_name not in FIELDS or not context.caller.company.has_usage_object:
        raise failure("object_not_found_legacy", object=request.object_name)
    source = context.source(request.object_name)
    columns = context.columns(request.object_name)
    fields = _fields(request.fields, columns)
    try:
        condition = parse_condition(request.condition)
        unknown = sorted(fields_of(condition) - set(columns))
        if unknown:
            raise _query_failed(f"{unknown[0]} is not a field of {request.object_name}")
        rows = matching_rows(source, condition, columns=columns, ignore_case=False)
    except (IllegalCondition, IllegalValue) as error:
        raise _query_failed(f"The condition cannot be used: {error}") from error
    snapshot = Snapshot(
        company_id=context.caller.company.id,
        object_name=request.object_name,
        fields=fields,
        rows=rows,
        page_size=request.page_size,
        expires_at=context.now + context.state.result_life,
    )
    return _next_page(context, snapshot, result_id="")


def run_read_more(context: Context, request: MoreRequest) -> Outcome:
    """Raises FunctionFailure."""
    company_id = context.caller.company.id
    result_id = request.result_id or context.state.snapshots.newest(company_id, request.object_name)
    snapshot = context.state.snapshots.find(company_id, result_id)
    if snapshot is None or snapshot.expires_at <= context.now or snapshot.given >= len(snapshot.rows):
        raise FunctionFailure(ErrorText("readMore failed", "", f"There is no result {result_id} to read from."))
    return _next_page(context, snapshot, result_id=result_id)


def _fields(text: str, columns: Columns) -> tuple[str, ...]:
    if text == "*":
        return tuple(columns)
    names = tuple(name.strip() for name in text.split(","))
    unknown = [name for name in names if name not in columns]
    if unknown:
        raise failure("invalid_fields_list", fields=", ".join(unknown))
    return names


def _query_failed(reason: str) -> FunctionFailure:
    return FunctionFailure(ErrorText("Query Failed", "", reason))


def _next_page(context: Context, snapshot: Snapshot, *, result_id: str) -> Outcome:
    rows = snapshot.rows[snapshot.given : snapshot.given + snapshot.page_size]
    snapshot.given += len(rows)
    remaining = len(snapshot.rows) - snapshot.given
    if remaining and not result_id:
        result_id = context.state.snapshots.add(snapshot)
    name = snapshot.object_name.lower()
    write = row_writer(snapshot.object_name, snapshot.fields, quirks=context.quirks(), element=name)
    attributes: dict[str, object] = {"listtype": name, "count": len(rows), "totalcount": len(snapshot.rows)}
    attributes |= {"numremaining": remaining, "resultId": result_id if remaining else ""}
    return Outcome(data_element(attributes, "".join(map(write, rows))), rows=len(rows), total=len(snapshot.rows))
