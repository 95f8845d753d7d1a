"""What a log line is about: fields that hold for everything logged inside a block, without passing them along."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import PurePath

CONTEXT_FIELDS = ("run_id", "company", "company_id", "schedule", "request_id")
_NOTHING: dict[str, str | int] = {}

_context: ContextVar[dict[str, str | int]] = ContextVar("log_context", default=_NOTHING)


@contextmanager
def log_context(**fields: str | int | None) -> Iterator[None]:
    """Give every record of this block (and thread) these fields unless it brings its own; None leaves one as it was.

    Fields: `run_id`, `company`, `company_id`, `schedule`, `request_id`.
    """
    unknown = set(fields) - set(CONTEXT_FIELDS)
    if unknown:
        raise TypeError(f"A log line has no field {', '.join(sorted(unknown))}.")
    known = {name: value for name, value in fields.items() if value is not None}
    token = _context.set({**_context.get(), **known})
    try:
        yield
    finally:
        _context.reset(token)


def current_context() -> dict[str, str | int]:
    return dict(_context.get())


class ContextFilter(logging.Filter):
    """Completes a record: the fields of the context, and an exception's cause in one short text. Lets all pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        for name, value in _context.get().items():
            if getattr(record, name, None) is None:
                setattr(record, name, value)
        if record.exc_info and not hasattr(record, "cause"):
            try:
                record.cause = _cause(record.exc_info[1])
            except Exception:  # noqa: BLE001 - an exception whose own text fails must not break the program
                record.cause = "an exception without words"
        return True


def _cause(error: BaseException | None) -> str:
    """`ValueError: text (usage/fetching/lane.py:120, in store)`: what happened, and where."""
    if error is None:
        return ""
    frames = traceback.extract_tb(error.__traceback__)
    where = ""
    if frames:
        innermost = frames[-1]
        place = "/".join(PurePath(innermost.filename).parts[-2:])
        where = f" ({place}:{innermost.lineno}, in {innermost.name})"
    return f"{type(error).__name__}: {error}{where}"
