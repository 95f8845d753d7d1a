"""Sign-in by Microsoft Entra ID, from the button to the page, against a provider that really signs and checks."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from intacct_usage.audit.models import Action
from intacct_usage.lib import clock
from tests.access.entra import VIEWERS, come_back, go_through, leave_for_microsoft, set_up
from tests.access.openid_provider import CLIENT, REDIRECT, SECRET, TENANT, OpenIdProvider
from tests.access.people import PASSWORD, is_in, on_record, sign_in
from tests.web.posting import said, text_of


@pytest.fixture
def provider(settings, db) -> Iterator[OpenIdProvider]:
    with OpenIdProvider() as provider:
        set_up(settings, provider)
        provider.person["groups"] = [VIEWERS]
        yield provider
    cache.clear()


def test_it_leads_to_the_page_that_was_asked_for(provider: OpenIdProvider, browser: Client) -> None:
    answer = go_through(browser, provider, "/reports/?filter=Other")

    assert answer.url == "/reports/?filter=Other"
    assert browser.get("/reports/").status_code == 200
    assert [event.actor for event in on_record(Action.SIGNED_IN)] == ["ada@example.com"]


def test_it_asks_with_state_nonce_and_pkce_for_an_identity_alone(provider: OpenIdProvider, browser: Client) -> None:
    answer = browser.get("/accounts/entra/")
    asked = dict(parse_qsl(urlsplit(answer.url).query))

    assert answer.url.startswith(f"{provider.url}/{TENANT}/oauth2/v2.0/authorize?")
    assert (asked["client_id"], asked["redirect_uri"], asked["scope"]) == (CLIENT, REDIRECT, "openid profile email")
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    assert SECRET not in answer.url


def test_the_session_gets_a_new_key(provider: OpenIdProvider, browser: Client) -> None:
    asked = leave_for_microsoft(browser)
    before = browser.session.session_key

    come_back(browser, provider.authorize(asked))

    assert browser.session.session_key != before


def test_an_answer_is_taken_once(provider: OpenIdProvider, browser: Client) -> None:
    address = provider.authorize(leave_for_microsoft(browser))
    come_back(browser, address)
    browser.post("/accounts/logout/")

    assert come_back(browser, address).url == "/accounts/login/"
    assert not is_in(browser)


def test_an_answer_that_another_browser_asked_for_is_refused(provider: OpenIdProvider, browser: Client) -> None:
    address = provider.authorize(leave_for_microsoft(Client()))

    nothing_begun = come_back(browser, address)
    leave_for_microsoft(browser)
    other_state = come_back(browser, address)

    told = ["This sign-in was not begun in this browser, or too long ago. Please start again."]
    assert (said(nothing_begun), said(other_state)[-1:]) == (told, told)
    assert provider.forms == []


def test_an_answer_after_ten_minutes_is_refused(provider: OpenIdProvider, browser: Client) -> None:
    address = provider.authorize(leave_for_microsoft(browser))

    with time_machine.travel(clock.now() + timedelta(minutes=11), tick=False):
        come_back(browser, address)

    assert not is_in(browser)
    assert provider.forms == []


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_it_leads_to_no_other_site(provider: OpenIdProvider, browser: Client, target: str) -> None:
    assert go_through(browser, provider, target).url == "/"


def test_what_microsoft_refuses_is_logged_and_not_shown(provider: OpenIdProvider, browser: Client, caplog) -> None:
    state = leave_for_microsoft(browser)["state"]

    query = f"error=access_denied&error_description=AADSTS50105%3A%20not%20assigned%0Aforged&state={state}"
    answer = browser.get(f"/accounts/entra/callback/?{query}")

    assert said(answer) == ["Microsoft did not sign you in. Please start again, or ask an administrator."]
    assert "access_denied: AADSTS50105: not assigned" in caplog.text
    assert [event.target for event in on_record(Action.SIGN_IN_FAILED)] == ["Microsoft Entra ID"]


@pytest.mark.parametrize("refusal", ["invalid_grant", "temporarily_unavailable"])
def test_a_code_that_is_not_exchanged_signs_nobody_in(provider: OpenIdProvider, browser: Client, refusal: str) -> None:
    provider.refuses = refusal

    assert go_through(browser, provider).url == "/accounts/login/"
    assert not is_in(browser)


def test_the_secret_is_nowhere_but_at_the_token_endpoint(provider: OpenIdProvider, browser: Client, caplog) -> None:
    caplog.set_level("DEBUG")
    provider.refuses = "invalid_client"

    answer = go_through(browser, provider)

    assert provider.forms[0]["client_secret"] == SECRET
    assert SECRET not in caplog.text + str(said(answer))
    assert provider.forms[0]["code"] not in caplog.text


def test_while_microsoft_is_away_a_local_account_works(provider: OpenIdProvider, browser: Client) -> None:
    User.objects.create_superuser("root", password=PASSWORD)
    address = provider.authorize(leave_for_microsoft(browser))
    provider.__exit__()
    try:
        told = said(come_back(browser, address))
    finally:
        provider.__enter__()

    assert told[0].startswith("Microsoft could not be reached")
    assert sign_in(browser, name="root").status_code == 302
    assert is_in(browser)


def test_the_button_is_there_only_if_it_is_set_up(provider: OpenIdProvider, browser: Client, settings) -> None:
    with_button = text_of(browser.get("/accounts/login/?next=/reports/"))
    settings.ENTRA = None

    assert 'href="/accounts/entra/?next=%2Freports%2F"' in with_button
    assert "Microsoft" not in text_of(browser.get("/accounts/login/"))
    assert [browser.get(f"/accounts/entra/{page}").status_code for page in ("", "callback/")] == [404, 404]


def test_the_name_of_the_site_is_the_registered_one(provider: OpenIdProvider, browser: Client, settings) -> None:
    settings.SITE_URL = "https://usage.example.com"

    answer = browser.get("/accounts/entra/", headers={"Host": "127.0.0.1"})

    asked = dict(parse_qsl(urlsplit(answer.url).query))
    assert asked["redirect_uri"] == "https://usage.example.com/accounts/entra/callback/"
