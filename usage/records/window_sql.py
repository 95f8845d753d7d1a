"""The statements behind `window_store` and `totals`, written out.

Building them through the ORM costs ten times what the database needs to run them for a company with few records
(docs/performance.md). Every function belongs inside the caller's transaction, except `window_cursor`, which opens the
one cursor they share. Days and clock readings travel as ISO text, as in `usage_rows`.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from django.db import connection
from django.db.backends.utils import CursorWrapper

from usage.models import Company, CompanyFetch
from usage.models.company_day import UNSETTLED_LIST

KEYS_PER_STATEMENT = 500
ROWS_PER_READ = 2000

Values = list[str | int | date | None]

TAKE_FETCH = """
UPDATE usage_companyfetch
SET status = %s, window_start = %s, expected = %s, fetched = %s, requests = %s, lease_until = NULL, finished_at = %s
WHERE id = %s AND lease_token = %s AND status = %s"""

NOTE_COUNTS = "UPDATE usage_companyfetch SET cleared = %s, inserted = %s, archived = %s WHERE id = %s"

NOTE_SUCCESS = """
UPDATE usage_company
SET health = %s, last_success_at = %s, last_attempt_at = %s, failing_since = NULL, consecutive_failures = 0,
    error_family = '', error_number = '', error_text = '', unreadable_fields = %s,
    unreadable_since = CASE WHEN %s THEN COALESCE(unreadable_since, %s) END,
    fields_refused_at = CASE WHEN %s THEN COALESCE(%s, fields_refused_at) END
WHERE id = %s"""

LOCK_COMPANY = "SELECT intacct_id, removed_at IS NOT NULL FROM usage_company WHERE id = %s"

HAS_RECORDS = "SELECT 1 FROM usage_companyday WHERE company_id = %s AND records > 0 LIMIT 1"

STORED_RECORDS = {
    # Text, not date objects: SQLite keeps it so, and an expression is not converted by the driver.
    "sqlite": """
SELECT id, record_no, created_on || '', created_time || '', transactions, signature_id, control_id, document_control_id
FROM usage_usagerecord WHERE company_id = %s""",
    "postgresql": """
SELECT id, record_no, to_char(created_on, 'YYYY-MM-DD'),
       to_char(created_time AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), transactions, signature_id, control_id,
       document_control_id
FROM usage_usagerecord WHERE company_id = %s""",
}

DELETE_WINDOW = "DELETE FROM usage_usagerecord WHERE company_id = %s"

DELETE_RECORDS = "DELETE FROM usage_usagerecord WHERE id IN ({marks})"

FROM_DAY = {"created_on": " AND created_on >= %s", "day": " AND day >= %s", "month": " AND month >= %s"}

RECORD_TOTALS = """
SELECT record.created_on, signature.sender_id, COUNT(*), SUM(record.transactions)
FROM usage_usagerecord record JOIN usage_callsignature signature ON signature.id = record.signature_id
WHERE record.company_id = %s{from_day}
GROUP BY record.created_on, signature.sender_id"""

SETTLE_DAYS = """
UPDATE usage_companyday SET state = CASE WHEN records > 0 THEN 'fetched' ELSE 'empty' END
WHERE company_id = %s AND day < %s AND state = 'provisional' AND state IN ({unsettled})"""
"""The second condition is that of the index of unsettled days."""

STORED_DAYS = "SELECT day, state, records, transactions, by_sender FROM usage_companyday WHERE company_id = %s"

DELETE_DAYS = "DELETE FROM usage_companyday WHERE company_id = %s AND day IN ({marks})"

DAYS_WITH_RECORDS = "SELECT day, by_sender FROM usage_companyday WHERE company_id = %s AND records > 0"

DELETE_MONTHS = "DELETE FROM usage_companymonth WHERE company_id = %s"


class StoredRecord(NamedTuple):
    """One record as it lies in the table."""

    pk: int
    record_no: str
    created_on: str
    created_time: str | None
    transactions: int
    signature_id: int
    control_id: str
    document_control_id: str


class DayRow(NamedTuple):
    """What is known of one day; `by_sender`: sender's key to records and transactions."""

    state: str
    records: int
    transactions: int
    by_sender: dict[int, list[int]]


@dataclass(frozen=True, slots=True)
class FetchOutcome:
    """What the company fetch's row is told when it is taken."""

    fetch_id: int
    lease_token: int
    window_start: date | None
    expected: int
    fetched: int
    requests: int


@contextmanager
def window_cursor() -> Iterator[CursorWrapper]:
    with connection.cursor() as cursor:
        yield cursor


def take_fetch(cursor: CursorWrapper, outcome: FetchOutcome, now: datetime) -> bool:
    """Mark a running company fetch done, if it is still held under this token."""
    moment = connection.ops.adapt_datetimefield_value(now)
    values = (
        CompanyFetch.Status.DONE.value,
        connection.ops.adapt_datefield_value(outcome.window_start),
        outcome.expected,
        outcome.fetched,
        outcome.requests,
        moment,
        outcome.fetch_id,
        outcome.lease_token,
        CompanyFetch.Status.RUNNING.value,
    )
    cursor.execute(TAKE_FETCH, values)
    return bool(cursor.rowcount)


def note_counts(cursor: CursorWrapper, fetch_id: int, counts: tuple[int, int, int]) -> None:
    """How many records were cleared, inserted and archived."""
    cursor.execute(NOTE_COUNTS, (*counts, fetch_id))


def lock_company(cursor: CursorWrapper, company_id: int) -> tuple[str, bool]:
    """The company's ID and whether it was removed; its row is locked until the transaction ends."""
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
    cursor.execute(LOCK_COMPANY + lock, (company_id,))
    intacct_id, removed = cursor.fetchone()
    return intacct_id, bool(removed)


def note_success(
    cursor: CursorWrapper,
    company_id: int,
    *,
    has_records: bool,
    unreadable_fields: Sequence[str],
    fields_refused: bool,
    now: datetime,
) -> None:
    """`fields_refused`: some of the unreadable fields were asked for just now; the others are known from before."""
    health = Company.Health.HEALTHY if has_records else Company.Health.NO_DATA
    moment = connection.ops.adapt_datetimefield_value(now)
    unreadable = bool(unreadable_fields)
    refusal = (json.dumps(list(unreadable_fields)), unreadable, moment, unreadable, moment if fields_refused else None)
    cursor.execute(NOTE_SUCCESS, (health.value, moment, moment, *refusal, company_id))


def has_records(cursor: CursorWrapper, company_id: int) -> bool:
    cursor.execute(HAS_RECORDS, (company_id,))
    return cursor.fetchone() is not None


def stored_records(cursor: CursorWrapper, company_id: int, clear_from: date | None) -> Iterator[StoredRecord]:
    """The company's records from a day on (None: all), in no order. Read them to the end before the next statement."""
    statement, values = _from_day(STORED_RECORDS[connection.vendor], company_id, "created_on", clear_from)
    cursor.execute(statement, values)
    while rows := cursor.fetchmany(ROWS_PER_READ):
        yield from map(StoredRecord._make, rows)


def delete_window(cursor: CursorWrapper, company_id: int, clear_from: date | None) -> None:
    cursor.execute(*_from_day(DELETE_WINDOW, company_id, "created_on", clear_from))


def delete_records(cursor: CursorWrapper, keys: Sequence[int]) -> None:
    for start in range(0, len(keys), KEYS_PER_STATEMENT):
        some = keys[start : start + KEYS_PER_STATEMENT]
        cursor.execute(DELETE_RECORDS.format(marks=_marks(some)), some)


def record_totals(
    cursor: CursorWrapper, company_id: int, first_day: date | None
) -> Iterator[tuple[date, int, int, int]]:
    """Day, sender's key, records and transactions, counted from the records."""
    from_day = "" if first_day is None else " AND record.created_on >= %s"
    cursor.execute(RECORD_TOTALS.format(from_day=from_day), _values(company_id, first_day))
    for day, sender, records, transactions in cursor.fetchall():
        yield day, sender, int(records), int(transactions)


def settle_days(cursor: CursorWrapper, company_id: int, before: date) -> None:
    """Days before this one that were not over when they were read are over."""
    cursor.execute(
        SETTLE_DAYS.format(unsettled=UNSETTLED_LIST), (company_id, connection.ops.adapt_datefield_value(before))
    )


def stored_days(cursor: CursorWrapper, company_id: int, first_day: date | None) -> dict[date, DayRow]:
    cursor.execute(*_from_day(STORED_DAYS, company_id, "day", first_day))
    return {
        day: DayRow(state, records, transactions, read_by_sender(by_sender))
        for day, state, records, transactions, by_sender in cursor.fetchall()
    }


def delete_days(cursor: CursorWrapper, company_id: int, days: Sequence[date]) -> None:
    adapted = [connection.ops.adapt_datefield_value(day) for day in days]
    for start in range(0, len(adapted), KEYS_PER_STATEMENT):
        some = adapted[start : start + KEYS_PER_STATEMENT]
        cursor.execute(DELETE_DAYS.format(marks=_marks(some)), [company_id, *some])


def days_with_records(
    cursor: CursorWrapper, company_id: int, first_day: date | None
) -> Iterator[tuple[date, dict[int, list[int]]]]:
    cursor.execute(*_from_day(DAYS_WITH_RECORDS, company_id, "day", first_day))
    for day, by_sender in cursor.fetchall():
        yield day, read_by_sender(by_sender)


def delete_months(cursor: CursorWrapper, company_id: int, first_month: date | None) -> None:
    cursor.execute(*_from_day(DELETE_MONTHS, company_id, "month", first_month))


def read_by_sender(text: str) -> dict[int, list[int]]:
    """The JSON of a day's shares."""
    return {int(sender): counts for sender, counts in json.loads(text).items()} if text != "{}" else {}


def _from_day(statement: str, company_id: int, column: str, first: date | None) -> tuple[str, Values]:
    return (statement if first is None else statement + FROM_DAY[column]), _values(company_id, first)


def _values(company_id: int, first: date | None) -> Values:
    return [company_id] if first is None else [company_id, connection.ops.adapt_datefield_value(first)]


def _marks(values: Iterable[object]) -> str:
    return ", ".join("%s" for _ in values)
