"""Changing one's second factor asks for the password; administrators can only switch it off."""

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from intacct_usage.accounts.models import RecoveryCode, SecondFactor
from intacct_usage.accounts.second_factor import begin, factor_of, replace_recovery_codes
from intacct_usage.audit.models import Action
from intacct_usage.lib import clock
from tests.access.people import PASSWORD, on_record, sign_in
from tests.web.conftest import ClientAs
from tests.web.posting import text_of

OFF, AGAIN = "/accounts/second-factor/off/", "/accounts/second-factor/codes/"


@pytest.fixture
def factor(ada: User, browser: Client) -> SecondFactor:
    """In force, with eight codes; ada is signed in since before."""
    sign_in(browser)
    factor = begin(ada)
    factor.confirmed_at = clock.now()
    factor.save()
    replace_recovery_codes(factor)
    return factor


@pytest.mark.parametrize("address", ["/accounts/second-factor/", OFF, AGAIN])
def test_without_the_password_nothing_changes(ada: User, browser: Client, request, address: str) -> None:
    sign_in(browser)
    if address != "/accounts/second-factor/":
        request.getfixturevalue("factor")
    before = list(SecondFactor.objects.values()), list(RecoveryCode.objects.values())

    page = text_of(browser.post(address, {"password": "wrong"}))

    assert "This is not your password." in page
    assert (list(SecondFactor.objects.values()), list(RecoveryCode.objects.values())) == before


def test_guessing_the_password_there_is_limited_as_well(factor: SecondFactor, browser: Client) -> None:
    for _ in range(5):
        browser.post(OFF, {"password": "wrong"})

    assert "Too many attempts." in text_of(browser.post(OFF, {"password": PASSWORD}))
    assert factor_of(factor.user) is not None


def test_guessing_the_old_password_is_limited_as_well(ada: User, browser: Client) -> None:
    sign_in(browser)
    fields = {"new_password1": "another pelican umbrella", "new_password2": "another pelican umbrella"}
    for _ in range(5):
        browser.post("/accounts/password/", {"old_password": "wrong", **fields}, REMOTE_ADDR="203.0.113.1")

    answer = browser.post("/accounts/password/", {"old_password": PASSWORD, **fields}, REMOTE_ADDR="203.0.113.1")

    ada.refresh_from_db()
    assert "Too many attempts." in text_of(answer)
    assert ada.check_password(PASSWORD)


def test_its_owner_switches_it_off(factor: SecondFactor, browser: Client) -> None:
    browser.post(OFF, {"password": PASSWORD})

    assert (factor_of(factor.user), RecoveryCode.objects.count()) == (None, 0)
    assert [event.actor for event in on_record(Action.SECOND_FACTOR_OFF)] == ["ada"]


def test_new_codes_void_the_old(factor: SecondFactor, browser: Client) -> None:
    old = set(RecoveryCode.objects.values_list("digest", flat=True))

    page = text_of(browser.post(AGAIN, {"password": PASSWORD}))

    assert "Earlier codes are void." in page
    assert not old & set(RecoveryCode.objects.values_list("digest", flat=True))
    assert on_record(Action.CHANGED)[-1].reason == "New recovery codes"


def test_a_secret_in_force_is_never_shown_again(factor: SecondFactor, browser: Client) -> None:
    assert browser.get("/accounts/second-factor/confirm/").url == "/accounts/"
    assert browser.post("/accounts/second-factor/", {"password": PASSWORD}).url == "/accounts/"
    assert factor.reveal("secret")[:4] not in text_of(browser.get("/accounts/"))


def test_a_superuser_switches_it_off_for_somebody(factor: SecondFactor, client_as: ClientAs) -> None:
    client_as("superuser").post(
        "/admin/auth/user/", {"action": "remove_second_factor", "_selected_action": [factor.user.pk]}
    )

    assert factor_of(factor.user) is None
    assert [event.actor for event in on_record(Action.SECOND_FACTOR_OFF)] == ["someone-superuser"]


def test_the_command_does_it_where_there_is_no_superuser(factor: SecondFactor, capsys) -> None:
    call_command("remove_second_factor", "ada")

    assert capsys.readouterr().out == "ada signs in with the password alone now.\n"
    with pytest.raises(CommandError, match="ada has no second factor"):
        call_command("remove_second_factor", "ada")
    with pytest.raises(CommandError, match="There is no account “grace”"):
        call_command("remove_second_factor", "grace")
