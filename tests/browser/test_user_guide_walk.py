"""The whole user guide by the pages, from an empty installation to delivered reports, against the simulated services
and with a real worker; then what the other two roles see and may do."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from intacct_usage.simulator.scenario import DEFAULT_SCENARIO
from intacct_usage.simulator.suite import SimulatorSuite
from tests.browser import steps_of_reports as reports
from tests.browser import steps_of_schedules as schedules
from tests.browser import steps_of_set_up as set_up
from tests.browser.conftest import Visitor
from tests.browser.suite import running_suite, worker_environment
from tests.workers.processes import WorkerProcess

pytestmark = [pytest.mark.browser, pytest.mark.slow]
VisitorAs = Callable[[str], Visitor]
SMALL = replace(DEFAULT_SCENARIO, company_count=20, history_days=40)


@pytest.fixture
def suite(settings, tmp_path: Path) -> Iterator[SimulatorSuite]:
    with running_suite(SMALL, tmp_path, settings) as suite:
        yield suite


@pytest.fixture
def worker(suite: SimulatorSuite, visitor_as: VisitorAs, settings, tmp_path: Path) -> Iterator[WorkerProcess]:
    process = WorkerProcess({**os.environ, **worker_environment(suite, settings)}, tmp_path / "worker.log")
    yield process.wait_until_complete()
    process.end()


def attachments(suite: SimulatorSuite) -> list[list[str]]:
    """The names of the files of each mail that came by SMTP."""
    mails = [one.parsed() for one in suite.mail.messages()]
    return [[str(part.get_filename()) for part in mail.iter_attachments()] for mail in mails]


def walk_the_set_up(visitor: Visitor, suite: SimulatorSuite) -> None:
    set_up.see_what_to_do_first(visitor)
    set_up.enter_credentials(visitor, suite)
    set_up.set_up_the_proxy(visitor, suite)
    set_up.load_companies(visitor, suite)
    set_up.add_and_remove_a_company(visitor)
    set_up.skip_and_unskip(visitor)
    set_up.set_filters(visitor)
    set_up.add_smtp_configuration(visitor, suite)
    set_up.add_graph_configuration(visitor, suite)
    set_up.copy_and_test_a_configuration(visitor)


def walk_the_runs(visitor: Visitor, suite: SimulatorSuite) -> int:
    schedules.create_a_schedule(visitor)
    schedules.enable_it(visitor)
    number = schedules.run_it_now(visitor, suite)
    schedules.read_the_run(visitor, number)
    schedules.retry_what_failed(visitor, number)
    return number


def walk_what_came_of_it(visitor: Visitor, folder: Path, run: int) -> None:
    reports.download_reports(visitor, folder)
    reports.read_the_chart(visitor)
    reports.read_the_breakdown(visitor)
    reports.read_the_error_summary(visitor)
    reports.send_reports(visitor)
    reports.read_the_logs(visitor, folder, run)
    reports.read_guide_and_about(visitor)


def walk_as_viewer(visitor: Visitor) -> None:
    """Sees schedules, reports and logs; is offered nothing that changes anything, and refused if tried anyway."""
    page = visitor.open("/schedules/")
    expect(page.get_by_role("navigation", name="Sections")).not_to_contain_text("Configuration")
    expect(page.locator("[data-row]")).to_contain_text("need the role Operator")
    expect(page.locator("main form[method=post]")).to_have_count(0)
    visitor.open("/reports/")
    expect(page.get_by_role("link", name="Detailed as CSV")).to_be_visible()
    expect(page.get_by_role("link", name="Send Reports")).to_have_count(0)
    visitor.open("/configuration/")
    expect(page.get_by_role("main")).to_contain_text("Skip and unskip companies")
    visitor.complaints[:] = [text for text in visitor.complaints if "status of 403" not in text]


def walk_as_operator(visitor: Visitor, suite: SimulatorSuite) -> None:
    """Runs, stops, sends and skips; does not change what is set up."""
    schedules.stop_a_run(visitor, suite)
    page = visitor.page
    expect(page.get_by_role("link", name="New schedule")).to_have_count(0)
    visitor.open("/configuration/")
    expect(page.get_by_role("button", name="Save Credentials")).to_have_count(0)
    visitor.open("/notifications/")
    expect(page.get_by_role("link", name="Add SMTP")).to_have_count(0)


def test_the_user_guide_can_be_walked_from_nothing_to_delivered_reports_in_every_role(
    suite: SimulatorSuite, worker: WorkerProcess, visitor_as: VisitorAs, tmp_path: Path
) -> None:
    manager = visitor_as("Manager")

    walk_the_set_up(manager, suite)
    number = walk_the_runs(manager, suite)
    walk_what_came_of_it(manager, tmp_path, number)
    walk_as_viewer(visitor_as("Viewer"))
    walk_as_operator(visitor_as("Operator"), suite)
    schedules.disable_edit_and_delete(manager, number)
    reports.clear_all(manager)

    tests, scheduled, sent = attachments(suite)[:3], attachments(suite)[3], attachments(suite)[4]
    assert tests == [[], [], []]
    assert [Path(name).suffix for name in scheduled] == [".xlsx"] * 3
    assert len(sent) == 2
    assert {request.status for request in suite.proxy.requests} == {200}
    assert "Traceback" not in worker.log
