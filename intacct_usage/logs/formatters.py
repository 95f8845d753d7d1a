"""How records look on the console: JSON lines for machines, plain lines for people. One record, one line."""

import json
import logging
import sys
from typing import TextIO

from intacct_usage.lib.progress import CLEAR_LINE
from intacct_usage.lib.redaction import escape_line
from intacct_usage.logs.records import LogLine, line_of


def as_json(line: LogLine, **more: str) -> str:
    """One JSON object in one line, ASCII only; fields without a value are left out."""
    values = {
        "time": line.at.isoformat(timespec="milliseconds"),
        "level": line.level,
        "logger": line.logger,
        "message": line.message,
        "run_id": line.run_id,
        "company": line.company,
        "company_id": line.company_id,
        "schedule": line.schedule,
        "request_id": line.request_id,
        **more,
    }
    return json.dumps({name: value for name, value in values.items() if value not in (None, "")})


def as_text(line: LogLine) -> str:
    """`2026-11-24 03:30:00.123Z WARN  run 12  message`."""
    run = f"run {line.run_id}  " if line.run_id is not None else ""
    moment = f"{line.at:%Y-%m-%d %H:%M:%S}.{line.at.microsecond // 1000:03d}Z"
    return f"{moment} {line.level:<5} {run}{line.message}"


class JsonLineFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return as_json(
            line_of(record),
            process=str(record.process or ""),
            reference=str(getattr(record, "reference", "")),
            traceback=escape_line(record.exc_text) if record.exc_text else "",
        )


class TextLineFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return as_text(line_of(record))


class OutputHandler(logging.StreamHandler[TextIO]):
    """Writes to whatever standard output (or error) is at that moment; on a terminal over a command's progress line."""

    def __init__(self, *, to_stdout: bool) -> None:
        self._to_stdout = to_stdout
        super().__init__(self.stream)

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return f"{CLEAR_LINE}{text}" if self.stream.isatty() else text

    @property
    def stream(self) -> TextIO:
        return sys.stdout if self._to_stdout else sys.stderr

    @stream.setter
    def stream(self, stream: TextIO) -> None:
        """The base class stores its stream; this one looks it up each time."""
