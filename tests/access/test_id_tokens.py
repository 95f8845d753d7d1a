"""An ID token is believed only if everything about it is right."""

import time
from collections.abc import Callable, Iterator

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from intacct_usage.accounts.models import EntraIdentity
from tests.access.entra import MANAGERS, VIEWERS, go_through, set_up
from tests.access.openid_provider import CLIENT, KEY, Claims, OpenIdProvider, new_key, sign
from tests.access.people import is_in
from tests.web.posting import said

BAD = "The answer of Microsoft did not pass its checks, so nobody was signed in. Please start again."
OTHER_TENANT = "00000000-2222-3333-4444-555555555555"


@pytest.fixture
def provider(settings, db) -> Iterator[OpenIdProvider]:
    with OpenIdProvider() as provider:
        set_up(settings, provider)
        provider.person["groups"] = [VIEWERS]
        yield provider
    cache.clear()


def without(name: str) -> Callable[[Claims], Claims]:
    return lambda claims: {key: value for key, value in claims.items() if key != name}


def changed(**values: object) -> Callable[[Claims], Claims]:
    return lambda claims: {**claims, **values}


def moved(name: str, seconds: int) -> Callable[[Claims], Claims]:
    """Away from the moment of the sign-in, which may be long after that of reading this file."""
    return lambda claims: {**claims, name: int(time.time()) + seconds}


def signed_by_a_stranger(claims: Claims, provider: OpenIdProvider) -> str:
    return jwt.encode(claims, new_key(), algorithm="RS256", headers={"kid": provider.key_id})


def unsigned(claims: Claims, provider: OpenIdProvider) -> str:
    return jwt.encode(claims, None, algorithm="none", headers={"kid": provider.key_id})


def signed_with_the_public_key_as_password(claims: Claims, provider: OpenIdProvider) -> str:
    public = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return jwt.encode(claims, public, algorithm="HS256", headers={"kid": provider.key_id})


def tampered(claims: Claims, provider: OpenIdProvider) -> str:
    """The claims of a manager under the signature of a viewer."""
    head, _, signature = sign(claims, provider).split(".")
    _, body, _ = sign({**claims, "groups": [MANAGERS]}, provider).split(".")
    return f"{head}.{body}.{signature}"


def signed_with_an_unknown_key(claims: Claims, provider: OpenIdProvider) -> str:
    return jwt.encode(claims, KEY, algorithm="RS256", headers={"kid": "key-9"})


def test_a_good_one_is_believed(provider: OpenIdProvider, browser: Client) -> None:
    go_through(browser, provider)

    assert is_in(browser)


@pytest.mark.parametrize(
    "bend",
    [
        changed(iss="https://login.microsoftonline.com/evil/v2.0"),
        changed(aud="00000000-bbbb-cccc-dddd-eeeeeeeeeeee"),
        changed(aud=[CLIENT, "another"]),
        *(moved(name, seconds) for name, seconds in (("exp", -120), ("iat", 600), ("nbf", 600))),
        changed(nonce="of another sign-in"),
        changed(tid=OTHER_TENANT),
        changed(oid="not-a-guid"),
        *(without(name) for name in ("iss", "aud", "exp", "iat", "nonce", "tid", "oid", "sub")),
    ],
)
def test_one_wrong_claim_signs_nobody_in(provider: OpenIdProvider, browser: Client, bend: Callable) -> None:
    provider.bend = bend

    assert said(go_through(browser, provider)) == [BAD]
    assert not is_in(browser)
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "signer",
    [
        signed_by_a_stranger,
        unsigned,
        signed_with_the_public_key_as_password,
        tampered,
        signed_with_an_unknown_key,
        lambda claims, provider: "",
        lambda claims, provider: "a.b.c",
        lambda claims, provider: "e30." * 3,
    ],
)
def test_a_wrong_signature_signs_nobody_in(provider: OpenIdProvider, browser: Client, signer: Callable) -> None:
    provider.signer = signer

    answer = go_through(browser, provider)

    assert answer.url == "/accounts/login/"
    assert not is_in(browser)
    assert not EntraIdentity.objects.exists()


def test_clocks_may_differ_by_a_minute(provider: OpenIdProvider, browser: Client) -> None:
    provider.bend = changed(exp=int(time.time()) - 30)

    go_through(browser, provider)

    assert is_in(browser)


def test_keys_are_fetched_once_and_again_when_they_change(provider: OpenIdProvider, monkeypatch) -> None:
    for _ in range(3):
        go_through(Client(), provider)
    fetched = sum(path.endswith("/keys") for path in provider.calls)
    provider.key, provider.key_id = new_key(), "key-2"
    cache.delete(f"entra-keys-asked:{provider.url}/11111111-2222-3333-4444-555555555555/discovery/v2.0/keys")
    later = Client()
    go_through(later, provider)

    assert fetched == 1
    assert is_in(later)
    assert sum(path.endswith("/keys") for path in provider.calls) == 2


def test_unknown_keys_cannot_make_us_ask_without_end(provider: OpenIdProvider) -> None:
    provider.signer = signed_with_an_unknown_key
    for _ in range(5):
        go_through(Client(), provider)

    assert sum(path.endswith("/keys") for path in provider.calls) == 1


@pytest.mark.parametrize("overage", [{"_claim_names": {"groups": "src1"}}, {"hasgroups": True}])
def test_a_token_that_leaves_the_groups_out_is_refused_with_advice(
    provider: OpenIdProvider, browser: Client, overage: Claims
) -> None:
    provider.bend = lambda claims: {**without("groups")(claims), **overage}

    assert "Groups assigned to the application" in said(go_through(browser, provider))[0]
    assert not User.objects.exists()
