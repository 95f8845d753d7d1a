"""The line between the supervisor and its cluster: when it is cut, the cluster comes to an end by itself.

It is a pipe whose writing end only the supervisor holds. All processes of the cluster inherit the reading end and see
its end of file as soon as the supervisor lets go, on purpose (a stop) or because it died.
"""

import os
import select
import threading
import time
from collections.abc import Callable

_line: dict[str, int] = {}


def hold(reading_end: int) -> None:
    """Make this pipe the lifeline of this process and of all it forks."""
    _line["reading_end"] = reading_end


def watch_in_children(end: Callable[[], object], *, after_seconds: float) -> None:
    """In every process forked from now on: call `end` so long after the line was cut, if it is there still.

    The sentinel ends the others in good order before. It may have been killed together with the supervisor; then
    nobody else would tell them.
    """

    def watch() -> None:
        select.select([_line["reading_end"]], [], [])
        time.sleep(after_seconds)
        end()

    os.register_at_fork(after_in_child=lambda: threading.Thread(target=watch, name="lifeline", daemon=True).start())


def is_cut() -> bool:
    """Whether this process is to end. Without a lifeline (a command, a test) it never is."""
    if "reading_end" not in _line:
        return False
    readable, _, _ = select.select([_line["reading_end"]], [], [], 0)
    return bool(readable)
