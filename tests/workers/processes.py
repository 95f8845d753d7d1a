"""A real `manage.py worker` beside the test: its processes by role, its log, signals to any of them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
WORKERS = 4
START_SECONDS = 60.0


def wait_until(holds: Callable[[], object], seconds: float = 30.0, *, every: float = 0.05) -> float:
    """Wait for something to become true; how long it took. Fails the test with its name when it does not."""
    started = time.monotonic()
    while not holds():
        if time.monotonic() - started > seconds:
            raise AssertionError(f"Did not happen within {seconds:g} s: {getattr(holds, '__name__', holds)}")
        time.sleep(every)
    return time.monotonic() - started


def children(process_id: int) -> list[int]:
    """The living children of a process, oldest first; none if it is gone."""
    try:
        text = Path(f"/proc/{process_id}/task/{process_id}/children").read_text()
    except OSError:
        return []
    return sorted(int(child) for child in text.split() if not is_gone(int(child)))


def is_gone(process_id: int) -> bool:
    """Whether it does not exist, or has ended and only waits for its parent."""
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state in "ZX"


@dataclass
class WorkerProcess:
    """The processes of a worker: the supervisor, and of its cluster the main one, the sentinel and those it forked."""

    environment: Mapping[str, str]
    log_path: Path
    arguments: tuple[str, ...] = ()
    popen: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        with self.log_path.open("ab") as log:
            self.popen = subprocess.Popen(
                [sys.executable, "manage.py", "worker", *self.arguments],
                cwd=ROOT,
                env=dict(self.environment),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._seen: set[int] = set()

    @property
    def supervisor(self) -> int:
        return self.popen.pid

    @property
    def main(self) -> int:
        return next(iter(children(self.supervisor)), 0)

    @property
    def sentinel(self) -> int:
        return next(iter(children(self.main)), 0)

    @property
    def pool(self) -> list[int]:
        """Workers first, then monitor and pusher, as long as none was replaced."""
        return children(self.sentinel)

    @property
    def processes(self) -> set[int]:
        """All that were ever seen of it, the supervisor apart."""
        self._seen |= {pid for pid in (self.main, self.sentinel, *self.pool) if pid}
        return self._seen

    @property
    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def is_complete(self) -> bool:
        assert self.popen.poll() is None, f"The worker ended by itself: {self.log}"
        return len(self.pool) >= WORKERS + 2 and bool(self.processes)

    def wait_until_complete(self) -> "WorkerProcess":
        wait_until(self.is_complete, START_SECONDS)
        return self

    def kill(self, process_id: int, number: int = signal.SIGKILL) -> None:
        """Raises ProcessLookupError if it is gone; 0, for a process that is not there, would mean this test's group."""
        if process_id not in (self.supervisor, *self.processes):
            raise ProcessLookupError(process_id)
        os.kill(process_id, number)

    def wait_for_end(self, seconds: float = 35.0) -> int:
        return self.popen.wait(seconds)

    def nothing_left(self) -> bool:
        return all(is_gone(process_id) for process_id in self._seen)

    def end(self) -> None:
        """For the end of a test, whatever state the worker is in."""
        _ = self.processes
        if self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait()
        for process_id in self._seen:
            if not is_gone(process_id):
                os.kill(process_id, signal.SIGKILL)
