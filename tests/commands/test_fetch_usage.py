"""`manage.py fetch_usage`: what it prints and how it exits."""

import io
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from intacct_usage.management.filter_names import OTHER_IS_NOT_FETCHED_ALONE
from intacct_usage.simulator.scenario import CompanyScenario, Fault, Scenario
from scheduling.models import Occurrence
from tests.worlds import World
from usage.fetching.claims import claim_companies
from usage.fetching.runs import ask_for_run, start_next_run
from usage.models import Company, CompanyFetch, FetchRun, QueryFilter

MakeWorld = Callable[..., World]


def fetch_usage(*arguments: str) -> tuple[int, str]:
    """Exit code and standard output of the command."""
    output = io.StringIO()
    try:
        call_command("fetch_usage", *arguments, stdout=output, stderr=io.StringIO())
    except SystemExit as ended:
        return int(ended.code or 0), output.getvalue()
    return 0, output.getvalue()


def test_success_exits_0_and_prints_the_figures(make_world: MakeWorld) -> None:
    make_world(Scenario(company_count=3, history_days=1, records_per_day=(2, 2), counts_own_calls=False))

    code, output = fetch_usage()

    run = FetchRun.objects.get()
    assert (code, run.requests_sent) == (0, 6)
    figures = f"{run.records_inserted} records stored, 6 requests sent."
    assert output == f"Run {run.pk}: Success. 3 of 3 companies were fetched. {figures}\n"


def test_its_run_stands_in_the_history_of_runs(make_world: MakeWorld) -> None:
    make_world(Scenario(company_count=1, history_days=1))

    fetch_usage("--full-refresh")

    occurrence = Occurrence.objects.get()
    assert (occurrence.run, occurrence.origin) == (FetchRun.objects.get(), "command_line")
    assert (occurrence.state, occurrence.run_parameters.mode) == ("success", "full_refresh")


def test_some_failed_companies_exit_1(make_world: MakeWorld) -> None:
    world = make_world(Scenario(company_count=3, history_days=1))
    world.gateway.faults.add(Fault("no_permission", company=min(world.gateway.companies), function="query"))

    code, output = fetch_usage()

    assert (code, "1 of 3 companies failed. The Exceptions report says why." in output) == (1, True)


def test_a_failed_run_exits_2(make_world: MakeWorld) -> None:
    make_world(Scenario(company_count=3, history_days=1), user_password="wrong")

    code, output = fetch_usage()

    assert (code, "Stopped to avoid locking users" in output) == (2, True)


def test_a_filter_limits_the_run(make_world: MakeWorld) -> None:
    make_world(Scenario(company_count=3, companies=(CompanyScenario("UK_one"), CompanyScenario("UKX")), history_days=1))
    query_filter = QueryFilter.objects.create(name="UK", value="UK_")
    Company.objects.filter(intacct_id="UK_one").update(query_filter=query_filter)

    fetch_usage("--filter", "UK")

    assert list(FetchRun.objects.values_list("filter_name", "companies_total")) == [("UK", 1)]


def test_retry_failed_repeats_only_the_failed_companies(make_world: MakeWorld) -> None:
    world = make_world(Scenario(company_count=3, history_days=1))
    world.gateway.faults.add(Fault("no_permission", company=min(world.gateway.companies), function="query", times=1))
    fetch_usage()

    code, _ = fetch_usage("--retry-failed", str(FetchRun.objects.get().pk))

    assert (code, FetchRun.objects.latest("pk").companies_total) == (0, 1)


def test_a_retry_runs_with_what_the_run_ran_with(make_world: MakeWorld) -> None:
    world = make_world(Scenario(company_count=2, history_days=1))
    world.gateway.faults.add(Fault("no_permission", company=min(world.gateway.companies), function="query", times=1))
    fetch_usage("--full-refresh", "--keep-history")

    fetch_usage("--retry-failed", str(FetchRun.objects.get().pk))

    again = FetchRun.objects.latest("pk")
    assert (again.mode, again.keep_history, again.companies_total) == (FetchRun.Mode.FULL_REFRESH, True, 1)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "No credentials configured. Enter the Intacct API credentials under Configuration"),
        (["--filter", "Other"], OTHER_IS_NOT_FETCHED_ALONE),
        (["--filter", "UK"], "There is no query filter “UK”. Filters: none yet."),
        (["--retry-failed", "7"], "There is no run 7."),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_2(db, arguments: list[str], sentence: str) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("fetch_usage", *arguments)

    assert (str(refused.value).startswith(sentence), refused.value.returncode) == (True, 2)


def test_a_run_from_the_command_line_stands_in_the_history_with_what_it_ran_with(make_world: MakeWorld) -> None:
    make_world(Scenario(company_count=2, history_days=1))

    fetch_usage("--full-refresh", "--keep-history")

    occurrence = Occurrence.objects.get()
    assert (occurrence.origin, occurrence.asked_by, occurrence.run) == (
        "command_line",
        "command line",
        FetchRun.objects.get(),
    )
    assert (occurrence.state, occurrence.message) == ("success", "2 of 2 companies were fetched.")
    assert (occurrence.run_parameters.mode, occurrence.run_parameters.keep_history) == ("full_refresh", True)


def test_a_run_queued_behind_one_whose_process_died_finishes_that_one_first(make_world: MakeWorld) -> None:
    make_world(Scenario(company_count=3, history_days=1, records_per_day=(2, 2)))
    dead = ask_for_run(asked_by="killed")
    start_next_run()
    [(_, held)] = claim_companies(dead, owner="killed", limit=1)
    CompanyFetch.objects.filter(pk=held.fetch_id).update(lease_until=datetime(2000, 1, 1, tzinfo=UTC))

    code, output = fetch_usage()

    dead.refresh_from_db()
    assert (dead.status, dead.companies_done) == ("success", 3)
    assert (code, f"Run {dead.pk + 1}: Success. 3 of 3 companies were fetched." in output) == (0, True)
