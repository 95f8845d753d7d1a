"""The filter engine: conditions over rows of wire texts, with the three-valued logic of a database.

An empty text is null. A comparison with null is neither true nor false (None), `and`, `or` and `not` follow from
that, and a row is found only where the whole condition is True.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

Values = Sequence[str]
Predicate = Callable[[Values], bool | None]
Key = str | int

_DATE: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_MOMENT: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}) (\d{1,2}):(\d{2}):(\d{2})")
_LAST_YEAR: Final = 9999  # nothing is later
COMPARISONS: Final = (
    "equalto",
    "notequalto",
    "lessthan",
    "lessthanorequalto",
    "greaterthan",
    "greaterthanorequalto",
    "between",
    "in",
    "notin",
    "like",
    "notlike",
    "isnull",
    "isnotnull",
)


@dataclass(frozen=True)
class Comparison:
    """`field` against `values`; `operator` is one of `COMPARISONS`."""

    field: str
    operator: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Junction:
    """`word` is "and" or "or"."""

    word: str
    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Negation:
    part: Condition


Condition = Comparison | Junction | Negation


class IllegalValue(Exception):
    """A value that does not fit the type of its field."""

    def __init__(self, field: str, value: str) -> None:
        super().__init__(f"{field}: {value}")
        self.field = field


@dataclass(frozen=True)
class Column:
    """Where a field stands in a row and how it compares: TEXT, INTEGER, DATE or TIMESTAMP."""

    position: int
    datatype: str


Columns = Mapping[str, Column]


def fields_of(condition: Condition | None) -> set[str]:
    """Every field a condition looks at."""
    if condition is None:
        return set()
    if isinstance(condition, Comparison):
        return {condition.field}
    if isinstance(condition, Negation):
        return fields_of(condition.part)
    return set().union(*(fields_of(part) for part in condition.parts))


def key_function(datatype: str, *, ignore_case: bool = False) -> Callable[[str], Key]:
    """Turn wire texts of a type into something that sorts and compares rightly."""
    if datatype == "INTEGER":
        return int
    if datatype in ("DATE", "TIMESTAMP"):
        return _time_key
    return str.casefold if ignore_case else _same


def _same(text: str) -> str:
    return text


def _time_key(text: str) -> str:
    return text[6:10] + text[:5] + text[10:]


def _parse_date(text: str) -> date | None:
    match = _DATE.fullmatch(text)
    try:
        return date(int(match[3]), int(match[1]), int(match[2])) if match else None
    except ValueError:
        return None


def _parse_moment(text: str) -> datetime | None:
    """A date-time, or a date read as its midnight; a naive label in the company's zone."""
    match = _MOMENT.fullmatch(text)
    try:
        if match:
            month, day, year, hour, minute, second = (int(part) for part in match.groups())
            return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - a label without a zone
    except ValueError:
        return None
    day_only = _parse_date(text)
    return datetime(day_only.year, day_only.month, day_only.day) if day_only else None  # noqa: DTZ001 - as above


def _canonical(field: str, datatype: str, *, text: str) -> str:
    """The wire form of a value given in a condition. Raises IllegalValue."""
    if datatype == "INTEGER":
        if not re.fullmatch(r"-?\d{1,18}", text):
            raise IllegalValue(field, text)
    elif datatype == "DATE":
        day = _parse_date(text)
        if day is None:
            raise IllegalValue(field, text)
        return _wire_date(day)
    elif datatype == "TIMESTAMP":
        moment = _parse_moment(text)
        if moment is None:
            raise IllegalValue(field, text)
        return f"{_wire_date(moment)} {moment:%H:%M:%S}"
    return text


def _wire_date(day: date) -> str:
    return f"{day.month:02d}/{day.day:02d}/{day.year:04d}"


def compile_condition(condition: Condition, columns: Columns, *, ignore_case: bool) -> Predicate:
    """Make the condition a function of a row's values. Raises IllegalValue; all its fields must be in `columns`."""
    if isinstance(condition, Negation):
        return _negated(compile_condition(condition.part, columns, ignore_case=ignore_case))
    if isinstance(condition, Junction):
        parts = [compile_condition(part, columns, ignore_case=ignore_case) for part in condition.parts]
        return _all_of(parts) if condition.word == "and" else _negated(_all_of([_negated(part) for part in parts]))
    return _compile_comparison(condition, columns[condition.field], ignore_case=ignore_case)


def _all_of(parts: Sequence[Predicate]) -> Predicate:
    def holds(values: Values) -> bool | None:
        answer: bool | None = True
        for part in parts:
            found = part(values)
            if found is False:
                return False
            if found is None:
                answer = None
        return answer

    return holds


def _negated(part: Predicate) -> Predicate:
    def holds(values: Values) -> bool | None:
        found = part(values)
        return None if found is None else not found

    return holds


def _compile_comparison(comparison: Comparison, column: Column, *, ignore_case: bool) -> Predicate:
    position = column.position
    operator = comparison.operator
    if operator == "isnull":
        return lambda values: values[position] == ""
    if operator == "isnotnull":
        return lambda values: values[position] != ""
    if operator in ("like", "notlike"):
        return _not_null(position, _like(comparison, ignore_case))
    key = key_function(column.datatype, ignore_case=ignore_case)
    operands = [key(_canonical(comparison.field, column.datatype, text=value)) for value in comparison.values]
    test = _TESTS[operator](operands)
    return _not_null(position, lambda text: test(key(text)))


def _not_null(position: int, test: Callable[[str], bool]) -> Predicate:
    def holds(values: Values) -> bool | None:
        text = values[position]
        return test(text) if text else None

    return holds


def _like(comparison: Comparison, ignore_case: bool) -> Callable[[str], bool]:
    parts = re.split(r"([%_])", comparison.values[0])
    pattern = "".join({"%": ".*", "_": "."}.get(part, re.escape(part)) for part in parts)
    expression = re.compile(pattern, re.DOTALL | (re.IGNORECASE if ignore_case else 0))
    wanted = comparison.operator == "like"
    return lambda text: (expression.fullmatch(text) is not None) is wanted


# Keys of one column are all of one type, so they compare; the checker cannot see that through the table.
Test = Callable[[Key], bool]
_TESTS: Final[Mapping[str, Callable[[Sequence[Key]], Test]]] = {
    "equalto": lambda operands: lambda key: key == operands[0],
    "notequalto": lambda operands: lambda key: key != operands[0],
    "lessthan": lambda operands: lambda key: _less(key, operands[0]),
    "lessthanorequalto": lambda operands: lambda key: not _less(operands[0], key),
    "greaterthan": lambda operands: lambda key: _less(operands[0], key),
    "greaterthanorequalto": lambda operands: lambda key: not _less(key, operands[0]),
    "between": lambda operands: lambda key: not _less(key, operands[0]) and not _less(operands[1], key),
    "in": lambda operands: frozenset(operands).__contains__,
    "notin": lambda operands: _outside(frozenset(operands)),
}


def _outside(operands: frozenset[Key]) -> Test:
    return lambda key: key not in operands


def _less(left: Key, right: Key) -> bool:
    return left < right  # type: ignore[operator] # both are keys of one column, so of one type


@dataclass(frozen=True)
class TimeSpan:
    """Rows a condition can find: from `since` to before `until`, labels in the company's zone.

    `exact`: every row in the span is found, so that no further test is needed.
    """

    since: datetime | None = None
    until: datetime | None = None
    exact: bool = True

    def narrowed(self, other: TimeSpan) -> TimeSpan:
        since = max((end for end in (self.since, other.since) if end), default=None)
        until = min((end for end in (self.until, other.until) if end), default=None)
        return TimeSpan(since, until, self.exact and other.exact)


def time_span(condition: Condition | None, columns: Columns) -> TimeSpan:
    """What the creation times alone say about the rows to look at; lets a query touch only those. Raises
    IllegalValue.
    """
    if condition is None:
        return TimeSpan()
    if isinstance(condition, Junction) and condition.word == "and":
        span = TimeSpan()
        for part in condition.parts:
            span = span.narrowed(time_span(part, columns))
        return span
    if isinstance(condition, Comparison) and condition.field in ("CREATED_DATE", "CREATED_TIME"):
        return _comparison_span(condition, columns[condition.field].datatype)
    return TimeSpan(exact=False)


def _comparison_span(comparison: Comparison, datatype: str) -> TimeSpan:
    step = timedelta(days=1) if datatype == "DATE" else timedelta(seconds=1)
    ends = []
    for value in comparison.values:
        moment = _parse_moment(_canonical(comparison.field, datatype, text=value)) if _is_span(comparison) else None
        ends.append(moment)
    first = ends[0] if ends else None
    if first is None:
        return TimeSpan(exact=False)
    last = ends[-1] or first
    spans = {
        "equalto": TimeSpan(first, _later(first, step)),
        "between": TimeSpan(first, _later(last, step)),
        "lessthan": TimeSpan(None, first),
        "lessthanorequalto": TimeSpan(None, _later(first, step)),
        "greaterthan": TimeSpan(_later(first, step), None),
        "greaterthanorequalto": TimeSpan(first, None),
    }
    return spans[comparison.operator]


def _later(moment: datetime, step: timedelta) -> datetime:
    return moment + step if moment.year < _LAST_YEAR else moment


def _is_span(comparison: Comparison) -> bool:
    return comparison.operator in (
        "equalto", "between", "lessthan", "lessthanorequalto", "greaterthan", "greaterthanorequalto",
    )  # fmt: skip


def label_second(label: datetime) -> int:
    """Seconds from 1970 of a label, counted in its own zone."""
    return int(label.replace(tzinfo=UTC).timestamp())
