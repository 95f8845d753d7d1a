"""Turns a parsed TOML table into frozen dataclasses and says in one sentence what is wrong with it."""

from __future__ import annotations

import dataclasses
import difflib
import types
import typing
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    T = TypeVar("T", bound=DataclassInstance)
else:
    T = TypeVar("T")


class ScenarioError(ValueError):
    """A scenario that cannot be used; the message is one sentence that names the key and what is wrong with it."""


_PLAIN: dict[object, tuple[tuple[type, ...], str]] = {
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
    str: ((str,), "a text"),
}


def build(kind: type[T], table: Mapping[str, object], *, where: str = "") -> T:
    """Make a `kind` from `table`; `where` is the path of the table, shown in messages (`gateway`, `faults[2]`)."""
    hints = typing.get_type_hints(kind)
    known = [field.name for field in dataclasses.fields(kind)]
    for key in table:
        if key not in known:
            raise ScenarioError(_unknown_key(_join(where, key), known, key=key))
    values = {key: _convert(value, hints[key], path=_join(where, key)) for key, value in table.items()}
    for field in dataclasses.fields(kind):
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if required and field.name not in values:
            raise ScenarioError(f'"{_join(where, field.name)}" is missing.')
    try:
        return kind(**values)
    except ScenarioError as error:
        raise ScenarioError(f"{where}: {error}" if where else str(error)) from None


def _join(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def _unknown_key(path: str, known: list[str], *, key: str) -> str:
    near = difflib.get_close_matches(key, known, 1)
    hint = f' Did you mean "{near[0]}"?' if near else f" Known keys: {', '.join(known)}."
    return f'"{path}" is not a key of a scenario.{hint}'


def _convert(value: object, hint: object, *, path: str) -> object:
    if hint is bool:
        if isinstance(value, bool):
            return value
        raise ScenarioError(f'"{path}" must be true or false, not {value!r}.')
    if hint in _PLAIN:
        return _convert_plain(value, hint, path=path)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return build(hint, _table(value, path), where=path)
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        (inner,) = [part for part in typing.get_args(hint) if part is not types.NoneType]
        return _convert(value, inner, path=path)
    if typing.get_origin(hint) is tuple:
        return _convert_list(value, typing.get_args(hint), path=path)
    return {str(key): _convert(item, str, path=_join(path, str(key))) for key, item in _table(value, path).items()}


def _convert_plain(value: object, hint: object, *, path: str) -> object:
    accepted, words = _PLAIN[hint]
    if isinstance(value, bool) or not isinstance(value, accepted):
        raise ScenarioError(f'"{path}" must be {words}, not {value!r}.')
    return float(value) if hint is float and isinstance(value, int) else value


def _convert_list(value: object, inner: tuple[object, ...], *, path: str) -> tuple[object, ...]:
    if not isinstance(value, list):
        raise ScenarioError(f'"{path}" must be a list, not {value!r}.')
    if inner[-1] is Ellipsis:
        return tuple(_convert(item, inner[0], path=f"{path}[{index}]") for index, item in enumerate(value))
    if len(value) != len(inner):
        raise ScenarioError(f'"{path}" must hold {len(inner)} values, not {len(value)}.')
    return tuple(
        _convert(item, kind, path=f"{path}[{index}]")
        for index, (item, kind) in enumerate(zip(value, inner, strict=True))
    )


def _table(value: object, path: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ScenarioError(f'"{path}" must be a table, not {value!r}.')
    return value
