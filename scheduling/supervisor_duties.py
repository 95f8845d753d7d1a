"""What a supervisor does besides watching its cluster: the regular step, its sign of life, giving back leases."""

import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import F
from django.db.models.functions import Now
from django_q.models import Schedule as InternalSchedule

from intacct_usage.lib import clock
from intacct_usage.lib.process_name import HOST, process_name
from intacct_usage.lib.version import application_version
from scheduling.database_clock import database_now
from scheduling.give_back import give_back_of_dead_workers
from scheduling.lanes import lanes_of_this_worker
from scheduling.models import WorkerBeat
from scheduling.tick import tick
from usage.models import FetchRun

logger = logging.getLogger(__name__)

BEAT_SECONDS = 10.0
IDLE_FACTOR = 2
CLOCK_TOLERANCE_SECONDS = 60.0
INTERNAL_TICK = "regular work"
INTERNAL_FUNCTION = "scheduling.tasks.regular_work"


class Duties:
    """Runs in a thread of its own with its own connection, from `begin` to `end`."""

    def __init__(self, tick_seconds: float) -> None:
        self._tick_seconds = tick_seconds
        self._ended = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._work, name="regular-work", daemon=True)
        self._next = {"beat": 0.0, "thorough": 0.0}
        self._clock_offset = _clock_offset()
        self._restarts: list[str] = []
        self._database_is_away = False
        self._is_busy = True
        self._schema: frozenset[tuple[str, str]] | None = None
        self.is_outdated = False
        """Whether the tables changed since the start, as an upgrade does."""

    def begin(self) -> None:
        self._thread.start()

    def note_restart(self, reason: str) -> None:
        """The cluster died: give back at once what it held."""
        self._restarts.append(reason)
        self._next.update(beat=0.0, thorough=0.0)
        self._wake.set()

    def end(self) -> None:
        """Give back what is held, and say goodbye."""
        self._ended.set()
        self._wake.set()
        self._thread.join(30)

    def _work(self) -> None:
        while not self._ended.is_set():
            self._try(self._step)
            self._wake.wait(self._pause())
            self._wake.clear()
        self._try(self._say_goodbye)
        connection.close()

    def _pause(self) -> float:
        """Short while something runs; idle, there is little to be quick for."""
        return self._tick_seconds if self._is_busy else self._tick_seconds * IDLE_FACTOR

    def _try(self, step: Callable[[], None]) -> None:
        try:
            step()
        except DatabaseError as error:
            if not self._database_is_away:  # once, not at every step
                logger.error("The database does not answer (%s); it is tried again", type(error).__name__)
            self._database_is_away = True
            connection.close()
        except Exception:
            logger.exception("The regular work failed; it is tried again")
        else:
            if self._database_is_away:
                logger.warning("The database answers again")
            self._database_is_away = False

    def _step(self) -> None:
        self._watch_clock()
        now = time.monotonic()
        if now >= self._next["beat"]:
            self._beat()
            self._next["beat"] = now + BEAT_SECONDS
        thoroughly = now >= self._next["thorough"]
        if thoroughly:
            self._compare_schema()
            give_back_of_dead_workers()
            self._next["thorough"] = now + settings.REAPER_SECONDS
        if self.is_outdated:
            return
        tick(thoroughly=thoroughly)
        self._is_busy = FetchRun.objects.open().exists()

    def _compare_schema(self) -> None:
        """An older program must not work on newer tables, nor a newer one on older: see `is_outdated`."""
        applied = frozenset(MigrationRecorder(connection).applied_migrations())
        if self._schema is not None and applied != self._schema and not self.is_outdated:
            logger.warning("The database's tables were changed; the worker starts anew with the program as it is now")
            self.is_outdated = True
        self._schema = applied

    def _watch_clock(self) -> None:
        """Say when this machine's clock was moved; leases do not depend on it, due times do."""
        offset = _clock_offset()
        if abs(offset - self._clock_offset) > CLOCK_TOLERANCE_SECONDS:
            logger.warning("This machine's clock was moved by %+.0f s (or it slept)", offset - self._clock_offset)
        self._clock_offset = offset

    def _beat(self) -> None:
        restarts = len(self._restarts)
        fields: dict[str, Any] = {"beat_at": Now(), "ticked_at": Now(), "ended_at": None}  # Any: values of an UPDATE
        if restarts:
            fields |= {"restarts": F("restarts") + restarts, "last_restart_reason": self._restarts[-1][:300]}
        if not WorkerBeat.objects.filter(instance=self._instance).update(**fields):
            self._introduce()
        del self._restarts[:restarts]

    @property
    def _instance(self) -> str:
        return process_name().rpartition("/")[2]

    def _introduce(self) -> None:
        now = database_now()
        WorkerBeat.objects.create(
            instance=self._instance,
            host=HOST,
            process_id=os.getpid(),
            version=application_version(),
            lanes=lanes_of_this_worker(),
            started_at=now,
            beat_at=now,
            ticked_at=now,
        )
        keep_one_internal_schedule()

    def _say_goodbye(self) -> None:
        give_back_of_dead_workers()
        WorkerBeat.objects.filter(instance=self._instance).update(ended_at=Now())


def keep_one_internal_schedule() -> None:
    """django-q2's own schedule holds our minute's step and nothing else: a bad row there would stop all others."""
    foreign = InternalSchedule.objects.exclude(func=INTERNAL_FUNCTION)
    for row in foreign:
        logger.warning("Removed a foreign row from the worker's own schedule: %s", row.func)
    foreign.delete()
    if not InternalSchedule.objects.filter(func=INTERNAL_FUNCTION).exists():
        InternalSchedule.objects.create(
            name=INTERNAL_TICK,
            func=INTERNAL_FUNCTION,
            schedule_type=InternalSchedule.MINUTES,
            minutes=1,
            repeats=-1,
            kwargs={"q_options": {"save": False}},
            next_run=clock.now(),
        )


def _clock_offset() -> float:
    """Seconds between the wall clock and the one that nobody can move."""
    return time.time() - time.monotonic()
