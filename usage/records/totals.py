"""Keeps the totals per day and month true to the records, in the transaction that changes the records."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db import transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Min

from intacct_usage.lib.bulk_insert import insert_rows
from usage.models import Company, CompanyDay, CompanyMonth, UsageRecord
from usage.periods import ONE_DAY
from usage.records import window_sql
from usage.records.window_sql import DayRow, window_cursor
from usage.records.windows import days_between

DAY_COLUMNS = ("company_id", "day", "state", "records", "transactions", "by_sender")
MONTH_COLUMNS = ("company_id", "month", "sender_id", "records", "transactions")

DayTotals = Mapping[date, dict[int, list[int]]]
"""By day and sender's key: records and transactions. Only days with records."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Days a complete answer speaks for: from `first` to `last`, of which those after `complete_to` are not over."""

    first: date
    last: date
    complete_to: date


def rebuild_totals(company: Company, first_day: date | None, coverage: Coverage | None = None) -> None:
    """Recompute the company's days and months from its records, from a day on (None: all of them).

    Days without records keep what is known of them, unless `coverage` says that they were just read: then they are
    confirmed empty. Days before it that nobody ever read and Intacct no longer holds become lost.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("rebuild_totals belongs inside the transaction of the records.")
    if first_day is None:
        first_day = _first_known_day(company)
    with window_cursor() as cursor:
        write_totals(cursor, [TotalsFrom(company.pk, first_day, coverage)])


@dataclass(slots=True)
class TotalsFrom:
    """One company's totals from a day on (None: all). `counted`: what they are, from one who knows; else the records
    are counted."""

    company_id: int
    first_day: date | None
    coverage: Coverage | None
    counted: DayTotals | None = None


def write_totals(cursor: CursorWrapper, companies: Sequence[TotalsFrom]) -> None:
    """As `rebuild_totals` for several companies, writing only days and months that change."""
    totals = {
        company.company_id: _totals_by_day(cursor, company) if company.counted is None else company.counted
        for company in companies
    }
    _settle_days_before_records(cursor, companies, totals)
    stored = window_sql.stored_days(cursor, {company.company_id: company.first_day for company in companies})
    for company in companies:
        _write_company(cursor, company, totals[company.company_id], stored[company.company_id])


def _write_company(cursor: CursorWrapper, company: TotalsFrom, totals: DayTotals, stored: dict[date, DayRow]) -> None:
    first_day = company.first_day or min((*totals, *stored), default=None)
    without_records = {day: row.state for day, row in stored.items() if not row.records}
    states = _states(totals, without_records, first_day, company.coverage)
    wanted = {day: _day_row(state, totals.get(day, {})) for day, state in states.items()}
    if stored == wanted:
        return
    _write_days(cursor, company.company_id, stored, wanted)
    first_changed = _first_changed_total(stored, wanted)
    if first_changed is not None:
        _rebuild_months(cursor, company.company_id, first_changed.replace(day=1))


def _settle_days_before_records(
    cursor: CursorWrapper, companies: Sequence[TotalsFrom], totals: Mapping[int, DayTotals]
) -> None:
    """A record of a day proves that the days before it are over in the calendar of this company.

    The next fetch begins at that day, so nobody would look at them again: what was said of them is settled here. A day
    after the last of `coverage` proves nothing; a source that dates into the future would end today.
    """
    proven: defaultdict[date, list[int]] = defaultdict(list)
    for company in companies:
        coverage = company.coverage
        if coverage is None:
            continue
        newest = max((day for day in totals[company.company_id] if day <= coverage.last), default=None)
        if newest is not None:
            proven[newest].append(company.company_id)
            company.coverage = replace(coverage, complete_to=max(coverage.complete_to, newest - ONE_DAY))
    for day, company_ids in proven.items():
        window_sql.settle_days(cursor, company_ids, day)


def _first_known_day(company: Company) -> date | None:
    first_record = UsageRecord.objects.filter(company=company).aggregate(first=Min("created_on"))["first"]
    first_day = CompanyDay.objects.filter(company=company).aggregate(first=Min("day"))["first"]
    return min((day for day in (first_record, first_day) if day is not None), default=None)


def _totals_by_day(cursor: CursorWrapper, company: TotalsFrom) -> DayTotals:
    totals: dict[date, dict[int, list[int]]] = {}
    for day, sender, records, transactions in window_sql.record_totals(cursor, company.company_id, company.first_day):
        totals.setdefault(day, {})[sender] = [records, transactions]
    return totals


def _states(
    totals: Iterable[date],
    without_records: dict[date, str],
    first_day: date | None,
    coverage: Coverage | None,
) -> dict[date, str]:
    states = dict(without_records)
    if coverage is not None:
        if first_day is not None:
            unread = days_between(first_day, min(coverage.first, coverage.last))[:-1]
            states.update({day: CompanyDay.State.LOST for day in unread if _never_read(states.get(day))})
        states.update(dict.fromkeys(days_between(coverage.first, coverage.last), CompanyDay.State.EMPTY))
    states.update(dict.fromkeys(totals, CompanyDay.State.FETCHED))
    if coverage is not None:
        not_over = CompanyDay.State.PROVISIONAL
        states.update({day: not_over for day in states if day > coverage.complete_to and day >= coverage.first})
    return states


def _never_read(state: str | None) -> bool:
    return state in (None, CompanyDay.State.FAILED, CompanyDay.State.PROVISIONAL)


def _day_row(state: str, by_sender: dict[int, list[int]]) -> DayRow:
    records = sum(counts[0] for counts in by_sender.values())
    transactions = sum(counts[1] for counts in by_sender.values())
    return DayRow(str(state), records, transactions, by_sender)


def _write_days(cursor: CursorWrapper, company_id: int, stored: dict[date, DayRow], wanted: dict[date, DayRow]) -> None:
    changed = sorted(day for day, row in wanted.items() if stored.get(day) != row)
    stale = [day for day in stored if day not in wanted or stored[day] != wanted[day]]
    if stale:
        window_sql.delete_days(cursor, company_id, stale)
    if changed:
        insert_rows(CompanyDay, DAY_COLUMNS, (_day_values(company_id, day, wanted[day]) for day in changed))


def _day_values(company_id: int, day: date, row: DayRow) -> tuple[int, str, str, int, int, str]:
    by_sender = json.dumps({str(sender): counts for sender, counts in row.by_sender.items()})
    return company_id, day.isoformat(), row.state, row.records, row.transactions, by_sender


def _first_changed_total(stored: dict[date, DayRow], wanted: dict[date, DayRow]) -> date | None:
    nothing = DayRow("", 0, 0, {})
    days = stored.keys() | wanted.keys()
    return min((day for day in days if stored.get(day, nothing)[1:] != wanted.get(day, nothing)[1:]), default=None)


def _rebuild_months(cursor: CursorWrapper, company_id: int, first_month: date) -> None:
    totals: dict[tuple[date, int], list[int]] = {}
    for day, by_sender in window_sql.days_with_records(cursor, company_id, first_month):
        month = day.replace(day=1)
        for sender, (records, transactions) in by_sender.items():
            month_totals = totals.setdefault((month, sender), [0, 0])
            month_totals[0] += records
            month_totals[1] += transactions
    window_sql.delete_months(cursor, company_id, first_month)
    rows = (
        (company_id, month.isoformat(), sender, records, transactions)
        for (month, sender), (records, transactions) in sorted(totals.items())
    )
    insert_rows(CompanyMonth, MONTH_COLUMNS, rows)
