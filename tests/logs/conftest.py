"""The people's log as it runs in an installation: its handler on the root logger, a writer thread, real rows."""

import logging
from collections.abc import Callable, Iterator

import pytest

from intacct_usage.lib.redaction import RedactingFilter
from intacct_usage.logs.context import ContextFilter
from intacct_usage.logs.handler import DatabaseLogHandler, PeoplesLogFilter
from intacct_usage.logs.models import LogEntry
from intacct_usage.logs.writer import LogWriter


def attach(handler: logging.Handler) -> None:
    for condition in (PeoplesLogFilter(), ContextFilter(), RedactingFilter()):
        handler.addFilter(condition)
    logging.getLogger().addHandler(handler)


@pytest.fixture
def make_log(transactional_db: None) -> Iterator[Callable[..., DatabaseLogHandler]]:
    """Starts a log with a writer of these options; `handler.flush()` waits until its lines are rows."""
    made: list[DatabaseLogHandler] = []
    root = logging.getLogger()
    level_before = root.level
    root.setLevel(logging.INFO)

    def make(**options: object) -> DatabaseLogHandler:
        handler = DatabaseLogHandler(writer=LogWriter(**options))
        attach(handler)
        made.append(handler)
        return handler

    yield make
    root.setLevel(level_before)
    for handler in made:
        root.removeHandler(handler)
        handler.writer.close()


@pytest.fixture
def peoples_log(make_log: Callable[..., DatabaseLogHandler]) -> DatabaseLogHandler:
    return make_log()


@pytest.fixture
def lines(peoples_log: DatabaseLogHandler) -> Callable[[], list[LogEntry]]:
    """All stored lines, the oldest first, after everything said so far was written."""

    def read() -> list[LogEntry]:
        assert peoples_log.writer.flush()
        return list(LogEntry.objects.order_by("pk"))

    return read
