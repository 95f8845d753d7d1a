"""Replaces one company's window in one transaction: the old records stand, or the new ones do, never a mixture.

The transaction first takes the company fetch under its lease token; a worker whose lease was taken over changes
nothing. Nothing here touches the network.
"""

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice

from django.db import IntegrityError, transaction
from django.db.backends.utils import CursorWrapper

from intacct_usage.lib import clock
from intacct_usage.lib.bulk_insert import insert_rows
from usage.models import ArchivedUsageRecord, FetchRun, UsageRecord
from usage.records import window_sql
from usage.records.archive import archive_records
from usage.records.row_spool import RowSpool
from usage.records.signatures import SignatureKey, forget_known_signatures, signature_keys
from usage.records.totals import Coverage, write_totals
from usage.records.usage_rows import SignatureTexts, StoredRow
from usage.records.window_reading import WindowRows
from usage.records.window_sql import FetchOutcome, window_cursor
from usage.records.windows import FetchWindow, last_complete_day

logger = logging.getLogger(__name__)

RECORD_COLUMNS = (
    "company_id",
    "record_no",
    "created_on",
    "created_time",
    "transactions",
    "signature_id",
    "control_id",
    "document_control_id",
)
NUMBERS_PER_QUERY = 500
SignatureKeys = dict[SignatureTexts, SignatureKey]
Shares = dict[str, dict[SignatureTexts, list[int]]]
"""Day, as text, to records and transactions of each signature."""
Counted = dict[date, dict[int, list[int]]]
"""Day to records and transactions of each sender, by its key."""


class LeaseLostError(Exception):
    """Another worker holds this company fetch now; what this one read is dropped."""


class CompanyRemovedError(LeaseLostError):
    """The company left the list while it was read; it stays as it is."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to write the outcome of one company fetch."""

    fetch_id: int
    company_id: int
    token: int


@dataclass(frozen=True, slots=True)
class StoreResult:
    cleared: int
    inserted: int
    archived: int


@dataclass(frozen=True, slots=True)
class WindowContent:
    """What one complete read found, and how it is to replace what is stored."""

    window: FetchWindow
    rows: WindowRows
    mode: str
    keep_history: bool
    requests: int
    unreadable_fields: Sequence[str]
    run_id: int | None = None
    fields_refused: bool = False


def store_window(claim: Claim, content: WindowContent, *, now: datetime) -> StoreResult:
    """Replace the window and mark the company fetch done, both or neither.

    Records that come back as they are stored are left in place; the counts and the log speak of the whole window.
    Raises LeaseLostError if the claim no longer holds, CompanyRemovedError if the company left the list. Safe to
    repeat: a second call finds the claim used.
    """
    shares = _shares(content.rows.rows)
    try:
        return _store_window(claim, content, shares, now)
    except IntegrityError:
        forget_known_signatures()  # their rows may be gone, as after a restore beneath this process
    return _store_window(claim, content, shares, now)


def _shares(rows: Iterable[StoredRow]) -> Shares:
    """Counted before the transaction, which on SQLite keeps all others from writing."""
    shares: Shares = {}
    for _, on, _, transactions, texts, _, _ in rows:
        day = shares.setdefault(on, {})
        if texts in day:
            counts = day[texts]
            counts[0] += 1
            counts[1] += transactions
        else:
            day[texts] = [1, transactions]
    return shares


def _store_window(claim: Claim, content: WindowContent, shares: Shares, now: datetime) -> StoreResult:
    keys = signature_keys({texts for by_texts in shares.values() for texts in by_texts})
    counted = _counted_by_sender(shares, keys)
    with transaction.atomic(), window_cursor() as cursor:
        if not window_sql.take_fetch(cursor, _outcome(claim, content), now):
            raise LeaseLostError
        intacct_id, removed = window_sql.lock_company(cursor, claim.company_id)
        if removed:
            raise CompanyRemovedError
        result = _Replacement(cursor, claim.company_id, content, keys=keys, counted=counted).run(now)
        window_sql.note_counts(cursor, claim.fetch_id, (result.cleared, result.inserted, result.archived))
        has_records = bool(content.rows.expected) or window_sql.has_records(cursor, claim.company_id)
        window_sql.note_success(
            cursor,
            claim.company_id,
            has_records=has_records,
            unreadable_fields=content.unreadable_fields,
            fields_refused=content.fields_refused,
            now=now,
        )
    _log_result(claim.company_id, intacct_id, content.window, result)
    return result


def _counted_by_sender(shares: Shares, keys: SignatureKeys) -> Counted:
    counted: Counted = {}
    for on, by_texts in shares.items():
        day = counted.setdefault(date.fromisoformat(on), {})
        for texts, (records, transactions) in by_texts.items():
            counts = day.setdefault(keys[texts].sender, [0, 0])
            counts[0] += records
            counts[1] += transactions
    return counted


def _outcome(claim: Claim, content: WindowContent) -> FetchOutcome:
    return FetchOutcome(
        fetch_id=claim.fetch_id,
        lease_token=claim.token,
        window_start=content.window.start,
        expected=content.rows.expected,
        fetched=len(content.rows.rows),
        requests=content.requests,
    )


@dataclass(slots=True)
class _Stored:
    """What the stored window has to do with the one that came back; keys are primary keys, `same` record numbers."""

    count: int = 0
    first_day: date | None = None
    missing: list[int] = field(default_factory=list)
    outdated: list[int] = field(default_factory=list)
    same: set[str] = field(default_factory=set)


class _Replacement:
    """Brings one company's stored window to what was returned, records and totals."""

    def __init__(
        self, cursor: CursorWrapper, company_id: int, content: WindowContent, *, keys: SignatureKeys, counted: Counted
    ) -> None:
        self._cursor = cursor
        self._company_id = company_id
        self._content = content
        self._rows: RowSpool[StoredRow] = content.rows.rows
        self._keys = keys
        self._counted = counted

    def run(self, now: datetime) -> StoreResult:
        stored = self._compare()
        kept = len(stored.missing) if self._content.keep_history else 0
        archived = 0
        if not kept:
            records = UsageRecord.objects.filter(company=self._company_id)
            archived = archive_records(records, stored.missing, reason=self._archive_reason, now=now)
        self._delete(stored, kept=bool(kept))
        moved_from = self._insert_new(stored)
        first_day = self._rebuild_from(_earliest(self._content.window.clear_from, stored.first_day, moved_from))
        counted = self._counted if self._rows_are_all(first_day, kept=bool(kept)) else None
        write_totals(self._cursor, self._company_id, first_day, coverage=_coverage(self._content, now), counted=counted)
        return StoreResult(stored.count - kept, len(self._rows), archived)

    @property
    def _archive_reason(self) -> str:
        full = self._content.mode == FetchRun.Mode.FULL_REFRESH
        return ArchivedUsageRecord.Reason.FULL_REFRESH if full else ArchivedUsageRecord.Reason.SHRUNK

    def _compare(self) -> _Stored:
        """Read the stored window once. Windows too large for memory are not compared but replaced as a whole."""
        stored = _Stored()
        returned = self._content.rows.record_numbers
        values = {} if self._rows.on_disk else {row.record_no: self._values_of(row) for row in self._rows}
        first = ""
        for record in window_sql.stored_records(self._cursor, self._company_id, self._content.window.clear_from):
            stored.count += 1
            first = min(first or record.created_on, record.created_on)
            if record.record_no not in returned:
                stored.missing.append(record.pk)
            elif values.get(record.record_no) == record[1:]:
                stored.same.add(record.record_no)
            else:
                stored.outdated.append(record.pk)
        stored.first_day = date.fromisoformat(first) if first else None
        return stored

    def _values_of(self, row: StoredRow) -> tuple[str | int | None, ...]:
        number, on, time, transactions, texts, control_id, document_control_id = row
        return number, on, time, transactions, self._keys[texts].pk, control_id, document_control_id

    def _delete(self, stored: _Stored, *, kept: bool) -> None:
        if kept:
            window_sql.delete_records(self._cursor, stored.outdated)
        elif stored.same:
            window_sql.delete_records(self._cursor, stored.outdated + stored.missing)
        elif stored.count:
            window_sql.delete_window(self._cursor, self._company_id, self._content.window.clear_from)

    def _insert_new(self, stored: _Stored) -> date | None:
        """Insert what is not stored yet. A record stored under an earlier day (re-dated at the source) is moved, not
        doubled.

        Returns the earliest day a record was moved away from.
        """
        if len(stored.same) == len(self._rows):
            return None
        if self._content.window.clear_from is None:  # nothing is left that a record could collide with
            self._insert(stored.same)
            return None
        try:
            with transaction.atomic():
                self._insert(stored.same)
        except IntegrityError:
            moved_from = self._remove_earlier_copies(stored.same)
            self._insert(stored.same)
            return moved_from
        return None

    def _insert(self, same: Collection[str]) -> None:
        company_id = self._company_id
        rows = ((company_id, *self._values_of(row)) for row in self._rows if row.record_no not in same)
        insert_rows(UsageRecord, RECORD_COLUMNS, rows)

    def _remove_earlier_copies(self, same: Collection[str]) -> date | None:
        moved_from: list[date] = []
        for some in _in_batches(row.record_no for row in self._rows if row.record_no not in same):
            copies = UsageRecord.objects.filter(company=self._company_id, record_no__in=some)
            days = list(copies.values_list("created_on", flat=True))
            if days:
                copies.delete()
                moved_from.append(min(days))
        return min(moved_from, default=None)

    def _rebuild_from(self, first_day: date | None) -> date | None:
        """From where totals are recomputed; days of the window that are older than what was cleared count too."""
        start = self._content.window.start
        return None if start is None else _earliest(first_day, start, min(self._counted, default=None))

    def _rows_are_all(self, first_day: date | None, *, kept: bool) -> bool:
        """Whether the company's records from the first day on are exactly the returned rows."""
        clear_from = self._content.window.clear_from
        return not kept and (clear_from is None or (first_day is not None and first_day >= clear_from))


def _in_batches(numbers: Iterable[str]) -> Iterator[list[str]]:
    remaining = iter(numbers)
    while batch := list(islice(remaining, NUMBERS_PER_QUERY)):
        yield batch


def _earliest(*days: date | None) -> date | None:
    return min((day for day in days if day is not None), default=None)


def _coverage(content: WindowContent, now: datetime) -> Coverage:
    first = content.window.coverage_from
    complete_to = last_complete_day(now)
    return Coverage(first=first, last=max(first, clock.utc_day(now)), complete_to=complete_to)


def _log_result(company_id: int, intacct_id: str, window: FetchWindow, result: StoreResult) -> None:
    extra = {"company_id": company_id, "company": intacct_id}
    if result.cleared:
        until = f" from {window.clear_from} onward" if window.clear_from else ""
        logger.info("[%s] Cleared %d records%s", intacct_id, result.cleared, until, extra=extra)
    logger.info("[%s] Stored %d records", intacct_id, result.inserted, extra=extra)
    if result.archived:
        logger.warning(
            "[%s] Intacct returned %d fewer of the stored records than before; those were moved to the archive",
            intacct_id,
            result.archived,
            extra=extra,
        )
