"""The simulated services for walks through the pages, with this installation pointed at them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from django.conf import LazySettings
from playwright.sync_api import Page, Route

from intacct_usage.lib.outbound import OutboundPolicy, parse_outbound_allow
from intacct_usage.simulator.scenario import Scenario
from intacct_usage.simulator.suite import SimulatorSuite
from tests.databases import database_url

# A page tells this by itself: while the answer to a form is outstanding nobody can ask it anything.
TELL_WHEN_BUSY = """() => new MutationObserver((changes) => {
  for (const one of changes) console.info(`busy=${one.target.getAttribute("aria-busy")} ${one.target.textContent}`);
}).observe(document.querySelector("main"), {subtree: true, attributeFilter: ["aria-busy"]})"""


@contextmanager
def running_suite(scenario: Scenario, folder: Path, settings: LazySettings) -> Iterator[SimulatorSuite]:
    with SimulatorSuite(scenario, folder) as suite:
        settings.INTACCT_ENDPOINT_URL = suite.endpoints.gateway_url
        settings.GRAPH_BASE_URL = settings.GRAPH_LOGIN_URL = suite.endpoints.graph_url
        settings.OUTBOUND_POLICY = OutboundPolicy(
            allow=parse_outbound_allow(suite.allow), extra_ca_file=Path(suite.endpoints.ca_file), deadline_seconds=20
        )
        yield suite


def worker_environment(suite: SimulatorSuite, settings: LazySettings) -> dict[str, str]:
    """What a worker process needs to work for the site of the test."""
    return {
        "DATABASE_URL": database_url(),
        "DATA_DIR": str(settings.DATA_DIR),
        "LOG_TO_DATABASE": "true",
        "INTACCT_ENDPOINT_URL": suite.endpoints.gateway_url,
        "GRAPH_BASE_URL": suite.endpoints.graph_url,
        "GRAPH_LOGIN_URL": suite.endpoints.graph_url,
        "OUTBOUND_ALLOW": suite.allow,
        "EXTRA_CA_FILE": suite.endpoints.ca_file,
        "FETCH_CONCURRENCY": "4",
        "REAPER_SECONDS": "1",
    }


@contextmanager
def said_while_unanswered(page: Page, address: str, words: str) -> Iterator[None]:
    """The form that is sent inside waits for its answer until its button says the words: they are there at once."""
    held: list[Route] = []
    opened = Event()

    def hold(route: Route) -> None:
        if opened.is_set():
            route.continue_()
        else:
            held.append(route)

    page.route(address, hold)
    page.evaluate(TELL_WHEN_BUSY)
    with page.expect_console_message(lambda message: message.text.startswith(f"busy=true {words}")):
        yield
    opened.set()
    for route in held:
        route.continue_()
