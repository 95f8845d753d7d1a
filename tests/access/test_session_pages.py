"""Seeing where one is signed in, and ending that; for managers, everybody."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from intacct_usage.accounts.account_views import SIGN_IN_AGAIN
from intacct_usage.accounts.models import SignInSession
from intacct_usage.accounts.sessions import device
from intacct_usage.audit.models import Action
from intacct_usage.lib import clock
from tests.access.people import PASSWORD, is_in, on_record, sign_in
from tests.web.conftest import ClientAs
from tests.web.posting import said, text_of

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"


@pytest.fixture
def phone(ada: User) -> Client:
    client = Client(headers={"User-Agent": PHONE})
    sign_in(client, address="198.51.100.9")
    return client


def handle_of(client: Client) -> str:
    return SignInSession.objects.get(session_key=client.session.session_key).handle


def test_the_list_names_browser_address_and_which_is_this_one(browser: Client, phone: Client) -> None:
    sign_in(browser)

    page = text_of(browser.get("/accounts/"))

    assert all(words in page for words in ("Firefox on Linux", "Safari on iPhone", "198.51.100.9", "203.0.113.1"))
    assert page.count("This one") == 1
    assert not any(client.session.session_key in page for client in (browser, phone))


def test_one_session_is_ended_and_the_others_stay(browser: Client, phone: Client) -> None:
    sign_in(browser)

    answer = browser.post("/accounts/sessions/end/", {"handle": handle_of(phone)})

    assert said(answer) == ["The session is ended."]
    assert (is_in(phone), is_in(browser)) == (False, True)
    assert [event.target for event in on_record(Action.SESSION_ENDED)] == [
        "User “ada”: Safari on iPhone at 198.51.100.9"
    ]


def test_all_others_are_ended_together(browser: Client, phone: Client) -> None:
    sign_in(browser)

    browser.post("/accounts/sessions/end/", {"handle": "others"})

    assert (is_in(phone), is_in(browser)) == (False, True)
    assert len(on_record(Action.SESSION_ENDED)) == 1


def test_an_open_browser_that_was_found_shuts_its_owner_out_of_no_other(browser: Client, phone: Client) -> None:
    sign_in(browser)

    with time_machine.travel(clock.now() + timedelta(minutes=16), tick=False):
        answer = browser.post("/accounts/sessions/end/", {"handle": "others"})

        assert answer.url == "/accounts/login/?next=%2Faccounts%2F"
        assert said(answer) == [SIGN_IN_AGAIN]
        assert (is_in(phone), is_in(browser)) == (True, False)
        assert sign_in(browser, door=answer.url).url == "/accounts/"
        browser.post("/accounts/sessions/end/", {"handle": "others"})
        assert (is_in(phone), is_in(browser)) == (False, True)


def test_nobody_ends_a_session_of_somebody_else_there(phone: Client, browser: Client, client_as: ClientAs) -> None:
    other = client_as("Operator")

    answer = other.post("/accounts/sessions/end/", {"handle": handle_of(phone)})

    assert said(answer) == ["This session is over already."]
    assert is_in(phone)


@pytest.mark.parametrize("role", ["Manager", "superuser"])
def test_managers_see_and_end_everybodys(phone: Client, client_as: ClientAs, role: str) -> None:
    manager = client_as(role)
    page = text_of(manager.get("/accounts/people/"))

    answer = manager.post("/accounts/people/end/", {"handle": handle_of(phone)})

    assert all(name in page for name in ("ada", f"someone-{role}"))
    assert said(answer) == ["The session of ada is ended."]
    assert not is_in(phone)
    assert [event.actor for event in on_record(Action.SESSION_ENDED)] == [f"someone-{role}"]


@pytest.mark.parametrize("role", ["", "Viewer", "Operator"])
def test_others_do_not(phone: Client, client_as: ClientAs, role: str) -> None:
    client = client_as(role)

    assert client.get("/accounts/people/").status_code == 403
    assert client.post("/accounts/people/end/", {"handle": handle_of(phone)}).status_code == 403
    assert is_in(phone)


@pytest.mark.parametrize("handle", ["", "x", "\u0000", "ü" * 500])
def test_a_handle_that_is_none_ends_nothing(phone: Client, client_as: ClientAs, handle: str) -> None:
    answer = client_as("Manager").post("/accounts/people/end/", {"handle": handle})

    assert answer.status_code == (400 if not handle else 302)
    assert is_in(phone)


def test_the_page_costs_the_same_for_one_session_and_for_twenty(client_as: ClientAs) -> None:
    client = client_as("Manager")
    client.get("/accounts/people/")
    with CaptureQueriesContext(connection) as few:
        client.get("/accounts/people/")
    for number in range(20):
        user = User.objects.create_user(f"person{number}", password=PASSWORD)
        user.groups.add(Group.objects.get(name="Viewer"))
        sign_in(Client(), name=f"person{number}", address=f"203.0.113.{number}")

    with CaptureQueriesContext(connection) as many:
        client.get("/accounts/people/")

    assert len(many) == len(few)


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("", "Unknown browser"),
        ("curl/8.9", "Unknown browser"),
        ("<script>alert(1)</script>", "Unknown browser"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) AppleWebKit/605.1.15 Version/18 Safari/605", "Safari on macOS"),
    ],
)
def test_browsers_are_named_in_a_few_words(agent: str, name: str) -> None:
    assert device(agent) == name
