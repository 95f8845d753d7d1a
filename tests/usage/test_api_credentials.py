"""Credentials are stored only after Intacct accepted them, with one sign-in and never a password for another ID."""

import pytest

from intacct_usage.simulator.gateway import GatewaySimulator
from intacct_usage.simulator.scenario import CompanyScenario, Fault, Scenario
from tests.factories import make_company
from tests.usage.companies_api import policy_for
from usage.api_credentials import CredentialsRefusedError, save_credentials
from usage.models import ApiCredential

pytestmark = pytest.mark.django_db

SENDER, USER = "s3nder & <canary>", 'us3r "sécret"'
GOOD = {"sender_id": "usagewatch", "user_id": "reader", "sender_password": SENDER, "user_password": USER}
SCENARIO = Scenario(
    company_count=0,
    history_days=0,
    senders={"usagewatch": SENDER, "second": "other"},
    users={"reader": USER, "writer": "writer's"},
    companies=(CompanyScenario("A_first"), CompanyScenario("B_second"), CompanyScenario("C_strict", senders=())),
)
NOT_SAVED = "Nothing was saved; credentials stored before are unchanged."


@pytest.fixture
def gateway(settings):
    with GatewaySimulator(SCENARIO) as gateway:
        settings.INTACCT_ENDPOINT_URL = gateway.url
        settings.OUTBOUND_POLICY = policy_for(*gateway.addresses)
        yield gateway


def stored() -> list[dict[str, object]]:
    return list(ApiCredential.objects.values())


def refusal_of(**credentials: str) -> str:
    before = stored()
    with pytest.raises(CredentialsRefusedError) as refusal:
        save_credentials(**credentials)
    assert stored() == before
    assert not any(secret in refusal.value.message for secret in (SENDER, USER))
    return refusal.value.message


def test_accepted_credentials_are_stored_sealed_with_the_company_they_were_tried_with(gateway) -> None:
    make_company("B_second")
    make_company("A_first", skipped_at="2026-01-01T00:00Z")

    save_credentials(**GOOD)

    saved = ApiCredential.current()
    assert (saved.sender_id, saved.user_id, saved.validated_company) == ("usagewatch", "reader", "B_second")
    assert (saved.reveal("sender_password"), saved.reveal("user_password")) == (SENDER, USER)
    assert SENDER not in saved.sender_password
    assert saved.validated_at is not None
    assert gateway.ledger.count() == 1


def test_they_are_tried_with_the_company_that_is_named(gateway) -> None:
    assert save_credentials(**GOOD, company_id="A_first").validated_company == "A_first"


def test_an_empty_password_keeps_the_stored_one_of_the_same_id(gateway) -> None:
    save_credentials(**GOOD, company_id="A_first")

    saved = save_credentials(sender_id="usagewatch", user_id="writer", user_password="writer's", company_id="A_first")

    assert (saved.user_id, saved.reveal("sender_password"), saved.reveal("user_password")) == (
        "writer",
        SENDER,
        "writer's",
    )
    assert ApiCredential.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"sender_id": "second"},
            "The stored sender password belongs to the sender ID “usagewatch”. Enter the sender password of “second”.",
        ),
        (
            {"user_id": "READER"},
            "The stored user password belongs to the user ID “reader”. Enter the user password of “READER”.",
        ),
    ],
)
def test_another_id_needs_its_own_password_and_nothing_is_sent(gateway, changed, message) -> None:
    save_credentials(**GOOD, company_id="A_first")
    sent = gateway.ledger.count()

    refused = refusal_of(**{"sender_id": "usagewatch", "user_id": "reader", "company_id": "A_first"} | changed)

    assert refused == f"{message} {NOT_SAVED}"
    assert gateway.ledger.count() == sent


@pytest.mark.parametrize(
    ("wrong", "company", "words"),
    [
        ({"user_password": "wrong"}, "A_first", "User sign-in refused (A_first, "),
        ({"sender_password": "wrong"}, "A_first", "Wrong sender ID or sender password (A_first, "),
        ({}, "C_strict", "Sender ID not authorised in this company (C_strict, "),
        ({}, "Nowhere", "(Nowhere, "),
    ],
)
def test_a_refused_sign_in_is_explained_tried_once_and_keeps_the_old_credentials(
    gateway, wrong, company, words
) -> None:
    save_credentials(**GOOD, company_id="A_first")
    sent = gateway.ledger.count()

    message = refusal_of(**GOOD | wrong, company_id=company)

    assert words in message
    assert message.endswith(NOT_SAVED)
    assert gateway.ledger.count() == sent + 1


@pytest.mark.parametrize("kind", ["html_503", "rate_limit_text", "cut"])
def test_even_a_passing_failure_is_not_tried_again(gateway, kind) -> None:
    gateway.faults.add(Fault(kind, times=1))

    refusal_of(**GOOD, company_id="A_first")
    assert gateway.ledger.count() <= 1
    save_credentials(**GOOD, company_id="A_first")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sender_id": " "}, "Enter the sender ID."),
        ({"user_id": ""}, "Enter the user ID."),
        ({"sender_password": ""}, "Enter the sender password."),
        ({"user_id": "x" * 101}, "The user ID has at most 100 characters, all of them visible."),
        (
            {},
            "There is no company to try the credentials with. Name one, or load or add companies first. " + NOT_SAVED,
        ),
    ],
)
def test_what_is_missing_is_asked_for_before_anything_is_sent(gateway, options, message) -> None:
    assert refusal_of(**GOOD | options) == message
    assert gateway.ledger.count() == 0


def test_a_stored_password_that_cannot_be_read_asks_for_the_key_or_the_password(gateway, settings) -> None:
    save_credentials(**GOOD, company_id="A_first")
    settings.ENCRYPTION_KEYS = ["b3RoZXIga2V5IG90aGVyIGtleSBvdGhlciBrZXkgITE="]

    message = refusal_of(sender_id="usagewatch", user_id="reader", company_id="A_first")

    assert "cannot be read with the present ENCRYPTION_KEY" in message
    save_credentials(**GOOD, company_id="A_first")
