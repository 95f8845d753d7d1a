"""Which records people get to see, and the handler that keeps them."""

import logging

from intacct_usage.logs.records import line_of
from intacct_usage.logs.writer import LogWriter, is_writing

OWN_PACKAGES = ("intacct_usage", "usage", "notifications", "scheduling")


class PeoplesLogFilter(logging.Filter):
    """INFO of this product, warnings and errors of everything else; nothing that the log writer says itself.

    Of a request that was refused (below 500) the product's own line is enough; Django's words about it stay away.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if is_writing() or _is_djangos_refusal(record):
            return False
        own = record.name.split(".", 1)[0] in OWN_PACKAGES
        return record.levelno >= (logging.INFO if own else logging.WARNING)


def _is_djangos_refusal(record: logging.LogRecord) -> bool:
    return record.name.startswith("django.") and getattr(record, "status_code", 500) < 500


class DatabaseLogHandler(logging.Handler):
    """Keeps records as rows of the log table, written by a thread of its own. Never raises, never waits."""

    def __init__(self, level: int | str = logging.NOTSET, *, writer: LogWriter | None = None) -> None:
        super().__init__(level)
        self.writer = writer or LogWriter()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self.writer.put(line_of(record))
        except Exception:  # noqa: BLE001 - logging must not break the program
            self.writer.dropped += 1

    def flush(self) -> None:
        """Wait a few seconds at most until everything is written; `logging.shutdown` calls it at exit."""
        self.writer.flush()
