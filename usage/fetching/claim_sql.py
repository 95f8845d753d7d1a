"""The statements behind `claims`, written out for the same reason as those of `window_sql`.

They belong inside the caller's transaction, which holds the lock of the run.
"""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.db.backends.utils import CursorWrapper

from usage.records.window_sql import as_day, marks_for

NOW = {"sqlite": "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW')", "postgresql": "STATEMENT_TIMESTAMP()"}
"""The database's clock, as Django's `Now` asks for it."""

LEASE_END = {
    "sqlite": "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW', %s || ' seconds')",
    "postgresql": "STATEMENT_TIMESTAMP() + %s * INTERVAL '1 second'",
}

LOCK_RUN = """
SELECT mode, lookback_days, stop_requested_at IS NOT NULL OR halted_at IS NOT NULL, sign_in_proven_at IS NOT NULL
FROM usage_fetchrun WHERE id = %s AND status = 'running'"""

WAITING = """
SELECT waiting.id, waiting.company_id, waiting.attempts, waiting.lease_token, company.intacct_id,
       company.removed_at IS NOT NULL, company.unreadable_fields, company.fields_refused_at,
       (SELECT day FROM usage_companyday WHERE company_id = waiting.company_id AND records > 0 AND day <= %s
        ORDER BY day DESC LIMIT 1)
FROM usage_companyfetch waiting JOIN usage_company company ON company.id = waiting.company_id
WHERE waiting.run_id = %s AND {free} ORDER BY waiting.attempts, waiting.id LIMIT %s"""
"""The newest day is one step back in the index of days, however many days there are."""

PENDING = "waiting.status = 'pending'"
LEASE_IS_OVER = "waiting.status = 'running' AND waiting.lease_until <= {now}"

TAKE = """
UPDATE usage_companyfetch AS waiting
SET status = 'running', attempts = attempts + 1, lease_owner = %s, lease_token = lease_token + 1,
    lease_until = {lease_end}, started_at = COALESCE(started_at, {now})
WHERE id IN ({marks}) AND (id, lease_token) IN (VALUES {pairs}) AND ({pending} OR {lease_is_over})"""

HELD = (
    "SELECT id, lease_token FROM usage_companyfetch WHERE id IN ({marks}) AND lease_owner = %s AND status = 'running'"
)


class CurrentRun(NamedTuple):
    """A running run as it is in this moment; `is_ending`: it is to stop or was halted."""

    mode: str
    lookback_days: int
    is_ending: bool
    is_proven: bool


class WaitingFetch(NamedTuple):
    """A company fetch that may be claimed, with what its job needs to know of the company."""

    pk: int
    company_id: int
    attempts: int
    lease_token: int
    intacct_id: str
    is_removed: bool
    unreadable_fields: list[str]
    fields_refused_at: datetime | None
    newest_record_day: date | None


def lock_run(cursor: CursorWrapper, run_id: int) -> CurrentRun | None:
    """None if the run is not running. On SQLite the IMMEDIATE transaction is the lock."""
    cursor.execute(LOCK_RUN + (" FOR UPDATE" if connection.features.has_select_for_update else ""), (run_id,))
    found = cursor.fetchone()
    return None if found is None else CurrentRun(found[0], found[1], bool(found[2]), bool(found[3]))


def pending(cursor: CursorWrapper, run_id: int, *, limit: int, newest_day: date) -> list[WaitingFetch]:
    """Those nobody holds, the least tried first. Records after `newest_day` do not count for the newest record."""
    return _waiting(cursor, PENDING, run_id, limit=limit, newest_day=newest_day)


def lost(cursor: CursorWrapper, run_id: int, *, limit: int, newest_day: date) -> list[WaitingFetch]:
    """The same for those whose worker let the lease end."""
    lease_is_over = LEASE_IS_OVER.format(now=NOW[connection.vendor])
    return _waiting(cursor, lease_is_over, run_id, limit=limit, newest_day=newest_day)


def take(cursor: CursorWrapper, fetches: Sequence[WaitingFetch], owner: str) -> int:
    """Claim those that are still free under the token they were read with; how many."""
    now = NOW[connection.vendor]
    statement = TAKE.format(
        lease_end=LEASE_END[connection.vendor],
        now=now,
        marks=marks_for(fetches),
        pairs=", ".join("(%s, %s)" for _ in fetches),
        pending=PENDING,
        lease_is_over=LEASE_IS_OVER.format(now=now),
    )
    pairs = [value for fetch in fetches for value in (fetch.pk, fetch.lease_token)]
    cursor.execute(statement, [owner, settings.LEASE_SECONDS, *(fetch.pk for fetch in fetches), *pairs])
    return int(cursor.rowcount)


def held_tokens(cursor: CursorWrapper, fetches: Sequence[WaitingFetch], owner: str) -> dict[int, int]:
    """The tokens of those among the fetches that the owner holds."""
    cursor.execute(HELD.format(marks=marks_for(fetches)), [*(fetch.pk for fetch in fetches), owner])
    return dict(cursor.fetchall())


def _waiting(cursor: CursorWrapper, free: str, run_id: int, *, limit: int, newest_day: date) -> list[WaitingFetch]:
    cursor.execute(WAITING.format(free=free), (connection.ops.adapt_datefield_value(newest_day), run_id, limit))
    return [
        WaitingFetch(
            *(pk, company_id, attempts, lease_token, intacct_id),
            is_removed=bool(is_removed),
            unreadable_fields=json.loads(unreadable_fields),
            fields_refused_at=_moment(refused_at),
            newest_record_day=None if newest is None else as_day(newest),
        )
        for pk, company_id, attempts, lease_token, intacct_id, is_removed, unreadable_fields, refused_at, newest in (
            cursor.fetchall()
        )
    ]


def _moment(value: datetime | None) -> datetime | None:
    """SQLite keeps times without their zone, which is UTC."""
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value
