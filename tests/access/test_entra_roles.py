"""Groups at Microsoft give roles here, by object ID; without one there is no access."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from intacct_usage.accounts.entra_settings import EntraSettings, parse_entra
from intacct_usage.accounts.models import SignInSession
from tests.access.entra import MANAGERS, ROOTS, VIEWERS, go_through, set_up
from tests.access.openid_provider import CLIENT, PERSON, TENANT, OpenIdProvider
from tests.access.people import PASSWORD, is_in, sign_in
from tests.web.posting import said, text_of

NO_ROLE = "Microsoft knows you, but none of your groups has a role here."


@pytest.fixture
def provider(settings, db) -> Iterator[OpenIdProvider]:
    with OpenIdProvider() as provider:
        set_up(settings, provider)
        yield provider
    cache.clear()


def roles_after(provider: OpenIdProvider, *groups: str) -> tuple[set[str], bool]:
    provider.person["groups"] = list(groups)
    go_through(Client(), provider)
    user = User.objects.get()
    return set(user.groups.values_list("name", flat=True)), user.is_superuser and user.is_staff


@pytest.mark.parametrize("groups", [[], ["Manager"], ["dddddddd-0000-4000-8000-000000000000"], None, "x", [None, 7]])
def test_no_mapped_group_is_no_access_and_no_account(provider: OpenIdProvider, browser: Client, groups: object) -> None:
    provider.person["groups"] = groups

    assert said(go_through(browser, provider))[0].startswith(NO_ROLE)
    assert not is_in(browser)
    assert not User.objects.exists()


def test_roles_follow_the_groups_at_each_sign_in(provider: OpenIdProvider) -> None:
    assert roles_after(provider, VIEWERS) == ({"Viewer"}, False)
    assert roles_after(provider, VIEWERS.upper(), MANAGERS) == ({"Viewer", "Manager"}, False)
    assert roles_after(provider, ROOTS) == (set(), True)
    assert roles_after(provider, VIEWERS) == ({"Viewer"}, False)


def test_groups_made_here_stay(provider: OpenIdProvider) -> None:
    roles_after(provider, VIEWERS)
    User.objects.get().groups.add(Group.objects.create(name="Auditors"))

    assert roles_after(provider, MANAGERS) == ({"Manager", "Auditors"}, False)


def test_who_lost_every_role_is_signed_out_and_has_none(provider: OpenIdProvider, browser: Client) -> None:
    provider.person["groups"] = [MANAGERS]
    go_through(browser, provider)

    assert roles_after(provider) == (set(), False)
    assert not SignInSession.objects.of(User.objects.get().pk).exists()
    assert not is_in(browser)


def test_a_local_account_of_the_same_name_is_not_taken_over(provider: OpenIdProvider, browser: Client) -> None:
    local = User.objects.create_superuser("ada@example.com", password=PASSWORD)
    provider.person["groups"] = [VIEWERS]

    go_through(browser, provider)

    new = User.objects.exclude(pk=local.pk).get()
    assert (new.username, new.is_superuser) == (f"ada@example.com-{PERSON[:8]}", False)
    assert browser.session["_auth_user_id"] == str(new.pk)


def test_a_person_whose_name_changed_keeps_the_account(provider: OpenIdProvider) -> None:
    roles_after(provider, VIEWERS)
    provider.person["preferred_username"] = "ada.lovelace@example.com"

    roles_after(provider, VIEWERS)

    assert User.objects.get().username == "ada@example.com"


def test_another_person_with_a_name_of_old_gets_another_account(provider: OpenIdProvider) -> None:
    roles_after(provider, VIEWERS)
    provider.person["oid"] = "77777777-8888-7777-6666-555555555555"

    go_through(Client(), provider)

    assert sorted(User.objects.values_list("username", flat=True)) == ["ada@example.com", "ada@example.com-77777777"]


def test_an_account_that_is_switched_off_here_stays_out(provider: OpenIdProvider, browser: Client) -> None:
    roles_after(provider, VIEWERS)
    User.objects.update(is_active=False)

    assert said(go_through(browser, provider))[0].startswith("Your account here is switched off.")
    assert not is_in(browser)


@pytest.mark.parametrize("name", ["", "<script>", "ada lovelace\u202e", "x" * 400, "ä@ü.example", "a\x00b"])
def test_any_name_becomes_an_account_that_can_be_managed(provider: OpenIdProvider, browser: Client, name: str) -> None:
    provider.person.update(preferred_username=name, name=f"{name}\x00\n", groups=[VIEWERS])

    go_through(browser, provider)

    User.objects.get().clean_fields(exclude=["password"])
    assert is_in(browser)


def test_it_has_no_password_here(provider: OpenIdProvider, browser: Client) -> None:
    provider.person["groups"] = [VIEWERS]
    go_through(browser, provider)

    assert "You sign in with Microsoft" in text_of(browser.get("/accounts/"))
    assert browser.get("/accounts/password/").status_code == 403
    assert browser.get("/accounts/second-factor/").status_code == 403
    assert sign_in(Client(), "", name="ada@example.com").status_code == 200


GOOD = {"tenant_id": TENANT, "client_id": CLIENT, "client_secret": "s3cret-value", "role_groups": [f"Viewer={VIEWERS}"]}


def parsed(**values: object) -> EntraSettings | None:
    return parse_entra(**{**GOOD, "login_url": "https://login.example", **values})


def test_groups_are_read_from_the_environment() -> None:
    found = parsed(role_groups=[f"Viewer = {VIEWERS.upper()}", f"Manager={MANAGERS}", f"Operator={VIEWERS}"])

    assert found.roles == {VIEWERS: {"Viewer", "Operator"}, MANAGERS: {"Manager"}}
    assert "s3cret-value" not in repr(found)


def test_without_any_of_them_there_is_none() -> None:
    assert parsed(tenant_id="", client_id="", client_secret="", role_groups=[]) is None


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"tenant_id": ""}, "ENTRA_TENANT_ID is not set"),
        ({"client_secret": ""}, "ENTRA_CLIENT_SECRET is not set"),
        ({"tenant_id": "common"}, "ENTRA_TENANT_ID must be a GUID"),
        ({"tenant_id": f"{TENANT}/../x"}, "ENTRA_TENANT_ID must be a GUID"),
        ({"client_id": "my app"}, "ENTRA_CLIENT_ID must be a GUID"),
        ({"role_groups": []}, "ENTRA_ROLE_GROUPS is not set"),
        ({"role_groups": ["Viewer"]}, "ENTRA_ROLE_GROUPS: “Viewer” is not understood"),
        ({"role_groups": [f"viewer={VIEWERS}"]}, "is not understood"),
        ({"role_groups": ["Manager=All Managers"]}, "is not understood"),
    ],
)
def test_a_setting_that_is_not_understood_stops_the_start(values: dict, words: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=words):
        parsed(**values)
