"""From a logging record to the plain values of one line."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from intacct_usage.lib.redaction import escape_line

NAME_LENGTH = 200
REQUEST_ID_LENGTH = 64
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the log. `at` is UTC, `message` one escaped line, names are cut to their columns."""

    at: datetime
    level: str
    logger: str
    message: str
    run_id: int | None = None
    company: str = ""
    company_id: int | None = None
    schedule: str = ""
    request_id: str = ""


def line_of(record: logging.LogRecord) -> LogLine:
    """The record as it is stored and shown; it was redacted before (RedactingFilter stands on every handler)."""
    return LogLine(
        at=datetime.fromtimestamp(record.created, tz=UTC),
        level=level_word(record.levelno),
        logger=escape_line(record.name, NAME_LENGTH),
        message=escape_line(_message(record)),
        run_id=_number(record, "run_id"),
        company=_text(record, "company", NAME_LENGTH),
        company_id=_number(record, "company_id"),
        schedule=_text(record, "schedule", NAME_LENGTH),
        request_id=_text(record, "request_id", REQUEST_ID_LENGTH),
    )


def level_word(level: int) -> str:
    """INFO, WARN or ERROR, as the user guide has them; DEBUG exists on the console only."""
    if level >= logging.ERROR:
        return "ERROR"
    if level >= logging.WARNING:
        return "WARN"
    return "INFO" if level >= logging.INFO else "DEBUG"


def _message(record: logging.LogRecord) -> str:
    cause = getattr(record, "cause", "")
    return f"{record.getMessage()} – {cause}" if cause else record.getMessage()


def _text(record: logging.LogRecord, name: str, length: int) -> str:
    value = getattr(record, name, None)
    return "" if value is None else escape_line(str(value), length)


def _number(record: logging.LogRecord, name: str) -> int | None:
    value = getattr(record, name, None)
    return value if isinstance(value, int) and 0 <= value <= LARGEST_ID else None
