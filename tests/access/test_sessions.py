"""How a session begins and when it ends."""

from datetime import timedelta
from importlib import reload

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from intacct_usage.accounts.models import SignInSession
from intacct_usage.lib import clock
from tests.access.people import PASSWORD, is_in, sign_in

NEW_PASSWORD = "another pelican umbrella"


def after(**duration: float) -> time_machine.travel:
    return time_machine.travel(clock.now() + timedelta(**duration), tick=False)


def test_a_key_that_somebody_else_planted_is_not_used(ada: User, browser: Client) -> None:
    browser.session.save()
    planted = browser.session.session_key

    sign_in(browser)

    assert browser.session.session_key != planted
    assert not SignInSession.objects.filter(session_key=planted).exists()


def test_it_ends_after_thirty_minutes_without_use(ada: User, browser: Client) -> None:
    sign_in(browser)

    with after(minutes=29):
        assert is_in(browser)
    with after(minutes=29 + 29):
        assert is_in(browser)
    with after(minutes=29 + 29 + 31):
        assert not is_in(browser)
    assert not SignInSession.objects.of(ada.pk).exists()


def test_a_page_that_refreshes_itself_keeps_no_session_open(ada: User, browser: Client) -> None:
    sign_in(browser)

    with after(minutes=20):
        assert browser.get("/about/", headers={"HX-Request": "true"}).status_code == 200
    with after(minutes=31):
        assert not is_in(browser)


def test_it_ends_after_twelve_hours_of_use(ada: User, browser: Client) -> None:
    sign_in(browser)
    for quarter in range(1, 48):
        with after(minutes=15 * quarter):
            assert is_in(browser)

    with after(hours=12, minutes=1):
        assert not is_in(browser)


def test_its_use_is_noted_once_a_minute(ada: User, browser: Client) -> None:
    sign_in(browser)

    with CaptureQueriesContext(connection) as at_once:
        is_in(browser)
    with after(seconds=61), CaptureQueriesContext(connection) as later:
        assert is_in(browser)
        assert is_in(browser)

    notes = [[query for query in part if query["sql"].startswith("UPDATE")] for part in (at_once, later)]
    assert [len(part) for part in notes] == [0, 1]


def test_a_new_password_ends_the_other_sessions_at_once(ada: User) -> None:
    here, elsewhere = Client(), Client()
    sign_in(here)
    sign_in(elsewhere)

    fields = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    here.post("/accounts/password/", fields)

    assert SignInSession.objects.of(ada.pk).count() == 1
    assert (is_in(here), is_in(elsewhere)) == (True, False)


def test_a_password_that_an_administrator_sets_ends_every_session(ada: User, browser: Client) -> None:
    sign_in(browser)

    ada.set_password(NEW_PASSWORD)
    ada.save()

    assert not SignInSession.objects.of(ada.pk).exists()


def test_switching_an_account_off_ends_its_sessions_for_good(ada: User, browser: Client) -> None:
    sign_in(browser)
    ada.is_active = False
    ada.save()
    ada.is_active = True
    ada.save()

    assert not is_in(browser)


def test_any_other_change_of_an_account_leaves_them(ada: User, browser: Client) -> None:
    sign_in(browser)
    ada.email = "ada@example.com"
    ada.save()

    assert is_in(browser)


def test_signing_out_deletes_the_session_and_clears_the_browser(ada: User, browser: Client) -> None:
    sign_in(browser)

    answer = browser.post("/accounts/logout/")

    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert answer.cookies["sessionid"].value == ""
    assert not SignInSession.objects.of(ada.pk).exists()


@pytest.mark.parametrize(("site", "prefix"), [("https://usage.example.com", "__Host-"), ("http://127.0.0.1:8000", "")])
def test_cookies_are_bound_to_the_host_on_https(monkeypatch, site: str, prefix: str) -> None:
    from intacct_usage import settings as real

    monkeypatch.setenv("SITE_URL", site)
    try:
        reload(real)
        names, secure = (real.SESSION_COOKIE_NAME, real.CSRF_COOKIE_NAME), real.SESSION_COOKIE_SECURE
    finally:
        monkeypatch.undo()
        reload(real)

    assert names == (f"{prefix}sessionid", f"{prefix}csrftoken")
    assert (secure, real.CSRF_COOKIE_HTTPONLY) == (bool(prefix), True)
