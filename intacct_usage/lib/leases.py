"""Leases of rows: how long they run, and keeping one alive while the work it stands for goes on."""

import logging
import threading
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from django.db import DatabaseError, connection
from django.db.models import DateTimeField, ExpressionWrapper, QuerySet
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now

logger = logging.getLogger(__name__)


def database_time_in(seconds: float) -> "ExpressionWrapper[CombinedExpression]":
    """A moment by the database's clock: leases of several machines must not depend on each machine's own."""
    return ExpressionWrapper(Now() + timedelta(seconds=seconds), output_field=DateTimeField())


class LeaseKeeper:
    """Renews `lease_until` of the row that `held` finds, four times per lease, in a thread with its own connection.

    It ends by itself once `held` is empty, that is when the lease was lost: whoever works under the lease finds that
    out when it writes. `name` tells in the log what is held.
    """

    def __init__(self, held: QuerySet[Any], lease_seconds: float, *, name: str) -> None:  # Any: rows of several models
        self._held = held
        self._lease_seconds = lease_seconds
        self._name = name
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"lease-of-{name}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join(self._lease_seconds)

    def _keep(self) -> None:
        try:
            while not self._ended.wait(self._lease_seconds / 4):
                if not self._renew():
                    return
        finally:
            connection.close()

    def _renew(self) -> bool:
        """False once the lease is lost; a database that fails for a moment is asked again next time."""
        try:
            return bool(self._held.update(lease_until=database_time_in(self._lease_seconds)))
        except DatabaseError:
            logger.warning("The claim on %s could not be renewed; it is tried again", self._name, exc_info=True)
            connection.close()
            return True
