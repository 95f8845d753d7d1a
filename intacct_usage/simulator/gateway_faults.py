"""The faults that are switched on, and what they come to for one request."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from .fault_kinds import FAULT_KINDS, ErrorText, FaultKind
from .scenario import Fault


def kind_of(fault: Fault) -> FaultKind:
    """The table row of a fault; for kind "error" it is made from the fault's own parameters."""
    kind = FAULT_KINDS[fault.kind]
    if kind.stage != "error":
        return kind
    error = ErrorText(fault.number, fault.text if fault.level == "short" else "", fault.text)
    return FaultKind(fault.level, error, fault.status or 200, counted=fault.level == "function")


def error_texts(fault: Fault, words: Mapping[str, str]) -> tuple[ErrorText, ...]:
    """The errors a refusing fault shows, the cause first; `words` fill the placeholders of the table."""
    kind = kind_of(fault)
    if kind.error is None:
        return ()
    if fault.kind == "error":
        return (kind.error,)
    first = kind.error
    if fault.text:
        first = replace(first, **{"description" if kind.stage == "short" else "description2": fault.text})
    filled = dict(words)
    if fault.fields:
        filled["fields"] = ", ".join(fault.fields)
    return tuple(fill(error, filled) for error in (first, *kind.more))


def fill(error: ErrorText, words: Mapping[str, str]) -> ErrorText:
    """Put `words` where an error text has placeholders."""
    known = {
        "sender": "",
        "company": "",
        "user": "",
        "object": "",
        "fields": "",
        "session": "",
        "control_id": "",
        **words,
    }
    known["object_lower"] = known["object"].lower()

    def filled(text: str) -> str:
        for name, word in known.items():
            text = text.replace("{" + name + "}", word)
        return text

    return ErrorText(
        filled(error.number), filled(error.description), filled(error.description2), filled(error.correction)
    )


@dataclass(frozen=True)
class ActiveFaults:
    """The faults that act on one request, in the order they were switched on."""

    faults: tuple[Fault, ...] = ()

    def find(self, *kinds: str) -> Fault | None:
        """The first of these kinds, if any."""
        return next((fault for fault in self.faults if fault.kind in kinds), None)

    def first(self, stage: str) -> Fault | None:
        """The first fault of a stage, if any."""
        return next((fault for fault in self.faults if kind_of(fault).stage == stage), None)

    @property
    def names(self) -> str:
        return ",".join(fault.kind for fault in self.faults)


@dataclass
class _Switched:
    fault: Fault
    met: int = 0

    def meets(self, company_id: str, functions: Sequence[str]) -> bool:
        fault = self.fault
        here = fault.company == "*" or fault.company.casefold() == company_id.casefold()
        return here and (fault.function == "*" or fault.function in functions)

    def act(self) -> bool:
        """Count one matching request and tell whether the fault acts on it."""
        self.met += 1
        number = self.met - self.fault.after
        return number > 0 and (self.fault.times is None or number <= self.fault.times)


class FaultBoard:
    """Faults that can be switched on and off while the gateway runs; safe from several threads."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._switched = [_Switched(fault) for fault in faults]

    def add(self, *faults: Fault) -> None:
        with self._lock:
            self._switched += [_Switched(fault) for fault in faults]

    def clear(self, kind: str | None = None) -> None:
        """Switch off one kind, or all."""
        with self._lock:
            self._switched = [entry for entry in self._switched if kind not in (None, entry.fault.kind)]

    def current(self) -> tuple[Fault, ...]:
        """What is switched on, worn-out faults included."""
        with self._lock:
            return tuple(entry.fault for entry in self._switched)

    def take(self, company_id: str, functions: Sequence[str]) -> ActiveFaults:
        """Count one request against every fault it meets and return those that act on it."""
        if not self._switched:
            return ActiveFaults()
        with self._lock:
            return ActiveFaults(
                tuple(entry.fault for entry in self._switched if entry.meets(company_id, functions) and entry.act())
            )
