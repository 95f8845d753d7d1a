"""Threads that wait for the network, and that nobody waits for when they hang."""

import queue
import threading
from collections.abc import Callable


class FetcherThreads:
    """Runs work on a fixed number of daemon threads.

    concurrent.futures would join its threads when the process ends, so a hanging answer could hold a stopped worker for
    minutes. What these threads bring home late is fenced off by the lease token.
    """

    def __init__(self, count: int) -> None:
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._count = count
        for number in range(count):
            threading.Thread(target=self._run, name=f"fetch-{number}", daemon=True).start()

    def submit(self, work: Callable[[], None]) -> None:
        """`work` must not raise; it reports its own failures."""
        self._work.put(work)

    def close(self) -> None:
        """Let the threads end after what they are doing now; waiting work is dropped. Returns at once."""
        while True:
            try:
                self._work.get_nowait()
            except queue.Empty:
                break
        for _ in range(self._count):
            self._work.put(None)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()
