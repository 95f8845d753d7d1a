"""The gateway's read-out for other processes: what was called, what rows there are, which faults are on.

`GET /__simulator__/ledger` counts calls; `?rows=called` (the default) adds row totals of the companies called so far,
`all` of every company, `none` of none; `company=ID` narrows it, `since=` and `until=` (included) bound the rows.
`GET /__simulator__/faults` lists the faults; `POST` with `{"add": [{"kind": ...}], "clear": true or "kind"}` switches
them.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from .companies import SimulatedCompany
from .gateway_faults import FaultBoard
from .gateway_ledger import GatewayLedger
from .scenario import Fault
from .toml_values import ScenarioError, build
from .web import Json, WebAnswer, WebRequest, json_answer

PREFIX: Final = "/__simulator__/"


def answer_read_out(
    request: WebRequest, ledger: GatewayLedger, *, faults: FaultBoard, companies: Mapping[str, SimulatedCompany]
) -> WebAnswer:
    """Answer a request below `PREFIX` as JSON."""
    try:
        if request.path == PREFIX + "ledger" and request.method == "GET":
            return json_answer(_ledger(request, ledger, companies=companies))
        if request.path == PREFIX + "faults" and request.method in ("GET", "POST"):
            if request.method == "POST":
                _switch(request.body, faults)
            return json_answer({"faults": [_fault(fault) for fault in faults.current()]})
    except ValueError as error:  # ScenarioError, bad JSON and bad dates are all this
        return json_answer({"error": str(error)}, 400)
    return json_answer({"error": "There is nothing here."}, 404)


def _ledger(request: WebRequest, ledger: GatewayLedger, *, companies: Mapping[str, SimulatedCompany]) -> Json:
    wanted = request.query.get("company")
    counts = {company: found for company, found in ledger.counts().items() if wanted in (None, company)}
    by_function: dict[str, int] = {}
    for functions in counts.values():
        for function, number in functions.items():
            by_function[function] = by_function.get(function, 0) + number
    since, until = (_day(request.query.get(name)) for name in ("since", "until"))
    rows: dict[str, Json] = {}
    for company in _row_companies(request, counts, companies=companies):
        totals = ledger.totals(company, since, until)
        rows[company] = {"records": totals.records, "transactions": totals.transactions}
    return {
        "calls": sum(by_function.values()),
        "sign_ins": len(ledger.sign_ins(wanted)),
        "by_function": dict(by_function),
        "by_company": {company: dict(functions) for company, functions in counts.items()},
        "rows": rows,
    }


def _row_companies(
    request: WebRequest, counts: Iterable[str], *, companies: Mapping[str, SimulatedCompany]
) -> list[str]:
    which = request.query.get("rows", "called")
    if which not in ("called", "all", "none"):
        raise ValueError("rows must be called, all or none.")
    wanted = request.query.get("company")
    chosen: Iterable[str] = {"called": counts, "all": companies, "none": ()}[which]
    return [company for company in chosen if company in companies and wanted in (None, company)]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _switch(body: bytes, faults: FaultBoard) -> None:
    wish = json.loads(body)
    if not isinstance(wish, dict) or set(wish) - {"add", "clear"} or not isinstance(wish.get("add", []), list):
        raise ScenarioError('The body must be an object with "add" (a list of faults), "clear", or both.')
    added = [
        build(Fault, entry if isinstance(entry, dict) else {}, where=f"add[{n}]")
        for n, entry in enumerate(wish.get("add", []))
    ]
    clear = wish.get("clear")
    if clear:
        faults.clear(None if clear is True else str(clear))
    faults.add(*added)


def _fault(fault: Fault) -> Json:
    shown: dict[str, Json] = {}
    for field in dataclasses.fields(fault):
        value = getattr(fault, field.name)
        shown[field.name] = list(value) if isinstance(value, tuple) else value
    return shown
