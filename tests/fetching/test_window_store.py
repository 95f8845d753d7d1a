"""Replacing a window: all or nothing, other data untouched, totals true, late writers fenced."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.factories import make_company, make_record
from usage.models import ArchivedUsageRecord, Company, CompanyDay, CompanyFetch, CompanyMonth, FetchRun, UsageRecord
from usage.records.usage_rows import SignatureTexts, StoredRow, StoredRowSpool
from usage.records.window_reading import WindowRows
from usage.records.window_store import Claim, LeaseLostError, WindowContent, store_window
from usage.records.windows import full_window, incremental_window

NOW = datetime(2026, 2, 12, 3, 0, tzinfo=UTC)
SIGNATURE = SignatureTexts("partner-1", "xmluser", "XMLGW", "query", "success", "", "3.0")
D9, D10, D11 = date(2026, 2, 9), date(2026, 2, 10), date(2026, 2, 11)


def row(number: str, day: date, transactions: int = 1) -> StoredRow:
    return StoredRow(number, day.isoformat(), f"{day.isoformat()} 10:00:00", transactions, SIGNATURE, "", "")


def make_claim(company: Company, mode: str = FetchRun.Mode.INCREMENTAL) -> Claim:
    run = FetchRun.objects.create(mode=mode, asked_by="test", status=FetchRun.Status.RUNNING)
    fetch = CompanyFetch.objects.create(run=run, company=company, status=CompanyFetch.Status.RUNNING, lease_token=3)
    return Claim(fetch.pk, company.pk, 3)


def content(
    rows: Sequence[StoredRow],
    newest: date | None = None,
    *,
    full: bool = False,
    keep: bool = False,
    now: datetime = NOW,
) -> WindowContent:
    spool = StoredRowSpool()
    for stored_row in rows:
        spool.append(stored_row)
    window = full_window(now) if full else incremental_window(newest, lookback_days=0, now=now)
    mode = FetchRun.Mode.FULL_REFRESH if full else FetchRun.Mode.INCREMENTAL
    numbers = frozenset(stored_row.record_no for stored_row in rows)
    return WindowContent(window, WindowRows(len(rows), spool, numbers, 1), mode, keep, 2, ())


def stored(company: Company) -> dict[str, tuple[date, int]]:
    rows = UsageRecord.objects.filter(company=company).values_list("record_no", "created_on", "transactions")
    return {number: (day, transactions) for number, day, transactions in rows}


def make_stored(company: Company, numbers: dict[str, date]) -> None:
    for number, day in numbers.items():
        make_record(company, day, record_no=number)


def test_a_first_fetch_stores_every_row_and_its_totals(db) -> None:
    company = make_company("acme")

    result = store_window(make_claim(company), content([row("1", D10, 5), row("2", D11, 7)]), now=NOW)

    assert (result.cleared, result.inserted, result.archived) == (0, 2, 0)
    assert stored(company) == {"1": (D10, 5), "2": (D11, 7)}
    months = CompanyMonth.objects.filter(company=company).values_list("month", "records", "transactions")
    assert list(months) == [(date(2026, 2, 1), 2, 12)]


def test_an_incremental_fetch_leaves_days_before_the_window_alone(db) -> None:
    company = make_company("acme")
    make_stored(company, {"1": D9, "2": D10})
    before = UsageRecord.objects.values().get(record_no="1")

    result = store_window(make_claim(company), content([row("2", D10, 9), row("3", D11)], D10), now=NOW)

    assert UsageRecord.objects.values().get(record_no="1") == before
    assert (result.cleared, result.inserted) == (1, 2)
    assert stored(company)["2"] == (D10, 9)


def test_a_row_that_intacct_no_longer_returns_goes_to_the_archive(db) -> None:
    company = make_company("acme")
    make_stored(company, {"1": D10, "2": D10})

    result = store_window(make_claim(company), content([row("2", D10)], D10), now=NOW)

    assert (result.archived, list(stored(company))) == (1, ["2"])
    archived = ArchivedUsageRecord.objects.values_list("record_no", "reason", "archived_at").get()
    assert archived == ("1", "shrunk", NOW)


def test_a_day_that_intacct_no_longer_keeps_is_never_cleared_by_a_top_up(db) -> None:
    company = make_company("acme")
    long_ago = NOW.date() - timedelta(days=90)
    make_stored(company, {"1": long_ago})

    store_window(make_claim(company), content([row("2", D11)], long_ago), now=NOW)

    assert stored(company).keys() == {"1", "2"}


def test_a_full_refresh_replaces_everything_and_archives_what_is_gone(db) -> None:
    company = make_company("acme")
    make_stored(company, {"1": date(2025, 6, 1), "2": D10})

    claim = make_claim(company, FetchRun.Mode.FULL_REFRESH)
    result = store_window(claim, content([row("2", D10), row("3", D11)], full=True), now=NOW)

    assert (result.cleared, result.archived) == (2, 1)
    assert stored(company).keys() == {"2", "3"}
    assert ArchivedUsageRecord.objects.get().reason == "full_refresh"
    assert CompanyMonth.objects.filter(month=date(2025, 6, 1)).count() == 0


def test_a_full_refresh_that_keeps_history_leaves_what_is_gone_in_place(db) -> None:
    company = make_company("acme")
    make_stored(company, {"1": date(2025, 6, 1), "2": D10})

    claim = make_claim(company, FetchRun.Mode.FULL_REFRESH)
    result = store_window(claim, content([row("2", D10), row("3", D11)], full=True, keep=True), now=NOW)

    assert (result.cleared, result.archived) == (1, 0)
    assert stored(company).keys() == {"1", "2", "3"}
    assert CompanyMonth.objects.filter(month=date(2025, 6, 1)).get().records == 1


def test_a_row_redated_into_the_window_is_moved_not_doubled(db) -> None:
    company = make_company("acme")
    make_stored(company, {"1": D9, "2": D10})

    store_window(make_claim(company), content([row("2", D10), row("1", D11)], D10), now=NOW)

    assert stored(company) == {"1": (D11, 1), "2": (D10, 1)}
    assert CompanyDay.objects.get(company=company, day=D9).records == 0


def test_a_late_writer_changes_nothing(db) -> None:
    company = make_company("acme")
    make_stored(company, {"1": D10})
    claim = make_claim(company)
    CompanyFetch.objects.update(lease_token=4)

    with pytest.raises(LeaseLostError):
        store_window(claim, content([row("9", D10)], D10), now=NOW)

    assert list(stored(company)) == ["1"]


def test_a_second_delivery_of_the_same_window_changes_nothing(db) -> None:
    company = make_company("acme")
    claim = make_claim(company)
    store_window(claim, content([row("1", D10)]), now=NOW)

    with pytest.raises(LeaseLostError):
        store_window(claim, content([row("2", D10)]), now=NOW)

    assert list(stored(company)) == ["1"]


def test_a_window_without_rows_confirms_its_days_as_empty(db) -> None:
    company = make_company("acme", health=Company.Health.UNKNOWN)

    store_window(make_claim(company), content([]), now=NOW)

    company.refresh_from_db()
    days = dict(CompanyDay.objects.filter(company=company).values_list("day", "state"))
    assert company.health == Company.Health.NO_DATA
    assert (len(days), days[D10], days[D11], days[NOW.date()]) == (60, "empty", "provisional", "provisional")
