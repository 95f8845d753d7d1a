"""What comes back as it is stored is left in place; totals, counts and coverage are those of the whole window."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import make_company
from tests.fetching.test_window_store import D9, D10, D11, NOW, content, make_claim, row, stored
from usage.models import Company, CompanyDay, CompanyFetch, CompanyMonth, FetchRun, UsageRecord
from usage.records import row_spool
from usage.records.window_store import store_window

MOST_STATEMENTS = 11
"""Begin and end, four reads and locks, the days before, two for the day that is new, two for the outcome."""


@pytest.fixture
def company(db: None) -> Company:
    company = make_company("acme")
    rows = [row("1", D9, 2), row("2", D10, 3), row("3", D10, 4)]
    store_window(make_claim(company), content(rows), now=NOW - timedelta(days=1))
    FetchRun.objects.update(status=FetchRun.Status.SUCCESS)
    return company


def test_equal_records_keep_their_rows_and_only_new_ones_are_added(company: Company) -> None:
    before = dict(UsageRecord.objects.values_list("record_no", "pk"))

    result = store_window(
        make_claim(company), content([row("2", D10, 3), row("3", D10, 4), row("4", D11)], D10), now=NOW
    )

    after = dict(UsageRecord.objects.values_list("record_no", "pk"))
    assert {number: after[number] for number in before} == before
    assert (result.cleared, result.inserted, stored(company)["4"]) == (2, 3, (D11, 1))


@pytest.mark.parametrize("changed", [row("3", D10, 5), row("3", D11, 4), row("3", D10, 4)._replace(control_id="x")])
def test_a_record_that_differs_in_anything_is_replaced(company: Company, changed) -> None:
    store_window(make_claim(company), content([row("2", D10, 3), changed], D10), now=NOW)

    record = UsageRecord.objects.get(record_no="3")
    assert (record.created_on, record.transactions, record.control_id) == (
        date.fromisoformat(changed.created_on),
        changed.transactions,
        changed.control_id,
    )
    assert CompanyMonth.objects.get().transactions == 5 + changed.transactions


def test_a_window_without_news_costs_few_statements_and_still_confirms_its_days(company: Company) -> None:
    claim = make_claim(company)
    days_before = CompanyDay.objects.count()

    with CaptureQueriesContext(connection) as queries:
        store_window(claim, content([row("2", D10, 3), row("3", D10, 4)], D10), now=NOW)

    fetch = CompanyFetch.objects.get(pk=claim.fetch_id)
    assert len(queries) <= MOST_STATEMENTS
    assert (fetch.status, fetch.cleared, fetch.inserted) == ("done", 2, 2)
    assert (CompanyDay.objects.count(), CompanyDay.objects.get(day=NOW.date()).state) == (
        days_before + 1,
        "provisional",
    )


def test_a_window_too_large_for_memory_is_replaced_as_a_whole(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_spool.RowSpool.__init__, "__defaults__", (1,))
    rows = [row("2", D10, 3), row("3", D10, 9), row("5", D11)]

    result = store_window(make_claim(company), content(rows, D10), now=NOW)

    assert (result.cleared, result.inserted) == (2, 3)
    assert stored(company) == {"1": (D9, 2), "2": (D10, 3), "3": (D10, 9), "5": (D11, 1)}
    assert CompanyMonth.objects.get().transactions == 2 + 3 + 9 + 1
