"""The lines that the user guide explains, literally, from real runs, with what they are about as fields."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from intacct_usage.logs.models import LogEntry
from intacct_usage.simulator.scenario import CompanyScenario, Scenario
from scheduling.lanes import work_in_seat
from scheduling.models import RunLane, Schedule
from scheduling.run_requests import run_now
from scheduling.tick import drive_runs
from tests.factories import make_filter
from tests.scheduling.schedules import make_schedule
from tests.worlds import World
from usage.models import Company, FetchRun, UsageRecord

Lines = Callable[[], list[LogEntry]]
ONE = Scenario(company_count=0, companies=(CompanyScenario("UK_Acme"),), history_days=10, records_per_day=(3, 3))


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """One company in the query filter “ExcelConnect”."""
    world = make_world(ONE)
    Company.objects.update(query_filter=make_filter("ExcelConnect", "UK_"))
    return world


def said(lines: list[LogEntry], run: FetchRun) -> list[str]:
    return [entry.message for entry in lines if entry.run_id == run.pk or entry.company == "UK_Acme"]


def test_a_first_run_says_what_the_guide_says(world: World, lines: Lines) -> None:
    run = world.fetch(query_filter=Company.objects.get().query_filter)

    assert said(lines(), run)[:3] == [
        "Running query: ExcelConnect (INCREMENTAL)",
        "Mode: INCREMENTAL (top-up from last date)",
        "[UK_Acme] Initial fetch (no existing data)",
    ]


def test_a_top_up_says_from_when_and_how_many_records_it_cleared(world: World, lines: Lines) -> None:
    world.fetch()
    last_day = UsageRecord.objects.latest("created_on").created_on
    that_day = UsageRecord.objects.filter(created_on=last_day).count()
    lines()
    LogEntry.objects.all().delete()

    run = world.fetch()

    assert said(lines(), run)[:4] == [
        "Running query: All Filters (INCREMENTAL)",
        "Mode: INCREMENTAL (top-up from last date)",
        f"[UK_Acme] Top-up from {last_day}",
        f"[UK_Acme] Cleared {that_day} records from {last_day} onward",
    ]


def test_a_full_refresh_says_so(world: World, lines: Lines) -> None:
    run = world.fetch(mode=FetchRun.Mode.FULL_REFRESH)

    assert said(lines(), run)[:3] == [
        "Running query: All Filters (FULL REFRESH)",
        "Mode: FULL REFRESH (replace all existing data)",
        "[UK_Acme] Full refresh (everything Intacct keeps)",
    ]


def test_reports_only_says_so_with_its_schedule(world: World, lines: Lines) -> None:
    schedule: Schedule = make_schedule("Monthly mail", mode=Schedule.Mode.REPORTS_ONLY)

    run_now(schedule, by="test")

    about = [(entry.message, entry.schedule) for entry in lines() if "REPORTS ONLY" in entry.message]
    assert about == [
        ("Running query: All Filters (REPORTS ONLY)", "Monthly mail"),
        ("Mode: REPORTS ONLY (existing data, nothing is fetched)", "Monthly mail"),
    ]


def test_every_line_about_a_company_carries_the_company_and_its_run(world: World, lines: Lines) -> None:
    run = world.fetch()

    about = [entry for entry in lines() if entry.message.startswith("[UK_Acme]")]
    assert len(about) >= 2
    assert {(entry.company, entry.company_id) for entry in about} == {("UK_Acme", Company.objects.get().pk)}
    assert {entry.run_id for entry in about} == {run.pk}
    assert all(abs((datetime.now(tz=UTC) - entry.at).total_seconds()) < 60 for entry in about)


def test_every_line_of_a_scheduled_run_names_its_schedule(world: World, lines: Lines) -> None:
    occurrence = run_now(make_schedule("Nightly"), by="test")
    drive_runs()
    seat = RunLane.objects.filter(run_id=occurrence.run_id).earliest("number")

    work_in_seat(occurrence.run_id, seat.number, seat.token)

    about = [entry for entry in lines() if entry.run_id == occurrence.run_id]
    assert {"Mode: INCREMENTAL (top-up from last date)", "[UK_Acme] Initial fetch (no existing data)"} <= {
        entry.message for entry in about
    }
    assert {entry.schedule for entry in about} == {"Nightly"}
