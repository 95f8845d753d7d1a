"""Runs a parsed `query` for a caller and writes its `<data>`, with the faults that spoil it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import replace

from .fault_kinds import ErrorText
from .gateway_answers import element
from .gateway_context import Context, FunctionFailure, Outcome, data_element, failure
from .gateway_filters import Columns, IllegalValue
from .gateway_query import QueryRequest, Selected, aggregate, find_page, matching_rows, order_rows
from .gateway_source import Page
from .gateway_tables import Quirks, TableRow, row_writer


def run_query(context: Context, request: QueryRequest) -> Outcome:
    """Raises FunctionFailure."""
    context.source(request.object_name)
    columns = context.columns(request.object_name)
    unknown = [name for name in request.fields() if name not in columns]
    if unknown:
        raise failure("fields_not_readable", object=request.object_name, fields=", ".join(unknown))
    try:
        if request.aggregated:
            return _run_aggregates(context, request, columns=columns)
        page = _page(context, request, columns=columns)
    except IllegalValue as error:
        raise failure("illegal_format", fields=error.field) from error
    quirks = context.quirks()
    names = [item.field for item in request.selected]
    if request.return_format != "xml":
        positions = [columns[name].position for name in names]
        return _without_envelope(request.return_format, names, positions=positions, page=page)
    return _answer(context, request, page=page, written=_written(request, names, rows=page.rows, quirks=quirks))


def _page(context: Context, request: QueryRequest, *, columns: Columns) -> Page:
    source = context.source(request.object_name)
    seed = f"{context.caller.company.id}:{context.sequence}"
    repeated = context.faults.find("duplicate_rows")
    shifted = request
    if repeated and request.offset:  # the last rows of the page before come again
        shifted = replace(request, offset=max(0, request.offset - repeated.rows))
    page = find_page(source, shifted, columns=columns, shuffle_seed=seed)
    if repeated and not request.offset:
        page = Page([*page.rows, *page.rows[: repeated.rows]], page.total)
    return page


def _written(request: QueryRequest, names: list[str], *, rows: Sequence[TableRow], quirks: Quirks) -> list[str]:
    write = row_writer(request.object_name, names, quirks=quirks)
    return [write(row) for row in rows]


def _answer(context: Context, request: QueryRequest, *, page: Page, written: list[str]) -> Outcome:
    drift = context.faults.find("total_drift")
    short = context.faults.find("short_page")
    total = page.total + (drift.rows if drift else 0)
    count = len(written)
    if short:
        written = written[: max(0, count - short.rows)]
    attributes: dict[str, object] = {"listtype": request.object_name}
    if not context.faults.find("no_counts"):
        remaining = max(0, total - request.offset - count)
        attributes |= {"totalcount": total, "offset": request.offset, "count": count, "numremaining": remaining}
    return Outcome(data_element(attributes, "".join(written)), rows=len(written), total=total)


def _run_aggregates(context: Context, request: QueryRequest, *, columns: Columns) -> Outcome:
    source = context.source(request.object_name)
    rows = matching_rows(source, request.condition, columns=columns, ignore_case=request.ignore_case)
    try:
        groups = aggregate(order_rows(rows, request.order, columns=columns), request, columns=columns)
    except ValueError as error:
        raise FunctionFailure(ErrorText("DL02000001", "", "There was an error processing the request.")) from error
    shown = groups[request.offset : request.offset + request.page_size]
    names = [_aggregate_name(item, context.state.options.aggregate_names) for item in request.selected]
    tag = request.object_name.lower() if context.quirks().lower_case_rows else request.object_name
    written = [f"<{tag}>{''.join(map(element, names, texts))}</{tag}>" for texts in shown]
    return _answer(context, request, page=Page([], len(groups)), written=written)


def _aggregate_name(item: Selected, style: str) -> str:
    if item.aggregate == "count" or (item.aggregate and style == "prefixed"):
        return f"{item.aggregate.upper()}.{item.field}"
    return item.field


def _without_envelope(return_format: str, names: list[str], *, positions: list[int], page: Page) -> Outcome:
    """The bare rows: no control block, no authentication, no counts."""
    table = [[row.values[position] for position in positions] for row in page.rows]
    if return_format == "json":
        text = json.dumps([dict(zip(names, values, strict=True)) for values in table], ensure_ascii=False)
        return Outcome("", len(table), page.total, raw=("application/json", text))
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(names)
    writer.writerows(table)
    return Outcome("", len(table), page.total, raw=("text/csv", buffer.getvalue()))
