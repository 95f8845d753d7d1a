"""django-q2's cluster as one unit: it lives whole or dies whole, and ends when its supervisor lets go of it.

Stock django-q2 replaces a killed worker, but the dead one may hold the lock of the task queue, and then nothing runs
any more, for ever. So any unexpected death of one of its processes ends them all, and the supervisor starts anew.
What is replaced here is pinned by a test: `Sentinel.start`, `.reincarnate`, `.pool` and the module's `Stat`.
"""

import logging
import os
import signal
import time
from multiprocessing.process import BaseProcess
from typing import NoReturn

from django.core.management import CommandError
from django_q import cluster as django_q_cluster

from intacct_usage.lib.process_name import set_process_name
from scheduling import lifeline

logger = logging.getLogger(__name__)

RECYCLED = -2
BEAT_SECONDS = 2.0
LAST_SECONDS = 2.0
_beats: dict[str, float] = {}


class WholeSentinel(django_q_cluster.Sentinel):  # type: ignore[misc]  # django-q2 has no types
    def start(self) -> None:
        # A SIGTERM to the whole process group is the supervisor's to answer; it ends the cluster in good order.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        super().start()

    def reincarnate(self, process: BaseProcess) -> None:
        """Replace a worker that ended by itself to free memory; any other death is the death of all."""
        if process in self.pool and int(process.timer.value) == RECYCLED:  # type: ignore[attr-defined]  # set by django-q2
            super().reincarnate(process)
            return
        kind = {id(self.monitor): "monitor", id(self.pusher): "pusher"}.get(id(process), "worker")
        logger.error("The %s process of the worker died (exit code %s); all of it ends", kind, process.exitcode)
        end_group()


class BeatingStat(django_q_cluster.Stat):  # type: ignore[misc]  # django-q2 has no types
    """Saved twice a second by the sentinel; instead of writing to a cache it tells the supervisor "I live"."""

    def __init__(self, sentinel: WholeSentinel) -> None:
        self._sentinel = sentinel

    def save(self) -> None:
        _beat()
        if lifeline.is_cut():
            self._sentinel.stop_event.set()
            _end_if_too_slow()


def run_cluster(name: str, *, lifeline_end: int, beat_end: int, grace_seconds: float) -> None:
    """Be the cluster of one supervisor until the lifeline is cut. `beat_end` is a pipe's end for signs of life."""
    if os.getpgrp() != os.getpid():
        raise CommandError("The cluster must lead a process group of its own; start it with `manage.py worker`.")
    lifeline.hold(lifeline_end)
    set_process_name(name)
    os.set_blocking(beat_end, False)
    _beats.update(end=beat_end, last=0.0, grace=grace_seconds)
    django_q_cluster.Sentinel = WholeSentinel
    django_q_cluster.Stat = BeatingStat
    cluster = django_q_cluster.Cluster()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lifeline.watch_in_children(end_group, after_seconds=grace_seconds + LAST_SECONDS)
    cluster.start()
    cluster.sentinel.join()


def end_group() -> NoReturn:
    """End every process of this cluster, this one too."""
    os.killpg(os.getpgrp(), signal.SIGKILL)
    raise SystemExit(1)  # not reached; the signal came first


def _beat() -> None:
    now = time.monotonic()
    if now - _beats["last"] < BEAT_SECONDS:
        return
    _beats["last"] = now
    try:
        os.write(int(_beats["end"]), b".")
    except BlockingIOError:
        pass  # the supervisor is asleep; it finds many signs of life when it wakes up
    except BrokenPipeError:
        pass  # it is gone, and the lifeline with it


def _end_if_too_slow() -> None:
    """Without a supervisor nobody else would end a cluster that cannot stop."""
    since = _beats.setdefault("cut", time.monotonic())
    if time.monotonic() - since > _beats["grace"]:
        logger.error("The worker did not stop within %d s; it is ended", _beats["grace"])
        end_group()
