"""Writes log lines to the database from a thread with a connection of its own.

Whoever logs only puts a line into a queue: a transaction that rolls back takes no line with it, a busy database delays
nobody, and on SQLite no lock is held longer than one batch takes. The connection is open during a batch only, so that
processes can fork at any other time.
"""

import logging
import os
import queue
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from enum import Enum, auto
from itertools import islice
from multiprocessing import parent_process
from multiprocessing.util import Finalize
from operator import attrgetter

from django.apps import apps
from django.db import DataError, OperationalError, ProgrammingError, connection, transaction

from intacct_usage.lib.bulk_insert import insert_rows
from intacct_usage.logs.records import LogLine

logger = logging.getLogger(__name__)

CAPACITY = 5_000
"""Lines that may wait. ERROR lines may use a reserve beyond it, so that a flood does not hide what went wrong."""
RESERVE = 500
BATCH_SIZE = 500
INTERVAL_SECONDS = 0.5
RETRY_SECONDS = 5.0
FLUSH_SECONDS = 5.0
FORK_WAIT_SECONDS = 5.0
APPEND_LOCK = 0x4C4F47  # any constant number of our own
LOST_LINES = "%d log lines were not kept: they came faster than the database took them, or it could not be reached"

COLUMNS = tuple(field.name for field in fields(LogLine))
_values_after_time = attrgetter(*COLUMNS[1:])

Insert = Callable[[Sequence[LogLine]], None]


def insert_lines(lines: Sequence[LogLine]) -> None:
    """Append lines in one transaction and close this thread's connection.

    On PostgreSQL one process appends at a time, so that lines become visible in the order of their ids and somebody
    who follows the log by id misses none; on SQLite there is only ever one writer.
    """
    model = apps.get_model("logs", "LogEntry")
    try:
        with transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [APPEND_LOCK])
            insert_rows(model, COLUMNS, map(_values, lines))
    finally:
        connection.close()


def _values(line: LogLine) -> tuple[str | int | None, ...]:
    moment = line.at.replace(tzinfo=None).isoformat(" ")  # UTC, as `insert_rows` reads a time without a zone
    return moment, *_values_after_time(line)


class _Outcome(Enum):
    WRITTEN = auto()
    REFUSED = auto()  # a line of the batch is no value for the table
    NOT_NOW = auto()  # the database does not take any line


class _End(Enum):
    END = auto()


END = _End.END


class LogWriter:
    """A bounded queue and the thread that empties it. No method raises; lines that cannot be kept are counted."""

    def __init__(
        self,
        *,
        insert: Insert = insert_lines,
        capacity: int = CAPACITY,
        interval_seconds: float = INTERVAL_SECONDS,
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        self._insert = insert
        self._capacity = capacity
        self._interval_seconds = interval_seconds
        self._retry_seconds = retry_seconds
        self._start_afresh()
        _writers.add(self)

    def _start_afresh(self) -> None:
        """Also what a forked child does: the lines that wait are the parent's to write."""
        self._queue: queue.SimpleQueue[LogLine | threading.Event | _End] = queue.SimpleQueue()  # put() is reentrant
        self._waiting: deque[LogLine] = deque()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self.connection_lock = threading.Lock()
        self._retry_at = 0.0
        self._failing = False
        self.dropped = 0
        self._told = 0

    def put(self, line: LogLine) -> None:
        room = self._capacity + (RESERVE if line.level == "ERROR" else 0)
        if self._queue.qsize() + len(self._waiting) >= room:
            self.dropped += 1
        else:
            self._queue.put(line)
        self._ensure_thread()

    def flush(self, timeout_seconds: float = FLUSH_SECONDS) -> bool:
        """Wait until what was put before is written; False if that did not succeed in time."""
        if is_writing() or self._thread is None:
            return not self._waiting
        self._ensure_thread()
        done = threading.Event()
        self._queue.put(done)
        return done.wait(timeout_seconds) and not self._waiting

    def close(self) -> None:
        """Write what waits and end the thread; the next line starts another one."""
        self.flush()
        thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(END)
            thread.join(FLUSH_SECONDS)

    def _ensure_thread(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            return
        if not self._starting.acquire(blocking=False):
            return  # somebody is starting it, perhaps this very thread below a signal handler
        try:
            thread = threading.Thread(target=self._work, name="log-writer", daemon=True)
            thread.start()
            self._thread = thread
            if parent_process() is not None:  # such a process ends without atexit, hence without logging.shutdown
                Finalize(self, self.flush, exitpriority=10)
        finally:
            self._starting.release()

    def _work(self) -> None:
        _of_this_thread.is_writing = True
        asked: threading.Event | _End | None = None
        while asked is not END:
            asked = self._collect()
            if asked is not None or time.monotonic() >= self._retry_at:
                self._write_waiting()
            if isinstance(asked, threading.Event):
                asked.set()

    def _collect(self) -> "threading.Event | _End | None":
        """Move lines from the queue to those that wait, until a batch is full or old enough or a flush is asked."""
        pause = self._retry_seconds if self._waiting or self.dropped > self._told else None
        until: float | None = None
        while len(self._waiting) < BATCH_SIZE or self._failing:
            try:
                item = self._queue.get(timeout=pause)
            except queue.Empty:
                return None
            if not isinstance(item, LogLine):
                return item
            self._waiting.append(item)
            until = until or time.monotonic() + self._interval_seconds
            pause = max(0.0, until - time.monotonic())
        return None

    def _write_waiting(self) -> None:
        size = BATCH_SIZE
        with self.connection_lock:
            while self._waiting:
                batch = list(islice(self._waiting, size))
                outcome = self._write(batch)
                if outcome is _Outcome.NOT_NOW:
                    self._retry_at = time.monotonic() + self._retry_seconds
                    return
                if outcome is _Outcome.REFUSED and len(batch) > 1:
                    size = 1  # one of them is at fault: keep the others
                    continue
                self.dropped += outcome is _Outcome.REFUSED
                for _ in batch:
                    self._waiting.popleft()
            self._tell_of_lost_lines()

    def _write(self, batch: Sequence[LogLine]) -> "_Outcome":
        try:
            self._insert(batch)
        except (DataError, ValueError, TypeError, OverflowError):
            return _Outcome.REFUSED
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the database, the lines wait for it
            self._note_failure(error)
            return _Outcome.NOT_NOW
        self._failing = False
        return _Outcome.WRITTEN

    def _note_failure(self, error: Exception) -> None:
        """Tell the console once per outage; a table that is not there yet is no outage, `migrate` makes it."""
        if not self._failing and not _table_is_missing(error):
            logger.warning("The log cannot be stored for now (%s); its lines wait", type(error).__name__)
        self._failing = True

    def _tell_of_lost_lines(self) -> None:
        lost = self.dropped - self._told
        if not lost:
            return
        logger.warning(LOST_LINES, lost)  # to the console; in the database by the line below
        note = LogLine(at=datetime.now(tz=UTC), level="WARN", logger=__name__, message=LOST_LINES % lost)
        if self._write([note]) is _Outcome.WRITTEN:
            self._told += lost


class _ThreadMark(threading.local):
    is_writing = False


_of_this_thread = _ThreadMark()


def is_writing() -> bool:
    """Whether this thread is a log writer: what it logs itself must not come back to it."""
    return _of_this_thread.is_writing


def _table_is_missing(error: Exception) -> bool:
    if isinstance(error, ProgrammingError | OperationalError):
        return "does not exist" in str(error) or "no such table" in str(error)
    return False


_writers: "weakref.WeakSet[LogWriter]" = weakref.WeakSet()
_locked_for_fork: list[LogWriter] = []


def _before_fork() -> None:
    """No connection to the database may be open while the process forks."""
    for writer in list(_writers):
        if writer.connection_lock.acquire(timeout=FORK_WAIT_SECONDS):
            _locked_for_fork.append(writer)


def _after_fork_in_parent() -> None:
    while _locked_for_fork:
        _locked_for_fork.pop().connection_lock.release()


def _after_fork_in_child() -> None:
    _locked_for_fork.clear()
    _of_this_thread.is_writing = False
    for writer in list(_writers):
        writer._start_afresh()


if sys.platform != "win32":
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
