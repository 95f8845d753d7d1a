"""A refused password that is a word neither reaches the log nor gives itself away by a gap in our own sentences."""

import io
import logging
from collections.abc import Callable, Iterator

import pytest

from intacct_usage.lib.redaction import MASK, RedactingFilter, SecretsOnTrial, redact, register_secret
from intacct_usage.simulator.gateway import GatewaySimulator
from intacct_usage.simulator.scenario import CompanyScenario, Scenario
from tests.factories import make_company
from tests.usage.companies_api import policy_for
from usage import api_credentials
from usage.api_credentials import CredentialsRefusedError, save_credentials
from usage.gateway.errors import ErrorFamily, Failure, GatewayError, Level

SCENARIO = Scenario(company_count=0, history_days=0, companies=(CompanyScenario("A_first"),))
TYPED = {"sender_id": "usagewatch", "user_id": "reader", "sender_password": "s3nder-secret"}


@pytest.fixture
def logged() -> Iterator[Callable[[], str]]:
    handler = logging.StreamHandler(io.StringIO())
    handler.addFilter(RedactingFilter())
    logging.getLogger().addHandler(handler)
    yield handler.stream.getvalue
    logging.getLogger().removeHandler(handler)


def test_our_own_sentence_about_the_refusal_stays_whole(db, settings, logged) -> None:
    make_company("A_first")
    with GatewaySimulator(SCENARIO) as gateway:
        settings.INTACCT_ENDPOINT_URL = gateway.url
        settings.OUTBOUND_POLICY = policy_for(*gateway.addresses)
        with pytest.raises(CredentialsRefusedError):
            save_credentials(**{**TYPED, "sender_password": SCENARIO.senders["usagewatch"]}, user_password="wrong")

    assert "The user ID or the password is wrong in this company" in logged()
    assert MASK not in logged()


def test_a_word_that_the_answer_repeats_is_in_neither_log_nor_message(db, monkeypatch, logged) -> None:
    make_company("A_first")

    def echo(*_: object) -> None:
        failure = Failure(Level.CONTROL, "XL03000006", "The password sesame of reader is not right.")
        raise GatewayError(ErrorFamily.USER_CREDENTIALS, failure)

    monkeypatch.setattr(api_credentials, "_sign_in", echo)
    with pytest.raises(CredentialsRefusedError) as refused:
        save_credentials(**TYPED, user_password="sesame")

    assert f"The password {MASK} of reader is not right" in logged()
    assert "sesame" not in logged() + refused.value.message


@pytest.mark.parametrize("value", ["s3same", "open sesame", "sesame!", "a" * 17])
def test_a_refused_password_that_is_no_word_stays_a_secret(value: str) -> None:
    SecretsOnTrial(value).refused()

    assert redact(f"x {value} y") == f"x {MASK} y"


def test_a_word_that_was_a_secret_before_stays_one() -> None:
    register_secret("sesame")

    SecretsOnTrial("sesame").refused()

    assert redact("sesame") == MASK


def test_an_accepted_word_stays_a_secret() -> None:
    SecretsOnTrial("sesame")

    assert redact("sesame") == MASK
