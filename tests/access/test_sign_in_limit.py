"""Guessing passwords: few attempts for each account and address, on every door, and nobody locks an owner out."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from intacct_usage.accounts.limits import PASSWORDS, TooManyAttemptsError, network_of, take_attempt
from intacct_usage.accounts.models import AttemptTally
from intacct_usage.audit.models import Action, AuditEvent
from intacct_usage.lib import clock
from tests.access.people import ADMIN, PASSWORD, SITE, is_in, on_record, sign_in

WORDS = "Too many attempts. Wait 15 minutes, then try again."


class CountingHasher(MD5PasswordHasher):
    """Every look at a password: of an account, or the pretence for one that does not exist."""

    looks = 0

    def encode(self, password: str, salt: str) -> str:
        CountingHasher.looks += 1
        return super().encode(password, salt)


@pytest.fixture
def looks(settings, ada: User) -> type[CountingHasher]:
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    ada.set_password(PASSWORD)
    ada.save()
    CountingHasher.looks = 0
    return CountingHasher


def test_a_thousand_guesses_from_twenty_addresses_get_five_each(looks: type[CountingHasher], browser: Client) -> None:
    for number in range(1000):
        door = (SITE, ADMIN)[number // 20 % 2]
        sign_in(browser, f"guess {number}", address=f"203.0.113.{number % 20}", door=door)

    assert looks.looks == 20 * 5
    assert sign_in(Client(), address="198.51.100.7").status_code == 302


@pytest.mark.parametrize("name", ["ada", "nobody"])
def test_the_sixth_attempt_is_refused_alike_for_everybody(ada: User, browser: Client, name: str) -> None:
    before = [sign_in(browser, "wrong", name=name).status_code for _ in range(5)]

    refused = sign_in(browser, name=name)

    assert before == [200] * 5
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "900")
    assert WORDS in refused.content.decode()
    assert not is_in(browser)


@pytest.mark.parametrize("name", ["ADA", " ada", "ａｄａ"])
def test_other_spellings_of_a_name_are_no_further_guesses(ada: User, browser: Client, name: str) -> None:
    for _ in range(5):
        sign_in(browser, "wrong", name=name)

    assert sign_in(browser).status_code == 429


def test_the_right_password_starts_the_count_anew(ada: User, browser: Client) -> None:
    for _ in range(3):
        for _ in range(4):
            sign_in(Client(), "wrong")
        assert sign_in(Client()).status_code == 302


def test_fifteen_minutes_after_the_last_attempt_it_is_open_again(ada: User, browser: Client) -> None:
    start = clock.now()
    for minutes in range(5):
        with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
            sign_in(browser, "wrong")

    with time_machine.travel(start + timedelta(minutes=4 + 14), tick=False):
        assert sign_in(browser).status_code == 429
    with time_machine.travel(start + timedelta(minutes=4 + 16), tick=False):
        assert sign_in(browser).status_code == 302


def test_one_address_gets_fifty_guesses_over_all_accounts(looks: type[CountingHasher], browser: Client) -> None:
    statuses = [sign_in(browser, "wrong", name=f"account{number}").status_code for number in range(60)]

    assert statuses == [200] * 50 + [429] * 10
    assert looks.looks == 50


def test_a_block_is_recorded_and_logged_once(ada: User, browser: Client, caplog) -> None:
    for _ in range(9):
        sign_in(browser, "kanarienvogel-1234")

    assert len(on_record(Action.SIGN_IN_FAILED)) == 5
    assert [event.address for event in on_record(Action.SIGN_IN_BLOCKED)] == ["203.0.113.1"]
    assert caplog.text.count("Sign-in from 203.0.113.1 is blocked for 15 minutes after 5 attempts") == 1
    assert "kanarienvogel" not in caplog.text + str(list(AuditEvent.objects.values()))


def test_nothing_that_was_typed_is_kept(ada: User, browser: Client) -> None:
    sign_in(browser, "wrong", name="my-password-by-mistake")

    assert "my-password" not in str(list(AttemptTally.objects.values())) + str(list(AuditEvent.objects.values()))


def test_a_thousand_at_the_same_moment_get_no_more(transactional_db) -> None:
    taken = []

    def try_often() -> None:
        try:
            for _ in range(5):
                try:
                    take_attempt(PASSWORDS, name="ada", address="203.0.113.1")
                    taken.append(1)
                except TooManyAttemptsError:
                    pass
        finally:
            connection.close()

    threads = [threading.Thread(target=try_often) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken) == 5


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.1", "203.0.113.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.1", "203.0.113.1"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_an_ipv6_network_is_one_address(address: str, network: str) -> None:
    assert network_of(address) == network
