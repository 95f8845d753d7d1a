"""There is no default account: the first one is made with a token from the server's log."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from intacct_usage.accounts.first_administrator import (
    AdministratorExistsError,
    TokenRefusedError,
    issue_token,
    make_first_administrator,
)
from intacct_usage.accounts.models import SetupToken
from intacct_usage.audit.models import Action
from intacct_usage.lib import clock
from tests.access.people import PASSWORD, is_in, on_record
from tests.web.posting import text_of

PAGE = "/accounts/first-administrator/"


def make(client: Client, token: str, **fields: str) -> object:
    wanted = {"token": token, "username": "root", "password1": PASSWORD, "password2": PASSWORD}
    return client.post(PAGE, wanted | fields)


@pytest.fixture
def token(db) -> str:
    return issue_token()[0]


def test_a_new_installation_has_no_account(db) -> None:
    assert not User.objects.exists()


def test_the_token_makes_the_administrator_and_signs_in(token: str, browser: Client) -> None:
    answer = make(browser, token)
    overview = text_of(browser.get(answer.url))

    user = User.objects.get()
    assert (answer.url, user.is_superuser, user.is_staff, user.check_password(PASSWORD)) == ("/", True, True, True)
    assert "Enter the API credentials" in overview
    assert [event.reason for event in on_record(Action.ROLES_CHANGED)] == ["First administrator, by token"]


def test_it_opens_once(token: str, browser: Client) -> None:
    make(browser, token)
    User.objects.all().delete()

    assert "This token is wrong, was used before" in text_of(make(Client(), token))
    assert not User.objects.exists()


def test_it_ends_after_a_day(token: str, browser: Client) -> None:
    with time_machine.travel(clock.now() + timedelta(hours=24, minutes=1), tick=False):
        make(browser, token)

    assert not User.objects.exists()


def test_a_new_one_voids_the_old(token: str, browser: Client) -> None:
    issue_token()

    make(browser, token)

    assert not User.objects.exists()
    assert SetupToken.objects.count() == 1


def test_any_superuser_voids_it_and_the_page(token: str, browser: Client) -> None:
    User.objects.create_superuser("grace", password=PASSWORD)

    assert browser.get(PAGE).status_code == 404
    assert make(browser, token).status_code == 404
    with pytest.raises(AdministratorExistsError):
        make_first_administrator(token, username="root", password=PASSWORD)
    assert (User.objects.count(), SetupToken.objects.count()) == (1, 0)


@pytest.mark.parametrize("wrong", ["", "x", "0" * 43, "\u0000", "ü" * 300])
def test_a_wrong_token_makes_nothing(token: str, browser: Client, wrong: str) -> None:
    assert make(browser, wrong).status_code == 200
    assert not User.objects.exists()


def test_guessing_it_is_limited(token: str, browser: Client) -> None:
    statuses = [make(browser, f"guess {number}").status_code for number in range(6)]

    assert statuses == [200] * 5 + [429]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"password1": "short", "password2": "short"}, "at least 12 characters"),
        ({"password2": "something else entirely"}, "The two password fields"),
        ({"password1": "intacct-admin-1", "password2": "intacct-admin-1"}, "words of this product"),
        ({"username": ""}, "This field is required"),
    ],
)
def test_a_refused_form_does_not_spend_it(token: str, browser: Client, fields: dict, words: str) -> None:
    assert words in text_of(make(browser, token, **fields))
    assert make(browser, token).status_code == 302


def test_only_its_hash_is_stored(token: str) -> None:
    assert token not in str(list(SetupToken.objects.values()))


def test_of_two_at_the_same_moment_one_wins(token: str) -> None:
    make_first_administrator(token, username="root", password=PASSWORD)
    User.objects.update(is_superuser=False)

    with pytest.raises(TokenRefusedError):
        make_first_administrator(token, username="second", password=PASSWORD)


def test_the_sign_in_page_leads_there_while_it_is_needed(db, browser: Client) -> None:
    before = text_of(browser.get("/accounts/login/"))
    User.objects.create_superuser("root", password=PASSWORD)

    assert f'href="{PAGE}"' in before
    assert PAGE not in text_of(browser.get("/accounts/login/"))


def test_the_command_prints_an_address_that_works(db, browser: Client, capsys) -> None:
    call_command("first_administrator", "--site", "http://127.0.0.1:8123/")

    printed = capsys.readouterr().out
    [token] = re.findall(rf"http://127\.0\.0\.1:8123{PAGE}#([\w-]+)", printed)
    assert printed.count(token) == 2
    make(browser, token)
    assert is_in(browser)


def test_the_command_is_quiet_or_refuses_once_there_is_one(db, capsys) -> None:
    User.objects.create_superuser("root", password=PASSWORD)

    call_command("first_administrator", "--if-needed")

    assert capsys.readouterr().out == ""
    with pytest.raises(CommandError, match="There is an administrator already"):
        call_command("first_administrator")
