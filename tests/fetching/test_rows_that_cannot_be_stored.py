"""A company whose rows cannot be stored fails with a reason; the lane and the other companies go on."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from intacct_usage.simulator.gateway import GatewaySimulator
from intacct_usage.simulator.scenario import CompanyScenario, Scenario
from tests.worlds import World
from usage.models import ArchivedUsageRecord, CallSignature, Company, CompanyDay, CompanyFetch, FetchRun, UsageRecord
from usage.records import window_store
from usage.records.usage_rows import RowFormatError, read_row

MakeWorld = Callable[..., World]
THREE = Scenario(
    company_count=3,
    companies=(CompanyScenario("bad"), CompanyScenario("good"), CompanyScenario("other")),
    history_days=2,
    records_per_day=(3, 3),
)


def add_row(gateway: GatewaySimulator, *, transactions: int = 1, days_ago: int = 0) -> None:
    gateway.company("bad").add_row(datetime.now(UTC) - timedelta(days=days_ago), transactions=transactions)


@pytest.mark.parametrize("transactions", [2**31, 10**30, -(2**31) - 1])
def test_a_count_too_large_to_store_fails_its_company_alone(make_world: MakeWorld, transactions: int) -> None:
    world = make_world(THREE)
    first = world.fetch()
    kept = UsageRecord.objects.filter(company__intacct_id="bad").count()
    add_row(world.gateway, transactions=transactions)

    run = world.fetch()

    failed = world.outcome("bad")
    assert (first.companies_done, run.status, run.companies_done, run.companies_failed) == (3, "success", 2, 1)
    assert (failed.status, failed.error_family) == (CompanyFetch.Status.FAILED, "unexpected_answer")
    assert "N_TRANS" in failed.message
    assert UsageRecord.objects.filter(company__intacct_id="bad").count() == kept


@pytest.mark.parametrize("day", ["01/01/0001", "12/31/1899", "12/31/9999", "02/30/2026"])
@pytest.mark.parametrize("field", ["CREATED_DATE", "CREATED_TIME"])
def test_a_day_that_cannot_be_meant_is_refused(field: str, day: str) -> None:
    text = day if field == "CREATED_DATE" else f"{day} 10:00:00"

    with pytest.raises(RowFormatError, match=f"unreadable {field}"):
        read_row({"RECORDNO": "1", field: text})


def test_texts_that_vanished_under_a_running_worker_are_made_again(make_world: MakeWorld) -> None:
    world = make_world(THREE)
    world.fetch()
    for model in (UsageRecord, ArchivedUsageRecord, CompanyDay, CallSignature):
        model.objects.all().delete()  # as a backup does that is restored beneath a worker

    run = world.fetch()

    assert (run.companies_done, UsageRecord.objects.count() > 0) == (3, True)


def test_a_defect_while_storing_fails_the_company_and_tells_where_to_look(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(THREE)
    bad = Company.objects.get(intacct_id="bad").pk
    insert_new = window_store._Replacement._insert_new

    def fail(replacement: object, stored: object) -> object:
        if replacement._company_id == bad:
            raise KeyError("secret words")
        return insert_new(replacement, stored)

    monkeypatch.setattr(window_store._Replacement, "_insert_new", fail)

    run = world.fetch()

    failed = world.outcome("bad")
    assert (run.status, run.companies_done, failed.error_family) == (FetchRun.Status.SUCCESS, 2, "internal")
    assert ("KeyError" in failed.message, "secret" in failed.message) == (True, False)
