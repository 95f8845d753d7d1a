"""Keeps a cluster running: starts it in a session of its own, watches it, ends it whole and starts it anew.

The supervisor also takes the regular step more often than the cluster's minute, and in a thread, so that neither a
busy cluster nor a slow database keeps it from watching.
"""

import contextlib
import logging
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from types import FrameType

from intacct_usage.lib.process_name import new_worker_name
from scheduling import worker_lock
from scheduling.supervisor_duties import Duties

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
STALE_SECONDS = 40.0
"""More than the cluster's own look into the database may wait: for a locked SQLite, a lock or a connection."""
START_SECONDS = 60.0
QUICK_DEATH_SECONDS = 4.0
LONGEST_PAUSE_SECONDS = 10.0


@dataclass(frozen=True)
class Timing:
    grace_seconds: float = 20.0
    """How long the cluster may take to stop before it is killed."""
    tick_seconds: float = 1.0


class StopSignal:
    """SIGTERM and SIGINT, as something that can be waited for. A second one changes nothing: the time is limited."""

    def __init__(self) -> None:
        self.received = False
        self._end, self._signal_end = os.pipe()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._receive)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if not self.received:
            self.received = True
            os.write(self._signal_end, b".")

    def wait(self, seconds: float, *others: int) -> list[int]:
        """Wait until a signal comes or one of these descriptors can be read; those of them that can."""
        readable, _, _ = select.select([self._end, *others], [], [], seconds)
        return [end for end in readable if end != self._end]


class Supervisor:
    """One `manage.py worker`. `command` is what starts a cluster; the ends of its pipes are added to it."""

    def __init__(self, command: list[str], timing: Timing = Timing()) -> None:
        self._command = command
        self._timing = timing
        self._duties = Duties(timing.tick_seconds)

    def run(self) -> bool:
        """Returns after SIGTERM or SIGINT, when no process of the cluster is left.

        True if it ended because the tables were changed: then the whole program is to be started anew.
        """
        stop = StopSignal()
        self._duties.begin()
        pause = 0.0
        while not self._is_ending(stop):
            started = time.monotonic()
            self._run_one_cluster(stop)
            lived = time.monotonic() - started
            pause = 0.0 if lived > QUICK_DEATH_SECONDS else min(LONGEST_PAUSE_SECONDS, pause * 2 + 1)
            stop.wait(pause)
        self._duties.end()
        return not stop.received

    def _run_one_cluster(self, stop: StopSignal) -> None:
        cluster = ClusterProcess.start(self._command, self._timing.grace_seconds)
        reason = ""
        try:
            while not self._is_ending(stop) and not reason:
                reason = cluster.wait_for_trouble(stop, LOOK_SECONDS)
        finally:
            if self._is_ending(stop):
                cluster.stop(self._timing.grace_seconds)
            else:
                cluster.kill()
        if not self._is_ending(stop):
            logger.error("The worker's cluster is started anew: %s", reason)
            self._duties.note_restart(reason)

    def _is_ending(self, stop: StopSignal) -> bool:
        return stop.received or self._duties.is_outdated


class ClusterProcess:
    """A running cluster, seen from its supervisor."""

    def __init__(self, process: subprocess.Popen[bytes], name: str, *, lifeline: int, beats: int) -> None:
        self.name = name
        self._process = process
        self._lifeline = lifeline
        self._beats = beats
        self._deadline = time.monotonic() + START_SECONDS

    @classmethod
    def start(cls, command: list[str], grace_seconds: float) -> "ClusterProcess":
        name = new_worker_name()
        lock = worker_lock.take_lock(name)
        lifeline_end, lifeline = os.pipe()
        beats, beat_end = os.pipe()
        ends = (lifeline_end, beat_end, lock)
        arguments = ["--cluster", name, f"{lifeline_end},{beat_end}", "--grace", f"{grace_seconds:g}"]
        try:
            process = subprocess.Popen(  # noqa: S603 - our own command
                [*command, *arguments], pass_fds=ends, start_new_session=True, stdin=subprocess.DEVNULL
            )
        finally:
            for end in ends:
                os.close(end)
        return cls(process, name, lifeline=lifeline, beats=beats)

    def wait_for_trouble(self, stop: StopSignal, seconds: float) -> str:
        """Wait for a sign of life, at most so long; says what is wrong, empty if nothing is."""
        if stop.wait(seconds, self._beats):
            if os.read(self._beats, 4096):
                self._deadline = time.monotonic() + STALE_SECONDS
            else:
                self._process.wait()  # its last process is gone
        if self._process.poll() is not None:
            return f"it ended (exit code {self._process.returncode})"
        return "it gives no sign of life" if time.monotonic() > self._deadline else ""

    def stop(self, grace_seconds: float) -> None:
        """Let it end in good order: lanes give their companies back. Then make sure that nothing is left."""
        self._cut_lifeline()
        try:
            self._process.wait(grace_seconds)
        except subprocess.TimeoutExpired:
            logger.warning("The worker did not stop within %g s; it is ended", grace_seconds)
        self.kill()

    def kill(self) -> None:
        """End all its processes and give back what they held."""
        self._cut_lifeline()
        with contextlib.suppress(ProcessLookupError):  # nothing is left of it
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._beats)
        self._wait_until_dead()

    def _cut_lifeline(self) -> None:
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1

    def _wait_until_dead(self) -> None:
        """Its workers are not our children; the lock tells when the last one is gone."""
        until = time.monotonic() + 5
        while not worker_lock.is_dead(self.name) and time.monotonic() < until:
            time.sleep(0.02)


def worker_command() -> list[str]:
    """How this very program is started."""
    return [sys.executable, sys.argv[0], "worker"]
