"""Filters and orders of the `query` function. Values that combine: `all_of(equal_to("STATUS", "x"), at_least(...))`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from usage.gateway.objects import format_date, format_datetime

Value = str | int | Decimal | date | datetime
"""A date-time is written as it stands, so it must be in the zone of the company."""

MAX_LIST_VALUES = 1000


@dataclass(frozen=True)
class Condition:
    """One comparison of one field: Intacct's operator name and its values as they go on the wire."""

    operator: str
    field: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """Two or more filters joined by `and` or `or`."""

    operator: str
    members: tuple["Filter", ...]


Filter = Condition | Group


@dataclass(frozen=True)
class Order:
    """One field of the sort order."""

    field: str
    descending: bool = False


def equal_to(field: str, value: Value) -> Condition:
    return Condition("equalto", field, (wire_text(value),))


def not_equal_to(field: str, value: Value) -> Condition:
    return Condition("notequalto", field, (wire_text(value),))


def less_than(field: str, value: Value) -> Condition:
    return Condition("lessthan", field, (wire_text(value),))


def at_most(field: str, value: Value) -> Condition:
    return Condition("lessthanorequalto", field, (wire_text(value),))


def greater_than(field: str, value: Value) -> Condition:
    return Condition("greaterthan", field, (wire_text(value),))


def at_least(field: str, value: Value) -> Condition:
    return Condition("greaterthanorequalto", field, (wire_text(value),))


def between(field: str, first: Value, last: Value) -> Condition:
    """Both ends included; `first` must not come after `last`."""
    return Condition("between", field, (wire_text(first), wire_text(last)))


def in_list(field: str, values: Sequence[Value]) -> Condition:
    return Condition("in", field, _list_texts(values))


def not_in_list(field: str, values: Sequence[Value]) -> Condition:
    return Condition("notin", field, _list_texts(values))


def like(field: str, pattern: str) -> Condition:
    """`%` stands for any text, `_` for any one character."""
    return Condition("like", field, (pattern,))


def not_like(field: str, pattern: str) -> Condition:
    return Condition("notlike", field, (pattern,))


def is_null(field: str) -> Condition:
    return Condition("isnull", field)


def is_not_null(field: str) -> Condition:
    return Condition("isnotnull", field)


def all_of(*members: Filter) -> Filter:
    """Join with `and`; a single member stands alone, as Intacct wants two or more in a group."""
    return _group("and", members)


def any_of(*members: Filter) -> Filter:
    """Join with `or`; a single member stands alone."""
    return _group("or", members)


def wire_text(value: Value) -> str:
    """Write one value in the format Intacct's filters want."""
    if isinstance(value, datetime):
        return format_datetime(value)
    if isinstance(value, date):
        return format_date(value)
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _group(operator: str, members: tuple[Filter, ...]) -> Filter:
    if not members:
        raise ValueError("a filter group needs at least one filter")
    return members[0] if len(members) == 1 else Group(operator, members)


def _list_texts(values: Sequence[Value]) -> tuple[str, ...]:
    if not 1 <= len(values) <= MAX_LIST_VALUES:
        raise ValueError(f"a list filter takes 1 to {MAX_LIST_VALUES} values, not {len(values)}")
    return tuple(wire_text(value) for value in values)
