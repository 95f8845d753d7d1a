"""Outlives a database that is away for a moment: a restart, a connection that was ended, a lock held too long."""

import logging
from collections.abc import Callable
from typing import TypeVar

from django.db import DatabaseError, InterfaceError, OperationalError, connection

logger = logging.getLogger(__name__)

AWAY = (OperationalError, InterfaceError)
"""What Django raises when the database cannot be asked, whatever the question."""

CANNOT_BE_WRITTEN = (
    "The database cannot be written: its disk is full or failing. Free some space or look at the disk, then run again; "
    "what was stored before is whole."
)
_DISK_WORDS = ("disk is full", "disk i/o error")
_DISK_STATES = ("53100", "58030")
"""PostgreSQL's disk_full and io_error."""

PAUSES_SECONDS = (0.2, 1.0, 2.0, 4.0, 8.0)

Result = TypeVar("Result")


def patiently(act: Callable[[], Result], *, wait: Callable[[float], object]) -> Result:
    """Do it again on a new connection while the database is away, for some fifteen seconds; then its error is raised.

    Only for steps that are safe to repeat, outside of a transaction: an answer may be lost after the commit. `wait`
    pauses for seconds and may return early.
    """
    for number, pause in enumerate(PAUSES_SECONDS):
        try:
            return act()
        except AWAY as error:
            if connection.in_atomic_block or is_of_the_disk(error):
                raise
            if number == 0:
                logger.warning("The database does not answer (%s); it is tried again", type(error).__name__)
            connection.close()
            wait(pause)
    return act()


def is_of_the_disk(error: DatabaseError | InterfaceError) -> bool:
    """Whether waiting does not help: the database is there and cannot write."""
    state = getattr(error.__cause__, "sqlstate", None)
    return state in _DISK_STATES or any(word in str(error).lower() for word in _DISK_WORDS)
