"""Faults waiting for the requests they shall spoil."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass
class _Waiting(Generic[Item]):
    item: Item
    left: int | None


class InjectedFaults(Generic[Item]):
    """Taken in the order of injection, each as often as asked for; safe from many threads."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting[Item]] = []
        self._lock = threading.Lock()

    def inject(self, item: Item, *, times: int | None) -> None:
        """`times` None means for ever (then later ones of the same kind are never reached)."""
        with self._lock:
            self._waiting.append(_Waiting(item, times))

    def take(self, is_meant: Callable[[Item], bool]) -> Item | None:
        """The first that is meant for a request, counted as used; None if none is."""
        with self._lock:
            for waiting in self._waiting:
                if not is_meant(waiting.item):
                    continue
                if waiting.left is not None:
                    waiting.left -= 1
                    if waiting.left <= 0:
                        self._waiting.remove(waiting)
                return waiting.item
        return None

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()
