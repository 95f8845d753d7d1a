"""What people change while a run goes on: companies leave the list, are skipped, filters are renamed, the end nears."""

from collections.abc import Callable

import pytest
from django.db import connection

from intacct_usage.simulator.scenario import CompanyScenario, Scenario
from tests.worlds import QUICK, World
from usage.companies.actions import remove_from_list, skip
from usage.fetching.lane import Lane
from usage.fetching.runs import ask_for_run, finish_run, halt_run, request_stop, start_next_run
from usage.models import Company, CompanyFetch, FetchRun, QueryFilter, UsageRecord
from usage.records.data_check import CHECKS

MakeWorld = Callable[..., World]
THREE = Scenario(
    company_count=3,
    companies=(CompanyScenario("first"), CompanyScenario("leaving"), CompanyScenario("other")),
    history_days=2,
    records_per_day=(2, 2),
)


def started(**wish: object) -> FetchRun:
    run = ask_for_run(asked_by="test", **wish)
    start_next_run()
    run.refresh_from_db()
    return run


def findings() -> list[str]:
    return [str(finding) for check in CHECKS for finding in check()]


def test_a_company_that_leaves_the_list_before_its_turn_is_not_asked_and_fails_nothing(make_world: MakeWorld) -> None:
    world = make_world(THREE)
    run = started()
    remove_from_list(Company.objects.filter(intacct_id="leaving"), by="Ann")

    Lane(run, pauses=QUICK).work()

    run.refresh_from_db()
    assert not world.gateway.ledger.sign_ins("leaving")
    assert (run.status, run.companies_total, run.companies_done, run.companies_failed) == ("success", 2, 2, 0)
    assert "1 left the list meanwhile" in run.message
    assert (world.outcome("leaving").status, findings()) == (CompanyFetch.Status.STOPPED, [])


def test_a_company_that_leaves_the_list_while_it_is_read_stores_nothing_and_is_read_once(make_world: MakeWorld) -> None:
    world = make_world(THREE)
    run = started()
    ledger, count = world.gateway.ledger, []

    def leave_when_read() -> None:
        if ledger.sign_ins("leaving") and not count:
            count.append(remove_from_list(Company.objects.filter(intacct_id="leaving"), by="Ann"))

    lane = Lane(run, concurrency=1, pauses=QUICK)
    lane._patiently = _before_each(lane._patiently, leave_when_read)

    lane.work()

    run.refresh_from_db()
    assert (count, len(ledger.sign_ins("leaving")), run.status, run.companies_done) == ([1], 1, "success", 2)
    assert not UsageRecord.objects.filter(company__intacct_id="leaving").exists()


def _before_each(act: Callable[..., object], look: Callable[[], None]) -> Callable[..., object]:
    def wrapped(step: Callable[[], object]) -> object:
        look()
        return act(step)

    return wrapped


def test_a_company_skipped_during_a_run_belongs_to_it_still(make_world: MakeWorld) -> None:
    make_world(THREE)
    run = started()
    skip(Company.objects.filter(intacct_id="other"), by="Ann")

    Lane(run, pauses=QUICK).work()

    run.refresh_from_db()
    assert (run.status, run.companies_done) == ("success", 3)


def test_a_run_whose_companies_were_all_skipped_while_it_waited_is_no_success(make_world: MakeWorld) -> None:
    make_world(THREE)
    run = ask_for_run(asked_by="test")
    skip(Company.objects.all(), by="Ann")

    start_next_run()
    finish_run(run.pk)

    run.refresh_from_db()
    assert (run.status, run.companies_total, findings()) == (FetchRun.Status.ERROR, 0, [])
    assert run.message.startswith("No company was left to fetch when the run began")


def test_a_filter_renamed_during_a_run_changes_nothing_of_it(make_world: MakeWorld) -> None:
    make_world(THREE)
    query_filter = QueryFilter.objects.create(name="Some", value="fir")
    Company.objects.filter(intacct_id="first").update(query_filter=query_filter)
    run = started(query_filter=query_filter)
    QueryFilter.objects.update(name="Renamed")

    Lane(run, pauses=QUICK).work()

    run.refresh_from_db()
    assert (run.status, run.companies_done, run.filter_name) == ("success", 1, "Some")


def test_a_stop_that_comes_with_the_last_company_still_stops_the_run(make_world: MakeWorld) -> None:
    make_world(THREE)
    run = started()
    CompanyFetch.objects.update(status=CompanyFetch.Status.DONE)

    asked = request_stop(run, by="Ann")
    finish_run(run.pk)

    run.refresh_from_db()
    assert (asked, run.status, findings_of(run)) == (True, FetchRun.Status.STOPPED, 3)
    assert run.message == "Stopped by Ann; 3 of 3 companies were fetched and kept."


def findings_of(run: FetchRun) -> int:
    return run.companies_done


def test_a_stop_between_the_look_and_the_end_of_a_run_counts(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_world(THREE)
    run = started()
    CompanyFetch.objects.update(status=CompanyFetch.Status.DONE)
    asked = []

    def stop_once(execute: Callable[..., object], sql: str, params: object, many: bool, context: object) -> object:
        if not asked and sql.startswith("UPDATE") and "finished_at" in sql and "usage_fetchrun" in sql:
            asked.append(None)
            asked[0] = request_stop(run, by="Ann")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(stop_once):
        finish_run(run.pk)

    run.refresh_from_db()
    assert (asked, run.status) == ([True], FetchRun.Status.STOPPED)


def test_a_failure_of_all_that_ends_the_run_when_none_is_left_hides_no_success(make_world: MakeWorld) -> None:
    make_world(THREE)
    run = started()
    CompanyFetch.objects.update(status=CompanyFetch.Status.DONE)
    CompanyFetch.objects.filter(company__intacct_id="other").update(status=CompanyFetch.Status.FAILED)
    halt_run(run.pk, reason="Five in a row.")

    finish_run(run.pk)

    run.refresh_from_db()
    assert (run.status, run.message) == ("success", "1 of 3 companies failed. The Exceptions report says why.")
