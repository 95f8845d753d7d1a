"""Things the gateway remembers between requests: sessions, result snapshots, used control IDs, requests in progress."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .gateway_tables import TableRow


@dataclass
class Session:
    """`started_at` is the moment of the sign-in; `expires_at` moves on with every call."""

    session_id: str
    company_id: str
    user_id: str
    sender_id: str
    location_id: str
    client_of: str
    started_at: datetime
    expires_at: datetime


class SessionStore:
    """All sessions ever opened, so that an expired one still tells which company it belonged to."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}

    def open(self, make: Callable[[str], Session]) -> Session:
        """Keep the session that `make` builds around a new ID; IDs are the same in every run of a scenario."""
        with self._lock:
            text = f"{self._seed}:{len(self._sessions)}"
            session = make(f"demo-{hashlib.sha256(text.encode()).hexdigest()[:32]}..")
            self._sessions[session.session_id] = session
            return session

    def find(self, session_id: str) -> Session | None:
        return self._sessions.get(session_id)

    def slide(self, session: Session, now: datetime, *, minutes: int) -> None:
        """A call was made: the session lasts `minutes` from now."""
        with self._lock:
            session.expires_at = now + timedelta(minutes=minutes)

    def end(self, session_id: str, now: datetime) -> None:
        """Let one session be over."""
        with self._lock:
            if session := self._sessions.get(session_id):
                session.expires_at = now

    def end_all(self, now: datetime) -> None:
        with self._lock:
            for session in self._sessions.values():
                session.expires_at = now


@dataclass
class Snapshot:
    """What a `readByQuery` found, given out page by page."""

    company_id: str
    object_name: str
    fields: tuple[str, ...]
    rows: Sequence[TableRow]
    page_size: int
    expires_at: datetime
    given: int = 0


@dataclass
class SnapshotStore:
    """Results of `readByQuery` by result ID, and the newest of each company and object."""

    _snapshots: dict[str, Snapshot] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, snapshot: Snapshot) -> str:
        with self._lock:
            result_id = f"demo-result-{len(self._snapshots) + 1}"
            self._snapshots[result_id] = snapshot
            return result_id

    def find(self, company_id: str, result_id: str) -> Snapshot | None:
        snapshot = self._snapshots.get(result_id)
        return snapshot if snapshot and snapshot.company_id == company_id else None

    def newest(self, company_id: str, object_name: str) -> str:
        """The newest result of an object, or an empty text."""
        with self._lock:
            for result_id, snapshot in reversed(self._snapshots.items()):
                if (snapshot.company_id, snapshot.object_name) == (company_id, object_name):
                    return result_id
        return ""


class ControlIds:
    """Function control IDs that ran with `uniqueid` true; each may run once per company."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def is_new(self, company_id: str, control_id: str) -> bool:
        with self._lock:
            if (company_id, control_id) in self._seen:
                return False
            self._seen.add((company_id, control_id))
            return True


class CompanyGate:
    """Lets so many requests of one company run at once; the next one waits, then is turned away."""

    def __init__(self, concurrency: int, hold_seconds: float) -> None:
        self._concurrency = concurrency
        self._hold_seconds = hold_seconds
        self._lock = threading.Lock()
        self._gates: dict[str, threading.Semaphore] = {}

    @contextmanager
    def enter(self, company_id: str) -> Iterator[bool]:
        """Hold a place while the block runs; gives False, after the hold time, when there was none."""
        with self._lock:
            gate = self._gates.setdefault(company_id, threading.Semaphore(self._concurrency))
        entered = gate.acquire(timeout=self._hold_seconds)
        try:
            yield entered
        finally:
            if entered:
                gate.release()
