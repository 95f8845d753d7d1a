"""The SQL-like conditions of `readByQuery`, turned into the same conditions that `query` uses."""

from __future__ import annotations

import re
from typing import Final

from .gateway_filters import Comparison, Condition, Junction, Negation

_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<text>'(?:[^'\\]|\\.)*') | (?P<sign><=|>=|<>|!=|=|<|>) | (?P<mark>[(),]) | (?P<word>[^\s'()<>=!,]+)
    )""",
    re.VERBOSE | re.DOTALL,
)
_SIGNS: Final = {
    "=": "equalto",
    "!=": "notequalto",
    "<>": "notequalto",
    "<": "lessthan",
    "<=": "lessthanorequalto",
    ">": "greaterthan",
    ">=": "greaterthanorequalto",
}


class IllegalCondition(Exception):
    """The condition cannot be read; the message says where."""


def parse_condition(text: str) -> Condition | None:
    """Read a condition; None for an empty one. Raises IllegalCondition."""
    if not text.strip():
        return None
    reader = _Reader(text)
    condition = reader.any_of()
    if reader.position < len(reader.tokens):
        raise IllegalCondition(f"{reader.tokens[reader.position][1]} is not expected here")
    return condition


class _Reader:
    """Recursive descent over `tokens`, pairs of kind and text. Words are compared without regard to case."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        self.position = 0
        self._depth = 0
        end = 0
        while text[end:].strip():
            match = _TOKEN.match(text, end)
            if match is None:
                raise IllegalCondition(f"{text[end : end + 20]} cannot be read")
            self.tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
            end = match.end()

    def _peek(self) -> tuple[str, str]:
        return self.tokens[self.position] if self.position < len(self.tokens) else ("end", "the end")

    def _take(self, kind: str) -> str:
        found, text = self._peek()
        if found != kind:
            raise IllegalCondition(f"{text} is not expected here")
        self.position += 1
        return text

    def _took(self, word: str) -> bool:
        """Step over `word` if it comes next."""
        kind, text = self._peek()
        if kind in ("word", "mark") and text.upper() == word:
            self.position += 1
            return True
        return False

    def _demand(self, word: str) -> None:
        if not self._took(word):
            raise IllegalCondition(f"{word} expected, {self._peek()[1]} found")

    def any_of(self) -> Condition:
        parts = [self._all_of()]
        while self._took("OR"):
            parts.append(self._all_of())
        return parts[0] if len(parts) == 1 else Junction("or", tuple(parts))

    def _all_of(self) -> Condition:
        parts = [self._one()]
        while self._took("AND"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Junction("and", tuple(parts))

    def _one(self) -> Condition:
        self._depth += 1
        if self._depth > 50:
            raise IllegalCondition("the condition is nested too deeply")
        try:
            if self._took("NOT"):
                return Negation(self._one())
            if self._took("("):
                inner = self.any_of()
                self._demand(")")
                return inner
            return self._comparison()
        finally:
            self._depth -= 1

    def _comparison(self) -> Condition:
        field = self._take("word").upper()
        kind, text = self._peek()
        if kind == "sign":
            self.position += 1
            return Comparison(field, _SIGNS[text], (self._value(),))
        if self._took("IS"):
            negated = self._took("NOT")
            self._demand("NULL")
            return Comparison(field, "isnotnull" if negated else "isnull")
        negated = self._took("NOT")
        if self._took("LIKE"):
            return Comparison(field, "notlike" if negated else "like", (self._value(),))
        self._demand("IN")
        return Comparison(field, "notin" if negated else "in", self._values())

    def _values(self) -> tuple[str, ...]:
        self._demand("(")
        values = [self._value()]
        while self._took(","):
            values.append(self._value())
        self._demand(")")
        return tuple(values)

    def _value(self) -> str:
        if self._peek()[0] == "word":
            return self._take("word")
        return re.sub(r"\\(.)", r"\1", self._take("text")[1:-1], flags=re.DOTALL)
