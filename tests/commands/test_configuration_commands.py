"""The commands for credentials, proxy and filters take secrets from the environment only and fail in one sentence."""

import pytest
from django.core.management import CommandError, call_command

from intacct_usage.simulator.gateway import GatewaySimulator
from intacct_usage.simulator.scenario import CompanyScenario, Scenario
from tests.factories import make_company
from tests.usage.companies_api import policy_for
from usage.models import ApiCredential, Company, OutboundProxy, QueryFilter

pytestmark = pytest.mark.django_db

URL, PASSWORD = "http://proxy.example.com:8080", "pr0xy-canary"
SCENARIO = Scenario(
    company_count=0, senders={"usagewatch": "s3nder"}, users={"reader": "us3r"}, companies=(CompanyScenario("Acme"),)
)
SIGN_IN = ("set_credentials", "--sender-id", "usagewatch", "--user-id", "reader")


@pytest.fixture
def gateway(settings, monkeypatch):
    monkeypatch.setenv("INTACCT_SENDER_PASSWORD", "s3nder")
    monkeypatch.setenv("INTACCT_USER_PASSWORD", "us3r")
    with GatewaySimulator(SCENARIO) as gateway:
        settings.INTACCT_ENDPOINT_URL = gateway.url
        settings.OUTBOUND_POLICY = policy_for(*gateway.addresses)
        yield gateway


def test_set_credentials_signs_in_and_stores(gateway, capsys) -> None:
    make_company("Acme")

    call_command(*SIGN_IN)

    assert capsys.readouterr().out == "Intacct accepted the credentials in Acme; they are stored.\n"
    assert ApiCredential.current().reveal("user_password") == "us3r"


def test_set_credentials_refuses_what_intacct_refuses_and_keeps_the_old(gateway, monkeypatch) -> None:
    call_command(*SIGN_IN, "--company", "Acme")
    monkeypatch.setenv("INTACCT_USER_PASSWORD", "wr0ng")

    with pytest.raises(CommandError, match=r"^User sign-in refused \(Acme, .*are unchanged\.$") as refusal:
        call_command(*SIGN_IN, "--company", "Acme")

    assert "wr0ng" not in str(refusal.value)
    assert ApiCredential.current().reveal("user_password") == "us3r"


def test_a_missing_password_names_its_variable_and_nothing_is_sent(gateway, monkeypatch) -> None:
    monkeypatch.delenv("INTACCT_USER_PASSWORD")

    with pytest.raises(CommandError) as refusal:
        call_command(*SIGN_IN, "--company", "Acme")

    assert str(refusal.value) == (
        "User password is missing: set INTACCT_USER_PASSWORD (or INTACCT_USER_PASSWORD_FILE), or run this on a "
        "terminal."
    )
    assert gateway.ledger.count() == 0


def test_on_a_terminal_passwords_are_asked_for_and_empty_keeps_the_stored_one(gateway, monkeypatch) -> None:
    call_command(*SIGN_IN, "--company", "Acme")
    asked: list[str] = []
    for name in ("INTACCT_SENDER_PASSWORD", "INTACCT_USER_PASSWORD"):
        monkeypatch.delenv(name)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda question: asked.append(question) or "")

    call_command(*SIGN_IN, "--company", "Acme")

    assert asked == [
        "Sender password (empty keeps the stored one): ",
        "User password (empty keeps the stored one): ",
    ]


@pytest.mark.parametrize(("switch", "enabled"), [((), True), (("--enable",), True), (("--disable",), False)])
def test_set_proxy_stores_the_proxy_with_the_password_of_the_environment(monkeypatch, switch, enabled, capsys) -> None:
    monkeypatch.setenv("PROXY_PASSWORD", PASSWORD)

    call_command("set_proxy", "--url", URL, "--username", "ann", *switch)

    proxy = OutboundProxy.current()
    assert (proxy.url, proxy.username, proxy.enabled) == (URL, "ann", enabled)
    assert proxy.reveal("password") == PASSWORD
    assert capsys.readouterr().out == f"Proxy {URL} ({'enabled' if enabled else 'disabled'}).\n"


def test_set_proxy_switches_the_stored_proxy(capsys) -> None:
    call_command("set_proxy", "--url", URL)
    call_command("set_proxy", "--disable")

    assert OutboundProxy.in_use() is None
    call_command("set_proxy", "--enable")
    assert OutboundProxy.in_use().url == URL


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), r"^Give the proxy with --url, or switch the stored one with --enable or --disable\.$"),
        (("--enable",), r"^There is no proxy to switch; enter its URL first\.$"),
        (("--url", "http://a:b@p.example:1"), r"^Put the user name and the password of the proxy in their own fields"),
        (("--url", URL, "--username", "ann"), r"^Proxy password is missing: set PROXY_PASSWORD "),
    ],
)
def test_set_proxy_refuses_in_one_sentence(arguments, message) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("set_proxy", *arguments)

    assert OutboundProxy.current() is None


def test_another_proxy_needs_its_password_again(monkeypatch) -> None:
    monkeypatch.setenv("PROXY_PASSWORD", PASSWORD)
    call_command("set_proxy", "--url", URL, "--username", "ann")
    monkeypatch.delenv("PROXY_PASSWORD")

    call_command("set_proxy", "--url", URL, "--username", "ann")
    with pytest.raises(CommandError, match=r"^Proxy password is missing"):
        call_command("set_proxy", "--url", "http://other.example.com:8080", "--username", "ann")

    assert (OutboundProxy.current().url, OutboundProxy.current().reveal("password")) == (URL, PASSWORD)


def test_set_filter_creates_and_changes_and_remove_filter_deletes(capsys) -> None:
    for each in ("UK_1", "UKX", "DE_1"):
        make_company(each)

    call_command("set_filter", "UK Companies", "--prefix", "UK_")
    call_command("set_filter", "UK Companies", "--glob", "UK*")
    call_command("set_filter", "Regex", "--regex", r"DE_\d")
    call_command("remove_filter", "UK Companies")

    assert capsys.readouterr().out == (
        "Filter “UK Companies” matches 1 company.\n"
        "Filter “UK Companies” matches 2 companies.\n"
        "Filter “Regex” matches 1 company.\n"
        "Filter “UK Companies” is deleted; 2 companies were grouped anew.\n"
    )
    assert [company.filter_name for company in Company.objects.order_by("intacct_id")] == ["Regex", "Other", "Other"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("set_filter", "X"), "one of the arguments --prefix --glob --regex is required"),
        (("set_filter", "X", "--prefix", "a", "--glob", "b"), "not allowed with argument"),
        (("set_filter", "X", "--prefix", ""), "^Filter “X”: Enter what the company IDs of this filter begin with"),
        (("set_filter", "X", "--regex", "("), "^Filter “X”: “\\(” is not a regular expression: missing \\)"),
        (("remove_filter", "X"), "^There is no filter named “X”\\. Filters: none\\.$"),
    ],
)
def test_a_filter_that_cannot_be_is_refused_in_one_sentence(arguments, message) -> None:
    with pytest.raises(CommandError, match=message):
        call_command(*arguments)

    assert not QueryFilter.objects.exists()
