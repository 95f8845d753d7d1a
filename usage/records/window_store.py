"""Replaces one company's window in one transaction: the old records stand, or the new ones do, never a mixture.

The transaction first takes the company fetch under its lease token; a worker whose lease was taken over changes
nothing. Small windows share a transaction and its statements. Nothing here touches the network.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
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
from usage.records.totals import Coverage, TotalsFrom, write_totals
from usage.records.usage_rows import SignatureTexts, StoredRow
from usage.records.window_reading import WindowRows
from usage.records.window_sql import FetchOutcome, Refusal, StoredRecord, window_cursor
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


RecordValues = tuple[str | int | None, ...]
"""Of one record, from its number on, in the order of `RECORD_COLUMNS`."""


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


Arrived = tuple[Claim, WindowContent]


def store_window(claim: Claim, content: WindowContent, *, now: datetime) -> StoreResult:
    """Replace the window and mark the company fetch done, both or neither.

    Records that come back as they are stored are left in place; the counts and the log speak of the whole window.
    Raises LeaseLostError if the claim no longer holds, CompanyRemovedError if the company left the list. Safe to
    repeat: a second call finds the claim used.
    """
    return store_windows([(claim, content)], now=now)[0]


def store_windows(arrived: Sequence[Arrived], *, now: datetime) -> list[StoreResult]:
    """As `store_window` for several companies in one transaction, all of them or none.

    Then LeaseLostError can also mean that somebody else looks after one of their rows just now: store them singly.
    """
    shares = [_shares(content.rows.rows) for _, content in arrived]
    try:
        return _store_windows(arrived, shares, now)
    except IntegrityError:
        forget_known_signatures()  # their rows may be gone, as after a restore beneath this process
    return _store_windows(arrived, shares, now)


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


def _store_windows(arrived: Sequence[Arrived], shares: Sequence[Shares], now: datetime) -> list[StoreResult]:
    keys = signature_keys({texts for of_one in shares for by_texts in of_one.values() for texts in by_texts})
    counted = [_counted_by_sender(of_one, keys) for of_one in shares]
    with transaction.atomic(), window_cursor() as cursor:
        names = _hold(cursor, [claim for claim, _ in arrived])
        replacements = [
            _Replacement(cursor, claim.company_id, content, keys=keys, counted=of_one)
            for (claim, content), of_one in zip(arrived, counted, strict=True)
        ]
        _compare(cursor, replacements)
        results = [replacement.replace_records(now) for replacement in replacements]
        write_totals(cursor, [replacement.totals(now) for replacement in replacements])
        window_sql.note_outcomes(cursor, list(map(_outcome, arrived, results)), now)
        _note_success(cursor, arrived, now)
    for (claim, content), name, result in zip(arrived, names, results, strict=True):
        _log_result(claim.company_id, name, content.window, result)
    return results


def _hold(cursor: CursorWrapper, claims: Sequence[Claim]) -> list[str]:
    """Lock the company fetches and companies of the claims; the IDs of the companies."""
    held = window_sql.hold_claims(cursor, {claim.fetch_id: claim.token for claim in claims})
    if len(held) < len(claims):
        raise LeaseLostError
    if any(company.is_removed for company in held.values()):
        raise CompanyRemovedError
    return [held[claim.fetch_id].intacct_id for claim in claims]


def _compare(cursor: CursorWrapper, replacements: Sequence["_Replacement"]) -> None:
    """Read the stored windows once."""
    by_company = {replacement.company_id: replacement for replacement in replacements}
    clear_from = {replacement.company_id: replacement.clear_from for replacement in replacements}
    for record in window_sql.stored_records(cursor, clear_from):
        by_company[record.company_id].note_stored(record)


def _note_success(cursor: CursorWrapper, arrived: Sequence[Arrived], now: datetime) -> None:
    """Most companies are told the same, hence one statement for all of those."""
    alike: defaultdict[tuple[bool, Refusal], list[int]] = defaultdict(list)
    for claim, content in arrived:
        has_records = bool(content.rows.expected) or window_sql.has_records(cursor, claim.company_id)
        refusal = Refusal(tuple(content.unreadable_fields), content.fields_refused)
        alike[has_records, refusal].append(claim.company_id)
    for (has_records, refusal), company_ids in alike.items():
        window_sql.note_success(cursor, company_ids, has_records=has_records, refusal=refusal, now=now)


def _counted_by_sender(shares: Shares, keys: SignatureKeys) -> Counted:
    counted: Counted = {}
    for on, by_texts in shares.items():
        day = counted.setdefault(date.fromisoformat(on), {})
        for texts, (records, transactions) in by_texts.items():
            counts = day.setdefault(keys[texts].sender, [0, 0])
            counts[0] += records
            counts[1] += transactions
    return counted


def _outcome(arrived: Arrived, result: StoreResult) -> FetchOutcome:
    claim, content = arrived
    return FetchOutcome(
        fetch_id=claim.fetch_id,
        window_start=content.window.start,
        expected=content.rows.expected,
        fetched=len(content.rows.rows),
        requests=content.requests,
        cleared=result.cleared,
        inserted=result.inserted,
        archived=result.archived,
    )


@dataclass(slots=True)
class _Stored:
    """What the stored window has to do with the one that came back; keys are primary keys, `same` record numbers."""

    count: int = 0
    first: str = ""
    missing: list[int] = field(default_factory=list)
    outdated: list[int] = field(default_factory=list)
    same: set[str] = field(default_factory=set)

    @property
    def first_day(self) -> date | None:
        return date.fromisoformat(self.first) if self.first else None


class _Replacement:
    """Brings one company's stored window to what was returned: first told what is stored, then the records, then the
    totals."""

    def __init__(
        self, cursor: CursorWrapper, company_id: int, content: WindowContent, *, keys: SignatureKeys, counted: Counted
    ) -> None:
        self._cursor = cursor
        self._company_id = company_id
        self._content = content
        self._rows: RowSpool[StoredRow] = content.rows.rows
        self._keys = keys
        self._counted = counted
        self._stored = _Stored()
        self._changed_from: date | None = None
        self._keeps_missing = False

    @property
    def company_id(self) -> int:
        return self._company_id

    @property
    def clear_from(self) -> date | None:
        return self._content.window.clear_from

    def note_stored(self, record: StoredRecord) -> None:
        stored = self._stored
        stored.count += 1
        stored.first = min(stored.first or record.created_on, record.created_on)
        if record.record_no not in self._content.rows.record_numbers:
            stored.missing.append(record.pk)
        elif self._returned_values.get(record.record_no) == record[2:]:
            stored.same.add(record.record_no)
        else:
            stored.outdated.append(record.pk)

    @cached_property
    def _returned_values(self) -> dict[str, RecordValues]:
        """Windows too large for memory are not compared but replaced as a whole."""
        return {} if self._rows.on_disk else {row.record_no: self._values_of(row) for row in self._rows}

    def replace_records(self, now: datetime) -> StoreResult:
        stored = self._stored
        kept = len(stored.missing) if self._content.keep_history else 0
        archived = 0
        if not kept:
            records = UsageRecord.objects.filter(company=self._company_id)
            archived = archive_records(records, stored.missing, reason=self._archive_reason, now=now)
        self._delete(stored, kept=bool(kept))
        moved_from = self._insert_new(stored)
        self._changed_from = _earliest(self.clear_from, stored.first_day, moved_from)
        self._keeps_missing = bool(kept)
        return StoreResult(stored.count - kept, len(self._rows), archived)

    def totals(self, now: datetime) -> TotalsFrom:
        """From where the totals are to be written, once the records were replaced."""
        first_day = self._rebuild_from(self._changed_from)
        counted = self._counted if self._rows_are_all(first_day, kept=self._keeps_missing) else None
        return TotalsFrom(self._company_id, first_day, _coverage(self._content, now), counted)

    @property
    def _archive_reason(self) -> str:
        full = self._content.mode == FetchRun.Mode.FULL_REFRESH
        return ArchivedUsageRecord.Reason.FULL_REFRESH if full else ArchivedUsageRecord.Reason.SHRUNK

    def _values_of(self, row: StoredRow) -> RecordValues:
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
        company_id, keys = self._company_id, self._keys
        rows = (  # `_values_of` in place: a call for each record costs as much as all the rest
            (company_id, number, on, time, transactions, keys[texts].pk, control_id, document_control_id)
            for number, on, time, transactions, texts, control_id, document_control_id in self._rows
            if number not in same
        )
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
