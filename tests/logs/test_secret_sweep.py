"""After a run full of faults at DEBUG level no secret stands in any log, page, download or table, in any encoding."""

import base64
import io
import json
import logging
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import pytest
from django.db import connection

from intacct_usage.lib.redaction import RedactingFilter
from intacct_usage.logs.context import ContextFilter
from intacct_usage.logs.formatters import JsonLineFormatter, TextLineFormatter
from intacct_usage.logs.handler import DatabaseLogHandler
from intacct_usage.simulator.scenario import CompanyScenario, Fault, Scenario
from notifications.models import EmailConfiguration
from tests.logs.log_lines import sign_in
from tests.worlds import World
from usage.models import CompanySource

SENDER, USER = 'c4nary & "sénder" <1>', "c4nary'user+/=%2"
TOKEN, MAIL = "c4nary-token-3", "c4nary\\mail\t4"
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


def encodings(secret: str) -> set[str]:
    raw = secret.encode()
    return {
        secret,
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        escape(secret),
        escape(secret, {'"': "&quot;", "'": "&#x27;"}),
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
        raw.hex(),
        base64.b64encode(raw).decode(),
    }


def hits(text: str) -> list[str]:
    return [form for secret in (SENDER, USER, TOKEN, MAIL) for form in encodings(secret) if form in text]


def console(formatter: logging.Formatter) -> logging.StreamHandler:
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(formatter)
    for condition in (ContextFilter(), RedactingFilter()):
        handler.addFilter(condition)
    return handler


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


def all_tables() -> str:
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - a name from the database itself
            found += [str(value) for row in cursor.fetchall() for value in row]
    return "\n".join(found)


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
    assert [hits(sink) for sink in sinks] == [[], [], [], []]


def test_the_sweep_finds_a_secret_that_nobody_took_out(consoles: list[logging.StreamHandler]) -> None:
    text = base64.b64encode(USER.encode()).decode()
    consoles[1].filters.clear()

    consoles[1].handle(logging.makeLogRecord({"msg": text, "name": "usage", "levelno": logging.INFO}))

    assert hits(consoles[1].stream.getvalue()) == [text]
