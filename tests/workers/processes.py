"""A real `manage.py worker` beside the test: its processes by role, its log, signals to any of them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
WORKERS = 4
PATIENCE_SECONDS = 240.0
"""For whole runs and for a start, on a slow machine that does much else: a test that hangs is what ends here."""


def wait_until(holds: Callable[[], object], seconds: float = 60.0, *, every: float = 0.05) -> float:
    """Wait for something to become true; how long it took. Fails the test with its name when it does not.

    The limit is for a test that hangs: far more than anything waited for takes on a slow machine that does much else.
    """
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
    return sorted((int(child) for child in text.split() if not is_gone(int(child))), key=age_of)


def is_gone(process_id: int) -> bool:
    """Whether it does not exist, or has ended and only waits for its parent."""
    return _stat(process_id)[0] in "ZX"


def started_at(process_id: int) -> int:
    """In the kernel's ticks; with the id it names one process for ever, for ids are given anew. 0 if it is gone."""
    return int(_stat(process_id)[19])


def age_of(process_id: int) -> tuple[int, int]:
    """For sorting: the id alone does not do, after the highest one they begin with the low ones again."""
    return started_at(process_id), process_id


def _stat(process_id: int) -> list[str]:
    """The fields of /proc/…/stat behind the name, the state first; of a process that does not exist, as if ended."""
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ["X", *"0" * 50]


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
        self._seen: dict[int, int] = {}

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
        """All that were ever seen of it, the supervisor apart, unless another program has got the id since."""
        self._seen |= {pid: started_at(pid) for pid in (self.main, self.sentinel, *self.pool) if pid}
        return {pid for pid, started in self._seen.items() if started_at(pid) in (started, 0)}

    @property
    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def is_complete(self) -> bool:
        assert self.popen.poll() is None, f"The worker ended by itself: {self.log}"
        return len(self.pool) >= WORKERS + 2 and bool(self.processes)

    def wait_until_complete(self) -> "WorkerProcess":
        wait_until(self.is_complete, PATIENCE_SECONDS)
        return self

    def kill(self, process_id: int, number: int = signal.SIGKILL) -> None:
        """Raises ProcessLookupError if it is gone; 0, for a process that is not there, would mean this test's group."""
        if process_id not in (self.supervisor, *self.processes):
            raise ProcessLookupError(process_id)
        os.kill(process_id, number)

    def wait_for_end(self, seconds: float = 60.0) -> int:
        return self.popen.wait(seconds)

    def nothing_left(self) -> bool:
        return not self._living()

    def end(self) -> None:
        """For the end of a test, whatever state the worker is in."""
        _ = self.processes
        if self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait()
        for process_id in self._living():
            with suppress(ProcessLookupError):
                os.kill(process_id, signal.SIGKILL)

    def _living(self) -> list[int]:
        return [pid for pid, started in self._seen.items() if started_at(pid) == started and not is_gone(pid)]
