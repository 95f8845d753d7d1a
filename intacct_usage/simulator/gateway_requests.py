"""One request from its bytes to the answer document: parse, check, run, count, write."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from .companies import SimulatedCompany
from .fault_kinds import FAULT_KINDS, ErrorText
from .gateway_answers import (
    Result,
    authentication_failure,
    control_failure,
    operation_answer,
    short_failure,
)
from .gateway_checks import Checks, Refused, refusal
from .gateway_context import Caller, Context, FunctionFailure, Outcome
from .gateway_envelope import Envelope, MalformedRequest, parse_envelope
from .gateway_faults import ActiveFaults, FaultBoard, error_texts, kind_of
from .gateway_functions import ParsedFunction, parse_function, run_function
from .gateway_ledger import Call, GatewayLedger
from .gateway_results import (
    GatewayReply,
    aborted_result,
    authentication_of,
    failed_result,
    faulty_result,
    function_fault,
    replaced_reply,
    reply_headers,
)
from .gateway_sessions import CompanyGate, ControlIds
from .scenario import Fault, Scenario
from .usage_rows import CallTexts


@dataclass(frozen=True)
class RequestInfo:
    """What a hook learns about a function that is about to run."""

    sequence: int
    now: datetime
    company: SimulatedCompany
    sender_id: str
    user_id: str
    function: str
    control_id: str
    object_name: str
    offset: int
    page_size: int


@dataclass
class _Exchange:
    """One request in the making. `base` is what all its ledger entries share."""

    envelope: Envelope
    functions: list[ParsedFunction]
    faults: ActiveFaults
    now: datetime
    base: Call
    calls: list[Call] = field(default_factory=list)

    @property
    def support_id(self) -> str:
        return f"DeMo{self.base.sequence:05d}%7Ex"


Hook = Callable[[RequestInfo], None]


@dataclass
class RequestDesk:
    """Answers requests of one gateway; safe from many threads.

    `wait` pauses for seconds and returns early when the gateway stops. `hooks` run before each function, lock-free.
    """

    scenario: Scenario
    checks: Checks
    ledger: GatewayLedger
    board: FaultBoard
    clock: Callable[[], datetime]
    wait: Callable[[float], object]
    hooks: list[Hook]

    def __post_init__(self) -> None:
        options = self.scenario.gateway
        self._gate = CompanyGate(options.concurrency, options.hold_seconds)
        self._control_ids = ControlIds()
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def answer(self, body: bytes) -> GatewayReply:
        """The answer to a request document; never raises for what a client sent."""
        with self._lock:
            sequence = next(self._numbers)
        now = self.clock()
        try:
            envelope = parse_envelope(body)
            functions = [parse_function(function) for function in envelope.functions]
        except MalformedRequest as error:
            return self._malformed(error, Call(sequence, now))
        company_id = self.checks.company_id_of(envelope)
        faults = self.board.take(company_id, [function.name for function in functions])
        base = Call(
            sequence=sequence,
            at=now,
            company=company_id,
            sender_id=envelope.sender_id,
            user_id=envelope.login.user_id if envelope.login else "",
            document_control_id=envelope.control_id,
            credential="login" if envelope.login else "session",
            fault=faults.names,
        )
        exchange = _Exchange(envelope, functions, faults, now, base)
        reply = self._answer_parsed(exchange)
        status = 0 if faults.find("cut") else reply.status
        for call in exchange.calls:
            self.ledger.add(replace(call, http_status=status))
        return reply

    def _malformed(self, error: MalformedRequest, base: Call) -> GatewayReply:
        kind = FAULT_KINDS[error.kind].error or ErrorText("XL03000003")
        shown = replace(kind, description2=f"{kind.description2} {error.reason}")
        self.ledger.add(replace(base, level="control", error_number=kind.number))
        return GatewayReply(control_failure(None, [shown], support_id=f"DeMo{base.sequence:05d}%7Ex"))

    def _answer_parsed(self, exchange: _Exchange) -> GatewayReply:
        replacement = exchange.faults.first("replacement")
        if replacement and not kind_of(replacement).counted:
            self._dawdle(exchange)
            self._note_all(exchange, "replacement", number=str(kind_of(replacement).status))
            return replaced_reply(replacement, exchange.faults)
        try:
            caller = self.checks.admit(exchange.envelope, exchange.faults, now=exchange.now)
            exchange.base = replace(exchange.base, company=caller.company.id, user_id=caller.user_id)
            reply = self._work(exchange, caller)
        except Refused as refused:
            self._dawdle(exchange)
            self._note_all(exchange, refused.stage, number=refused.errors[0].number)
            reply = self._refused(exchange, refused)
        return replaced_reply(replacement, exchange.faults) if replacement else reply

    def _note_all(self, exchange: _Exchange, level: str, *, number: str) -> None:
        """Enter every function of a request that ended before its functions."""
        for function in exchange.functions:
            exchange.calls.append(replace(_entry(exchange, function), level=level, error_number=number))

    def _refused(self, exchange: _Exchange, refused: Refused) -> GatewayReply:
        envelope, support_id = exchange.envelope, exchange.support_id
        if refused.stage == "short":
            text = short_failure(refused.errors[0])
        elif refused.stage == "control":
            text = control_failure(envelope, refused.errors, support_id=support_id)
        else:
            text = authentication_failure(envelope, refused.who, error=refused.errors[0], support_id=support_id)
        return GatewayReply(text, refused.status, reply_headers(refused.retry_after), exchange.faults)

    def _work(self, exchange: _Exchange, caller: Caller) -> GatewayReply:
        with self._gate.enter(caller.company.id) as entered:
            if not entered:
                return self._turned_away(exchange, caller)
            self._dawdle(exchange, self.scenario.latency_seconds)
            return self._run_functions(exchange, caller)

    def _dawdle(self, exchange: _Exchange, seconds: float = 0.0) -> None:
        """Take as long as the scenario and a fault say."""
        slow = exchange.faults.find("slow")
        if slow or seconds:
            self.wait(seconds + (slow.seconds if slow else 0.0))

    def _turned_away(self, exchange: _Exchange, caller: Caller) -> GatewayReply:
        kind = self.scenario.gateway.concurrency_refusal
        if FAULT_KINDS[kind].stage == "short":
            raise refusal(kind)
        errors = error_texts(Fault(kind), {})
        self._note_all(exchange, "function", number=errors[0].number)
        results = [failed_result(function, errors) for function in exchange.functions]
        return self._reply(exchange, caller, results=results)

    def _run_functions(self, exchange: _Exchange, caller: Caller) -> GatewayReply:
        context = Context(
            self.checks.state, caller, exchange.envelope, exchange.faults, exchange.now, exchange.base.sequence
        )
        results: list[Result] = []
        for function in exchange.functions:
            for hook in list(self.hooks):
                hook(_info(exchange, caller, function=function))
            outcome, result = self._run_one(context, exchange, function=function)
            results.append(result)
            if outcome and outcome.raw:
                content_type, text = outcome.raw
                return GatewayReply(text, 200, (("Content-Type", content_type),), exchange.faults)
            if result.status != "success" and exchange.envelope.transaction:
                results = [aborted_result(result) for result in results]
                break
        return self._reply(exchange, caller, results=results)

    def _run_one(
        self, context: Context, exchange: _Exchange, *, function: ParsedFunction
    ) -> tuple[Outcome | None, Result]:
        caller = context.caller
        entry = _entry(exchange, function)
        outcome = None
        fault = function_fault(exchange.faults, function)
        try:
            self._check_control_id(exchange, caller, function=function)
            if fault:
                result = faulty_result(fault, function, words=_words(exchange, caller, function=function))
            else:
                outcome = run_function(context, function)
                result = Result(function.name, function.control_id, outcome.data)
                entry = replace(entry, rows=outcome.rows, total=outcome.total)
        except FunctionFailure as failure:
            result = failed_result(function, failure.errors)
        if result.errors:
            entry = replace(entry, level="function", error_number=result.errors[0].number)
        exchange.calls.append(entry)
        if fault is None or kind_of(fault).counted:
            self._count_usage(exchange, caller, function=function, failed=bool(result.errors))
        return outcome, result

    def _check_control_id(self, exchange: _Exchange, caller: Caller, *, function: ParsedFunction) -> None:
        if exchange.envelope.unique_id and not self._control_ids.is_new(caller.company.id, function.control_id):
            errors = error_texts(Fault("control_id_in_process"), {"control_id": function.control_id})
            raise FunctionFailure(*errors)

    def _count_usage(self, exchange: _Exchange, caller: Caller, *, function: ParsedFunction, failed: bool) -> None:
        """Reading usage is usage: one transaction for each call of a read method."""
        if not caller.company.counts_own_calls:
            return
        texts = CallTexts(
            partner_id=caller.sender_id,
            function=function.name,
            control_id=function.control_id,
            document_control_id=exchange.envelope.control_id,
            login_id=caller.user_id,
            status="failure" if failed else "success",
        )
        delay = self.scenario.gateway.visible_after_seconds
        visible_at = exchange.now + timedelta(seconds=delay) if delay else None
        caller.company.add_row(exchange.now, texts=texts, visible_at=visible_at)

    def _reply(self, exchange: _Exchange, caller: Caller, *, results: list[Result]) -> GatewayReply:
        who = (
            None
            if any(result.layout == "error-data" for result in results)
            else authentication_of(caller, exchange.faults)
        )
        text = operation_answer(exchange.envelope, who, results=results, support_id=exchange.support_id)
        fault = exchange.faults.first("function")
        return GatewayReply(text, 200, reply_headers(fault.retry_after if fault else ""), exchange.faults)


def _entry(exchange: _Exchange, function: ParsedFunction) -> Call:
    request = function.request
    return replace(
        exchange.base,
        function=function.name,
        control_id=function.control_id,
        object_name=function.object_name,
        offset=getattr(request, "offset", 0),
        page_size=getattr(request, "page_size", 0),
    )


def _info(exchange: _Exchange, caller: Caller, *, function: ParsedFunction) -> RequestInfo:
    entry = _entry(exchange, function)
    return RequestInfo(
        sequence=entry.sequence,
        now=exchange.now,
        company=caller.company,
        sender_id=caller.sender_id,
        user_id=caller.user_id,
        function=function.name,
        control_id=function.control_id,
        object_name=function.object_name,
        offset=entry.offset,
        page_size=entry.page_size,
    )


def _words(exchange: _Exchange, caller: Caller, *, function: ParsedFunction) -> dict[str, str]:
    return {
        "sender": caller.sender_id,
        "company": caller.company.id,
        "user": caller.user_id,
        "object": function.object_name,
        "control_id": function.control_id,
        "session": exchange.envelope.session_id or "",
    }
