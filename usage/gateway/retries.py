"""How long to wait before a failed call is tried again, by family of failure, and when to give up."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from usage.gateway.error_families import ErrorFamily
from usage.gateway.errors import GatewayError

MAX_TRIES = 5
RETRY_AFTER_LIMIT_SECONDS = 300


class RetryBudget:
    """How many retries one run may spend over all its companies, so that an outage does not cost hours."""

    def __init__(self, retries: int) -> None:
        self._left = retries
        self._lock = threading.Lock()

    @property
    def left(self) -> int:
        return self._left

    def take(self) -> bool:
        """Use up one retry; False if none is left."""
        with self._lock:
            if self._left <= 0:
                return False
            self._left -= 1
            return True


@dataclass(frozen=True)
class RetryPolicy:
    """Pauses in seconds before the second, third, ... try. What is in no list is never tried again.

    `quick` is for network and server failures and drawn at random between 0 and its value (full jitter); `slow` is
    for limits, `few` for failures that seldom pass. `jitter` returns a number from 0 up to 1.
    """

    quick: tuple[float, ...] = (1, 2, 4, 8, 16)
    slow: tuple[float, ...] = (30, 60, 120, 120)
    few: tuple[float, ...] = (2, 8)
    cdn_timeout: tuple[float, ...] = (60, 60, 60, 60)
    cdn_block: tuple[float, ...] = (90, 90, 90)
    max_tries: int = MAX_TRIES
    budget: RetryBudget | None = None
    jitter: Callable[[], float] = random.random

    def pause_seconds(self, error: GatewayError, *, attempt: int) -> float | None:
        """The pause after failed try number `attempt` (from 1); None to give up. Spends one retry of the budget."""
        pauses: tuple[float, ...] = getattr(self, _PAUSES.get(error.family, ""), ())
        if attempt >= self.max_tries or attempt > len(pauses):
            return None
        if self.budget is not None and not self.budget.take():
            return None
        if error.retry_after_seconds is not None:
            return error.retry_after_seconds
        pause = pauses[attempt - 1]
        return pause * self.jitter() if error.family in _JITTERED else pause


_F = ErrorFamily
_JITTERED = frozenset({_F.UNREACHABLE, _F.TIMED_OUT, _F.INCOMPLETE, _F.PROXY, _F.SERVER, _F.TRY_LATER})
_PAUSES: dict[ErrorFamily, str] = {
    **dict.fromkeys(_JITTERED, "quick"),
    **dict.fromkeys((_F.RATE_LIMIT, _F.TOO_MANY_OPERATIONS, _F.OFFLINE), "slow"),
    **dict.fromkeys((_F.DATA_LAYER, _F.UNREADABLE_ANSWER), "few"),
    _F.CDN_TIMEOUT: "cdn_timeout",
    _F.CDN_BLOCK: "cdn_block",
}


def retry_after_seconds(value: str | None, *, now: datetime | None = None) -> float | None:
    """Read a Retry-After header, seconds or a date, as a pause of at most five minutes.

    None for a missing, unreadable, past, zero or negative one: the usual pause is used then.
    """
    if not value:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:9])
    else:
        try:
            until = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        if until.tzinfo is None:
            until = until.replace(tzinfo=UTC)
        seconds = (until - (now or datetime.now(UTC))).total_seconds()
    return min(seconds, RETRY_AFTER_LIMIT_SECONDS) if seconds > 0 else None
