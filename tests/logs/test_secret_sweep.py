"""After a run full of faults at DEBUG level no secret stands in any log, page, download or table, in any encoding."""

import base64
import logging
from collections.abc import Callable, Iterator

import pytest

from intacct_usage.logs.formatters import JsonLineFormatter, TextLineFormatter
from intacct_usage.logs.handler import DatabaseLogHandler
from intacct_usage.simulator.scenario import CompanyScenario, Fault, Scenario
from notifications.models import EmailConfiguration
from tests.logs.log_lines import sign_in
from tests.security.canaries import MAIL, SENDER, TOKEN, USER, all_tables, console, hits
from tests.worlds import World
from usage.models import CompanySource

SECRETS = {"sender": SENDER, "user": USER, "companies API": TOKEN, "SMTP": MAIL}
FAULTS = (
    "wrong_password",
    "invalid_session",
    "html_502",
    "cut_body",
    "doctype",
    "redirect",
    "two_errors",
    "no_permission",
    "user_locked",
    "http_500",
)
NAMES = tuple(f"company{number}" for number in range(len(FAULTS) + 1))
SCENARIO = Scenario(
    company_count=0,
    senders={"usagewatch": SENDER},
    users={"reader": USER},
    companies=tuple(CompanyScenario(name) for name in NAMES),
    faults=tuple(Fault(kind, company=name) for kind, name in zip(FAULTS, NAMES, strict=False)),
    history_days=3,
)


@pytest.fixture
def consoles() -> Iterator[list[logging.StreamHandler]]:
    """Both forms of the console, at DEBUG."""
    made, root = [console(JsonLineFormatter()), console(TextLineFormatter())], logging.getLogger()
    level = root.level
    for handler in made:
        root.addHandler(handler)
    yield made
    for handler in made:
        root.removeHandler(handler)
    root.setLevel(level)


def store_other_secrets() -> None:
    source = CompanySource(url="https://companies.example.com")
    source.seal("token", TOKEN)
    source.save()
    mail = EmailConfiguration(name="Finance", from_address="a@example.com")
    mail.seal("secret", MAIL)
    mail.save()


def test_no_sink_holds_a_secret_after_a_run_of_faults(
    make_world: Callable[..., World], peoples_log: DatabaseLogHandler, consoles: list[logging.StreamHandler]
) -> None:
    world = make_world(SCENARIO)
    store_other_secrets()
    logging.getLogger().setLevel(logging.DEBUG)
    world.fetch(concurrency=4)
    for row, name in ((CompanySource.objects.get(), "token"), (EmailConfiguration.objects.get(), "secret")):
        logging.getLogger("usage.sweep").warning("refused %s", row.reveal(name), extra={"company": row.reveal(name)})
    peoples_log.flush()

    pages = [sign_in("Viewer").get("/logs/").content.decode()]
    sinks = [handler.stream.getvalue() for handler in consoles] + pages + [all_tables()]

    assert all(len(sink) > 2_000 for sink in sinks)
    assert [hits(sink, SECRETS) for sink in sinks] == [[], [], [], []]


def test_the_sweep_finds_a_secret_that_nobody_took_out(consoles: list[logging.StreamHandler]) -> None:
    text = base64.b64encode(USER.encode()).decode()
    consoles[1].filters.clear()

    consoles[1].handle(logging.makeLogRecord({"msg": text, "name": "usage", "levelno": logging.INFO}))

    assert hits(consoles[1].stream.getvalue(), SECRETS) == ["user"]
