"""Reads settings from the environment; a missing or malformed value is one sentence that names the variable.

Secrets may also come from a file: `NAME_FILE` holds the path, as container and systemd secrets do. Values are read
from `os.environ` itself, because django-environ takes a value that begins with `$` for a reference to another variable.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
from django.core.exceptions import ImproperlyConfigured

Number = TypeVar("Number", int, float)

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})
LINE = re.compile(r"(export )?[A-Za-z_0-9]+=|#|$")


def read_file(path: Path) -> None:
    """Put the variables of a file into the environment, where they are not set already; no file is none to read.

    A line that is not understood is told by its number alone: it may hold a secret.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(
            f"{path} cannot be read: {error}. It must belong to the user that runs this."
        ) from error
    for number, line in enumerate(lines, start=1):
        if not LINE.match(line):
            raise ImproperlyConfigured(
                f"Line {number} of {path} is not understood; write NAME=value, or # before a remark."
            )
    environ.Env.read_env(path)


def text(name: str, default: str = "") -> str:
    """The value without surrounding blanks; empty counts as not set."""
    return os.environ.get(name, "").strip() or default


def secret(name: str) -> str:
    """The value of `NAME`, else the content of the file that `NAME_FILE` names; empty if neither is set."""
    path = text(f"{name}_FILE")
    if not path or text(name):
        return text(name)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which cannot be read: {error}.") from error


def required_secret(name: str, *, hint: str) -> str:
    value = secret(name)
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. {hint}")
    return value


def boolean(name: str, *, default: bool) -> bool:
    word = text(name, "true" if default else "false").lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not “{word}”.")


def names(name: str, default: str = "") -> list[str]:
    """A comma separated list without empty items."""
    return [item.strip() for item in text(name, default).split(",") if item.strip()]


def zone(name: str, default: str) -> str:
    key = text(name, default)
    try:
        ZoneInfo(key)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # the last ones for names such as “../x” and “Europe”
        raise ImproperlyConfigured(f"{name} must be a time zone such as UTC or Europe/London, not “{key}”.") from None
    return key


def integer(name: str, *, default: int, minimum: int, maximum: int) -> int:
    return _number(name, int, default, (minimum, maximum))


def seconds(name: str, *, default: float, minimum: float, maximum: float) -> float:
    return _number(name, float, default, (minimum, maximum))


def make_folder(name: str, path: Path) -> None:
    """Make the folder that a variable names, for this user alone, unless it is there."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name}: the folder {path} cannot be made ({error.strerror}). Name one that this user may write to."
        ) from error


def _number(name: str, convert: Callable[[str], Number], default: Number, limits: tuple[Number, Number]) -> Number:
    raw = text(name, str(default))
    try:
        value = convert(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a number, not “{raw}”.") from None
    if not limits[0] <= value <= limits[1]:
        raise ImproperlyConfigured(f"{name} must lie between {limits[0]} and {limits[1]}, not {raw}.")
    return value
