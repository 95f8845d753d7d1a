"""A second step after the password, for those who switched it on."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from intacct_usage.accounts import totp
from intacct_usage.accounts.models import RecoveryCode, SecondFactor
from intacct_usage.accounts.second_factor import factor_of
from intacct_usage.audit.models import Action, AuditEvent
from intacct_usage.lib import clock
from tests.access.people import PASSWORD, is_in, on_record, sign_in
from tests.web.posting import said, text_of

CODE, CONFIRM = "/accounts/login/code/", "/accounts/second-factor/confirm/"


def code_of(user: User, steps_later: int = 0) -> str:
    secret = SecondFactor.objects.get(user=user).reveal("secret")
    return totp.code_at(secret, int(clock.now().timestamp()) // 30 + steps_later)


def switch_on(client: Client, user: User) -> list[str]:
    """As people do it; the recovery codes."""
    client.post("/accounts/second-factor/", {"password": PASSWORD})
    page = text_of(client.post(CONFIRM, {"code": code_of(user, -1)}))
    return re.findall(r'<code class="recovery-code">([a-z2-7-]+)</code>', page)


@pytest.fixture
def recovery_codes(ada: User, browser: Client) -> list[str]:
    """Ada's, who has switched it on and is signed out again."""
    sign_in(browser)
    codes = switch_on(browser, ada)
    browser.post("/accounts/logout/")
    return codes


def test_it_is_in_force_once_a_code_was_entered(ada: User, browser: Client) -> None:
    sign_in(browser)
    browser.post("/accounts/second-factor/", {"password": PASSWORD})
    assert factor_of(ada) is None

    wrong = text_of(browser.post(CONFIRM, {"code": "000000"}))
    codes = switch_on(browser, ada)

    assert "This code is wrong, too old, or was used before." in wrong
    assert factor_of(ada) is not None
    assert (len(set(codes)), {len(code) for code in codes}) == (8, {27})


def test_the_picture_is_drawn_in_the_page(ada: User, browser: Client) -> None:
    sign_in(browser)
    browser.post("/accounts/second-factor/", {"password": PASSWORD})

    page = browser.get(CONFIRM)

    secret = SecondFactor.objects.get(user=ada).reveal("secret")
    assert re.search(r'<path class="qr-dark" d="M4 4h1v1h-1zM5 4h1', text_of(page))
    assert " ".join(secret[start : start + 4] for start in range(0, 32, 4)) in text_of(page)
    assert "no-store" in page.headers["Cache-Control"]


def test_the_password_alone_opens_nothing_then(recovery_codes: list[str], browser: Client) -> None:
    answer = sign_in(browser)

    assert answer.url == CODE
    assert not is_in(browser)
    assert browser.get("/reports/").status_code == 302


def test_password_and_code_lead_to_the_page_that_was_asked_for(
    ada: User, recovery_codes: list[str], browser: Client
) -> None:
    browser.post("/accounts/login/", {"username": "ada", "password": PASSWORD, "next": "/guide/"})
    half_way = browser.session.session_key

    answer = browser.post(CODE, {"code": f" {code_of(ada)[:3]} {code_of(ada)[3:]}"})

    assert answer.url == "/guide/"
    assert is_in(browser)
    assert browser.session.session_key != half_way


def test_a_code_opens_once(ada: User, recovery_codes: list[str]) -> None:
    first, second = Client(), Client()
    code = code_of(ada)
    for client in (first, second):
        sign_in(client)
        client.post(CODE, {"code": code})

    assert (is_in(first), is_in(second)) == (True, False)


def test_a_recovery_code_opens_once(recovery_codes: list[str], browser: Client) -> None:
    for attempt in (recovery_codes[0].upper(), recovery_codes[0], recovery_codes[1].replace("-", " ")):
        client = Client()
        sign_in(client)
        client.post(CODE, {"code": attempt})
        assert is_in(client) is (attempt != recovery_codes[0])

    assert RecoveryCode.objects.left() == 6


def test_codes_are_guessed_five_times_at_most(ada: User, recovery_codes: list[str], browser: Client) -> None:
    sign_in(browser)
    statuses = [browser.post(CODE, {"code": f"{number:06}"}).status_code for number in range(7)]

    assert statuses == [200] * 5 + [429] * 2
    assert browser.post(CODE, {"code": code_of(ada)}).status_code == 429
    assert len(on_record(Action.SIGN_IN_FAILED)) == 5
    assert len(on_record(Action.SIGN_IN_BLOCKED)) == 1


def test_guesses_from_many_addresses_end_too(ada: User, recovery_codes: list[str]) -> None:
    statuses = []
    for number in range(35):
        client = Client(REMOTE_ADDR=f"203.0.113.{number}")
        client.post("/accounts/login/", {"username": "ada", "password": PASSWORD})
        statuses.append(client.post(CODE, {"code": "000000"}).status_code)

    assert statuses == [200] * 30 + [429] * 5


def test_half_way_ends_after_ten_minutes(ada: User, recovery_codes: list[str], browser: Client) -> None:
    sign_in(browser)

    with time_machine.travel(clock.now() + timedelta(minutes=11), tick=False):
        answer = browser.post(CODE, {"code": code_of(ada)})

    assert (answer.url, said(answer)) == ("/accounts/login/", ["That took too long. Please start again."])
    assert not is_in(browser)


@pytest.mark.parametrize("change", ["password", "is_active"])
def test_half_way_ends_when_the_account_changes(
    ada: User, recovery_codes: list[str], browser: Client, change: str
) -> None:
    sign_in(browser)
    ada.set_password("another pelican umbrella") if change == "password" else setattr(ada, "is_active", False)
    ada.save()

    assert browser.post(CODE, {"code": code_of(ada)}).url == "/accounts/login/"


def test_the_code_page_is_nothing_for_others(db, browser: Client) -> None:
    assert browser.get(CODE).url == "/accounts/login/"


def test_neither_the_secret_nor_a_code_is_kept_in_the_clear(ada: User, recovery_codes: list[str]) -> None:
    factor = SecondFactor.objects.get(user=ada)
    stored = str([*SecondFactor.objects.values(), *RecoveryCode.objects.values(), *AuditEvent.objects.values()])

    assert factor.secret.startswith("v1:")
    assert factor.reveal("secret") not in stored
    assert not any(code in stored or code.replace("-", "") in stored for code in recovery_codes)


def test_with_another_encryption_key_a_recovery_code_still_opens(
    ada: User, recovery_codes: list[str], browser: Client
) -> None:
    other = SecondFactor.objects.get(user=ada)
    SecondFactor.objects.update(secret=other.secret[:-8] + "AAAAAAA=")
    sign_in(browser)

    told = text_of(browser.post(CODE, {"code": "123456"}))
    browser.post(CODE, {"code": recovery_codes[0]})

    assert "Codes of your app cannot be checked at the moment." in told
    assert is_in(browser)
