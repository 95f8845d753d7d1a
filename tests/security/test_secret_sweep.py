"""After many faults at DEBUG level none of fourteen secrets stands in any place where somebody could read it (S3)."""

import logging
import traceback
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client

from intacct_usage.accounts import second_factor
from intacct_usage.accounts.entra_settings import EntraSettings
from intacct_usage.api.tokens import create_token
from intacct_usage.apps import secrets_of_the_environment
from intacct_usage.lib.outbound import parse_outbound_allow
from intacct_usage.lib.redaction import MASK, redact, register_secret
from intacct_usage.logs.formatters import JsonLineFormatter, TextLineFormatter
from intacct_usage.logs.handler import DatabaseLogHandler
from intacct_usage.simulator.mail_script import MailScript, Stage, refuse
from intacct_usage.simulator.scenario import CompanyScenario, Fault, Scenario
from intacct_usage.simulator.scripted_mail import ScriptedMailServer
from notifications.delivery import deliver
from notifications.models import EmailConfiguration
from notifications.report_requests import ask_for_reports
from tests.access.people import sign_in
from tests.lib.servers import answering, says
from tests.logs.conftest import make_log, peoples_log
from tests.notifications.mailing import CLIENT, TENANT, allow, graph_configuration, queued_alert, smtp_configuration
from tests.security import canaries
from tests.security.canaries import ENTRA, GRAPH, MAIL, METRICS, PERSON, PROXY, SENDER, TOKEN, USER
from tests.worlds import World
from usage.companies.list_loading import CompanyListError, list_request, read_list
from usage.models import CompanySource, OutboundProxy
from usage.outbound_connections import settings_to_try
from usage.outbound_connections import test_proxy as walk_through_proxy
from usage.periods import ReportPeriod
from usage.reports.kinds import ReportFormat, ReportKind
from usage.reports.scope import ReportScope

__all__ = ["make_log", "peoples_log"]

FAULTS = ("wrong_password", "invalid_session", "html_502", "cut_body", "doctype", "redirect", "two_errors",
          "no_permission", "user_locked", "http_500")  # fmt: skip
SCENARIO = Scenario(
    company_count=0,
    senders={"usagewatch": SENDER},
    users={"reader": USER},
    companies=tuple(CompanyScenario(f"company{number}") for number in range(len(FAULTS) + 1)),
    faults=tuple(Fault(kind, company=f"company{number}") for number, kind in enumerate(FAULTS)),
    history_days=3,
)


@pytest.fixture
def consoles(settings: object) -> Iterator[list[logging.StreamHandler]]:
    """Both forms of standard output, at DEBUG, with what the start of the program has registered."""
    settings.METRICS_TOKEN = METRICS
    settings.ENTRA = EntraSettings(TENANT, CLIENT, "https://login.example.com", ENTRA, {})
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    for secret in secrets_of_the_environment():
        register_secret(secret)
    made = [canaries.console(JsonLineFormatter()), canaries.console(TextLineFormatter())]
    root, level = logging.getLogger(), logging.getLogger().level
    for handler in made:
        root.addHandler(handler)
    yield made
    for handler in made:
        root.removeHandler(handler)
    root.setLevel(level)


def people() -> dict[str, str]:
    """Somebody mistypes, signs in, sets up a second factor and makes an API token."""
    ada = User.objects.create_user("ada", password=PERSON)
    sign_in(Client(), PERSON + "x")
    browser = Client()
    assert sign_in(browser, PERSON).status_code == 302
    secret = second_factor.begin(ada).reveal("secret")
    token = create_token(ada, name="Reader", scope="read", days=1, by="ada")[1]
    Client().get("/api/v1/companies", headers={"Authorization": f"Bearer {token}"})
    Client().get("/metrics", headers={"Authorization": f"Bearer {METRICS}"})
    return {"TOTP secret": secret, "API token": token, "session": browser.cookies["sessionid"].value}


def refused_companies_list(settings: object) -> str:
    """The companies API fails and shows the token in its answer; the exception as a text."""
    with answering(says(f"<h1>500</h1> bad token {TOKEN}".encode(), status="500 Oops")) as server:
        allow(settings, server.address)
        source = CompanySource(url=server.url("/list"))
        source.seal("token", TOKEN)
        source.save()
        try:
            read_list(list_request())
        except CompanyListError as error:
            return "".join(traceback.format_exception(error)) + repr(error) + str(vars(error))
    raise AssertionError("the list was loaded")


def refused_proxy() -> str:
    proxy = OutboundProxy(url="https://127.0.0.1:9", username="proxy-user", enabled=False)
    proxy.seal("password", PROXY)
    proxy.save()
    tried = settings_to_try(url=proxy.url, username=proxy.username)
    return f"{tried!r}{walk_through_proxy(tried)}"


def mails(settings: object) -> str:
    """One server refuses the password and repeats it, one takes the mail; what it took. Graph is not reached."""
    settings.GRAPH_LOGIN_URL = settings.GRAPH_BASE_URL = "https://127.0.0.1:9"
    refusing = MailScript((refuse(Stage.AUTH, f"535 5.7.8 not {MAIL}"),), users={"usage@demo.example": MAIL})
    with ScriptedMailServer([refusing, MailScript()]) as server:
        allow(settings, server.address)
        sending = smtp_configuration(server, secret=MAIL, username="usage@demo.example")
        for configuration in (sending, smtp_configuration(server), graph_configuration(secret=GRAPH)):
            email = queued_alert(configuration)
            deliver(email.pk)
        ask_for_reports(
            [sending], [ReportKind.SUMMARY], ReportFormat.CSV, ReportScope(None, ReportPeriod()), asked_by="ada"
        )
        return "\n".join(str(message) for message in server.taken())


def test_no_sink_holds_any_of_fourteen_secrets(
    make_world: Callable[..., World],
    peoples_log: DatabaseLogHandler,
    consoles: list[logging.StreamHandler],
    settings: object,
) -> None:
    world = make_world(SCENARIO)
    logging.getLogger().setLevel(logging.DEBUG)
    world.fetch(concurrency=4)
    secrets = canaries.TYPED | canaries.of_the_settings() | people()
    texts = {"list exception": refused_companies_list(settings), "proxy": refused_proxy(), "mails": mails(settings)}
    say_everything({name: secret for name, secret in secrets.items() if name not in ("person", "session")})
    peoples_log.flush()

    root = Client()
    root.force_login(User.objects.create_superuser("root"))
    texts |= {f"page {address}": text for address, text in canaries.pages(root)}
    texts |= {"JSON lines": consoles[0].stream.getvalue(), "text lines": consoles[1].stream.getvalue()}
    texts |= {"tasks": canaries.tasks(), "tables": canaries.all_tables().replace(secrets["session"], "")}

    assert len(secrets) == 14
    assert len(texts) > 90
    assert all(len(texts[name]) > 50 for name in ("mails", "tasks", "list exception", "proxy"))
    assert min(len(texts[name]) for name in ("JSON lines", "text lines", "tables", "page /logs/")) > 2_000
    assert {name: found for name, text in texts.items() if (found := canaries.hits(text, secrets))} == {}


def say_everything(secrets: dict[str, str]) -> None:
    """As if a careless line of the program or of a library said each secret, in each form, also as an extra field."""
    for name, secret in secrets.items():
        for form in canaries.encodings(secret):
            logging.getLogger("usage.sweep").warning("refused: %s", form, extra={"company": form[:90]})
        try:
            raise ConnectionError(f"GET https://example.com/?token={secret} failed")
        except ConnectionError:
            logging.getLogger("usage.sweep").exception("%s failed", name)


def test_what_the_environment_gave_is_kept_out_of_texts(settings: object) -> None:
    settings.ENTRA = EntraSettings(TENANT, CLIENT, "https://login.example.com", ENTRA, {})
    settings.METRICS_TOKEN = METRICS

    assert {settings.SECRET_KEY, *settings.ENCRYPTION_KEYS, ENTRA, METRICS} <= set(secrets_of_the_environment())
    assert redact(f"SECRET {settings.SECRET_KEY} KEYS {settings.ENCRYPTION_KEYS[0]}") == f"SECRET {MASK} KEYS {MASK}"


@pytest.mark.parametrize("secret", [SENDER, USER, PROXY, MAIL])
def test_the_sweep_finds_each_form_of_a_secret_that_nobody_took_out(secret: str) -> None:
    for form in canaries.encodings(secret):
        assert canaries.hits(f"before {form} after", {"one": secret}) == ["one"]


def test_a_configuration_that_is_saved_again_shows_nothing_of_its_secret(db: None) -> None:
    configuration = EmailConfiguration(name="Finance", from_address="a@example.com")
    configuration.seal("secret", MAIL)

    assert canaries.hits(f"{configuration!r}{configuration}{vars(configuration)}", {"mail": MAIL}) == []
    assert parse_outbound_allow("mail.example.com:25") == {("mail.example.com", 25)}
