"""Small companies share a transaction: all or none, with few statements, and nobody waits for another's lock."""

import threading
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.factories import make_company
from tests.fetching.test_window_store import D9, D10, D11, NOW, content, row, stored
from usage.models import Company, CompanyDay, CompanyFetch, CompanyMonth, FetchRun, UsageRecord
from usage.records.window_store import Claim, CompanyRemovedError, LeaseLostError, store_window, store_windows

NAMES = ("acme", "beta", "gamma", "delta")


def claims_of_one_run() -> list[Claim]:
    FetchRun.objects.update(status=FetchRun.Status.SUCCESS)
    CompanyFetch.objects.update(status=CompanyFetch.Status.DONE)
    run = FetchRun.objects.create(asked_by="test", status=FetchRun.Status.RUNNING)
    fetches = [
        CompanyFetch.objects.create(run=run, company=company, status=CompanyFetch.Status.RUNNING, lease_token=number)
        for number, company in enumerate(Company.objects.order_by("pk"), start=1)
    ]
    return [Claim(fetch.pk, fetch.company_id, fetch.lease_token) for fetch in fetches]


@pytest.fixture
def companies(transactional_db: None) -> list[Company]:
    """Each has a record of the 9th and one of the 10th."""
    made = [make_company(name) for name in NAMES]
    rows = [row("1", D9, 2), row("2", D10, 3)]
    store_windows([(claim, content(rows)) for claim in claims_of_one_run()], now=NOW - timedelta(days=1))
    return made


def test_each_company_gets_what_it_would_get_alone(companies: list[Company]) -> None:
    together, alone = content([row("2", D10, 3)], D10), content([row("2", D10, 3), row("3", D11, 4)], D10)
    first, *others = claims_of_one_run()

    store_window(first, alone, now=NOW)
    store_windows([(others[0], together), (others[1], alone), (others[2], content([], D11))], now=NOW)

    acme, beta, gamma, delta = companies
    assert stored(acme) == stored(gamma) == {"1": (D9, 2), "2": (D10, 3), "3": (D11, 4)}
    assert stored(beta) == stored(delta) == {"1": (D9, 2), "2": (D10, 3)}
    assert days_of(acme) == days_of(gamma)
    assert (days_of(beta)[D11], days_of(gamma)[D11]) == (("provisional", 0), ("provisional", 1))
    assert dict(CompanyMonth.objects.values_list("company__intacct_id", "transactions")) == {
        "acme": 9,
        "beta": 5,
        "gamma": 9,
        "delta": 5,
    }
    counts = CompanyFetch.objects.filter(run__status="running").order_by("pk").values_list("cleared", "inserted")
    assert list(counts) == [(1, 2), (1, 1), (1, 2), (0, 0)]


def days_of(company: Company) -> dict[date, tuple[str, int]]:
    days = CompanyDay.objects.filter(company=company).values_list("day", "state", "records")
    return {day: (state, records) for day, state, records in days}


def test_one_lost_lease_keeps_all_from_being_written(companies: list[Company]) -> None:
    *held, lost = claims_of_one_run()
    CompanyFetch.objects.filter(pk=lost.fetch_id).update(lease_token=99)
    before = UsageRecord.objects.count()

    with pytest.raises(LeaseLostError):
        store_windows([(claim, content([row("9", D11)], D10)) for claim in (*held, lost)], now=NOW)

    assert UsageRecord.objects.count() == before
    assert set(CompanyFetch.objects.filter(run__status="running").values_list("status", flat=True)) == {"running"}


def test_one_company_that_left_the_list_keeps_all_from_being_written(companies: list[Company]) -> None:
    claims = claims_of_one_run()
    Company.objects.filter(intacct_id="beta").update(removed_at=NOW)

    with pytest.raises(CompanyRemovedError):
        store_windows([(claim, content([row("9", D11)], D10)) for claim in claims], now=NOW)

    assert not UsageRecord.objects.filter(record_no="9").exists()


def test_companies_without_news_cost_as_many_statements_as_one(companies: list[Company]) -> None:
    costs = []

    for number in (1, len(NAMES)):
        claims = claims_of_one_run()[:number]
        windows = [(claim, content([row("2", D10, 3)], D10)) for claim in claims]
        store_windows(windows, now=NOW)  # the days that are new on this day
        CompanyFetch.objects.filter(run__status="running").update(status=CompanyFetch.Status.RUNNING)
        with CaptureQueriesContext(connection) as queries:
            store_windows(windows, now=NOW)
        costs.append(len(queries))

    assert costs[0] == costs[1] <= 8


def test_nobody_waits_for_a_company_that_somebody_else_has_locked(companies: list[Company]) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite locks all or nothing")
    claims, is_locked, is_over = claims_of_one_run(), threading.Event(), threading.Event()

    def lock() -> None:
        with transaction.atomic():
            Company.objects.select_for_update().get(intacct_id="gamma")
            is_locked.set()
            is_over.wait(10)
        connection.close()

    other = threading.Thread(target=lock)
    other.start()
    assert is_locked.wait(10)
    with pytest.raises(LeaseLostError):
        store_windows([(claim, content([row("2", D10, 3)], D10)) for claim in claims], now=NOW)
    is_over.set()
    other.join()
