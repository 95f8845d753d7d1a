"""The statements behind `window_store` and `totals`, written out.

Building them through the ORM costs ten times what the database needs to run them for a company with few records
(docs/performance.md). Every function belongs inside the caller's transaction, except `window_cursor`, which opens the
one cursor they share. Days and clock readings travel as ISO text, as in `usage_rows`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import date, datetime
from typing import NamedTuple

from django.db import connection
from django.db.backends.utils import CursorWrapper

from usage.models import Company
from usage.models.company_day import UNSETTLED_LIST

KEYS_PER_STATEMENT = 500
ROWS_PER_READ = 2000

Values = list[str | int | date | None]

HOLD_CLAIMS = """
SELECT held.id, company.intacct_id, company.removed_at IS NOT NULL
FROM usage_companyfetch held JOIN usage_company company ON company.id = held.company_id
WHERE held.id IN ({marks}) AND (held.id, held.lease_token) IN (VALUES {pairs}) AND held.status = 'running'"""

NOTE_OUTCOMES = """
UPDATE usage_companyfetch AS held
SET status = 'done', lease_until = NULL, finished_at = %s, window_start = found.column2, expected = found.column3,
    fetched = found.column4, requests = found.column5, cleared = found.column6, inserted = found.column7,
    archived = found.column8
FROM (VALUES {rows}) AS found WHERE held.id = found.column1"""

OUTCOME_ROW = {
    "sqlite": "(%s, %s, %s, %s, %s, %s, %s, %s)",
    "postgresql": "(%s, %s::date, %s, %s, %s, %s, %s, %s)",
}

NOTE_SUCCESS = """
UPDATE usage_company
SET health = %s, last_success_at = %s, last_attempt_at = %s, failing_since = NULL, consecutive_failures = 0,
    error_family = '', error_number = '', error_text = '', unreadable_fields = %s,
    unreadable_since = CASE WHEN %s THEN COALESCE(unreadable_since, %s) END,
    fields_refused_at = CASE WHEN %s THEN COALESCE(%s, fields_refused_at) END
WHERE id IN ({marks})"""

HAS_RECORDS = "SELECT 1 FROM usage_companyday WHERE company_id = %s AND records > 0 LIMIT 1"

STORED_RECORDS = {
    # Text, not date objects: SQLite keeps it so, and an expression is not converted by the driver.
    "sqlite": """
SELECT company_id, id, record_no, created_on || '', created_time || '', transactions, signature_id, control_id,
       document_control_id
FROM usage_usagerecord WHERE company_id = %s""",
    "postgresql": """
SELECT company_id, id, record_no, to_char(created_on, 'YYYY-MM-DD'),
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
WHERE company_id IN ({marks}) AND day < %s AND state = 'provisional' AND state IN ({unsettled})"""
"""The second condition is that of the index of unsettled days."""

STORED_DAYS = """
SELECT company_id, day, state, records, transactions, by_sender FROM usage_companyday WHERE company_id = %s"""

DELETE_DAYS = "DELETE FROM usage_companyday WHERE company_id = %s AND day IN ({marks})"

DAYS_WITH_RECORDS = "SELECT day, by_sender FROM usage_companyday WHERE company_id = %s AND records > 0"

DELETE_MONTHS = "DELETE FROM usage_companymonth WHERE company_id = %s"


class StoredRecord(NamedTuple):
    """One record as it lies in the table."""

    company_id: int
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


class HeldCompany(NamedTuple):
    """What a company's row says while its fetch is held."""

    intacct_id: str
    is_removed: bool


@dataclass(frozen=True, slots=True)
class FetchOutcome:
    """What the row of a company fetch that is done is told; the last three count records."""

    fetch_id: int
    window_start: date | None
    expected: int
    fetched: int
    requests: int
    cleared: int
    inserted: int
    archived: int


class Refusal(NamedTuple):
    """Fields a company refused; `is_new`: some of them were asked for just now, the others are known from before."""

    unreadable_fields: tuple[str, ...]
    is_new: bool


@contextmanager
def window_cursor() -> Iterator[CursorWrapper]:
    with connection.cursor() as cursor:
        yield cursor


def hold_claims(cursor: CursorWrapper, tokens: Mapping[int, int]) -> dict[int, HeldCompany]:
    """The company fetches, by their keys, that are still held under these tokens, with their companies.

    Their rows are locked until the transaction ends. Of several, those that somebody else has locked are left out:
    who holds one lock and waits for another can wait for ever.
    """
    statement = HOLD_CLAIMS.format(marks=marks_for(tokens), pairs=", ".join("(%s, %s)" for _ in tokens))
    if connection.features.has_select_for_update:
        statement += " FOR UPDATE SKIP LOCKED" if len(tokens) > 1 else " FOR UPDATE"
    cursor.execute(statement, [*tokens, *(value for pair in tokens.items() for value in pair)])
    return {fetch_id: HeldCompany(name, bool(removed)) for fetch_id, name, removed in cursor.fetchall()}


def note_outcomes(cursor: CursorWrapper, outcomes: Sequence[FetchOutcome], now: datetime) -> None:
    """Mark company fetches done whose rows the caller holds."""
    row = OUTCOME_ROW[connection.vendor]
    values: Values = [connection.ops.adapt_datetimefield_value(now)]
    for outcome in outcomes:
        fetch_id, window_start, *counts = astuple(outcome)
        values += [fetch_id, connection.ops.adapt_datefield_value(window_start), *counts]
    cursor.execute(NOTE_OUTCOMES.format(rows=", ".join(row for _ in outcomes)), values)


def note_success(
    cursor: CursorWrapper, company_ids: Sequence[int], *, has_records: bool, refusal: Refusal, now: datetime
) -> None:
    health = Company.Health.HEALTHY if has_records else Company.Health.NO_DATA
    moment = connection.ops.adapt_datetimefield_value(now)
    unreadable = bool(refusal.unreadable_fields)
    refused = (
        json.dumps(refusal.unreadable_fields),
        unreadable,
        moment,
        unreadable,
        moment if refusal.is_new else None,
    )
    statement = NOTE_SUCCESS.format(marks=marks_for(company_ids))
    cursor.execute(statement, (health.value, moment, moment, *refused, *company_ids))


def has_records(cursor: CursorWrapper, company_id: int) -> bool:
    cursor.execute(HAS_RECORDS, (company_id,))
    return cursor.fetchone() is not None


def stored_records(cursor: CursorWrapper, clear_from: Mapping[int, date | None]) -> Iterator[StoredRecord]:
    """The records of companies, each from a day on (None: all), in no order. Read them to the end before the next
    statement."""
    cursor.execute(*_from_days(STORED_RECORDS[connection.vendor], "created_on", clear_from))
    while rows := cursor.fetchmany(ROWS_PER_READ):
        yield from map(StoredRecord._make, rows)


def delete_window(cursor: CursorWrapper, company_id: int, clear_from: date | None) -> None:
    cursor.execute(*_from_day(DELETE_WINDOW, company_id, "created_on", clear_from))


def delete_records(cursor: CursorWrapper, keys: Sequence[int]) -> None:
    for start in range(0, len(keys), KEYS_PER_STATEMENT):
        some = keys[start : start + KEYS_PER_STATEMENT]
        cursor.execute(DELETE_RECORDS.format(marks=marks_for(some)), some)


def record_totals(
    cursor: CursorWrapper, company_id: int, first_day: date | None
) -> Iterator[tuple[date, int, int, int]]:
    """Day, sender's key, records and transactions, counted from the records."""
    from_day = "" if first_day is None else " AND record.created_on >= %s"
    cursor.execute(RECORD_TOTALS.format(from_day=from_day), _values(company_id, first_day))
    for day, sender, records, transactions in cursor.fetchall():
        yield day, sender, int(records), int(transactions)


def settle_days(cursor: CursorWrapper, company_ids: Sequence[int], before: date) -> None:
    """Days before this one that were not over when they were read are over."""
    statement = SETTLE_DAYS.format(marks=marks_for(company_ids), unsettled=UNSETTLED_LIST)
    cursor.execute(statement, (*company_ids, connection.ops.adapt_datefield_value(before)))


def stored_days(cursor: CursorWrapper, first_days: Mapping[int, date | None]) -> dict[int, dict[date, DayRow]]:
    """What is known of the days of companies, each from a day on (None: of all)."""
    cursor.execute(*_from_days(STORED_DAYS, "day", first_days))
    found: dict[int, dict[date, DayRow]] = {company_id: {} for company_id in first_days}
    for company_id, day, state, records, transactions, by_sender in cursor.fetchall():
        found[company_id][as_day(day)] = DayRow(state, records, transactions, read_by_sender(by_sender))
    return found


def delete_days(cursor: CursorWrapper, company_id: int, days: Sequence[date]) -> None:
    adapted = [connection.ops.adapt_datefield_value(day) for day in days]
    for start in range(0, len(adapted), KEYS_PER_STATEMENT):
        some = adapted[start : start + KEYS_PER_STATEMENT]
        cursor.execute(DELETE_DAYS.format(marks=marks_for(some)), [company_id, *some])


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


def _from_days(statement: str, column: str, first: Mapping[int, date | None]) -> tuple[str, Values]:
    """One statement for several companies; each part follows the index of its company."""
    parts = [_from_day(statement, company_id, column, day) for company_id, day in first.items()]
    return " UNION ALL ".join(part for part, _ in parts), [value for _, values in parts for value in values]


def as_day(value: date | str) -> date:
    """SQLite tells the type of a column in a simple SELECT only."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def _values(company_id: int, first: date | None) -> Values:
    return [company_id] if first is None else [company_id, connection.ops.adapt_datefield_value(first)]


def marks_for(values: Iterable[object]) -> str:
    """Placeholders for `IN (…)`."""
    return ", ".join("%s" for _ in values)
