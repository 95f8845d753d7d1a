"""A wrong ENCRYPTION_KEY is told on every page, and nothing is overwritten."""

from collections.abc import Callable

from django.conf import LazySettings
from django.core.cache import cache
from django.test import Client

from intacct_usage.context import KEY_WARNING
from intacct_usage.lib.crypto import generate_key
from usage.models import ApiCredential

ClientAs = Callable[[str], Client]


def make_credential() -> ApiCredential:
    credential = ApiCredential(sender_id="sender", user_id="user")
    credential.seal("user_password", "secret")
    credential.save()
    return credential


def test_a_wrong_key_is_told_on_every_page_and_overwrites_nothing(client_as: ClientAs, settings: LazySettings) -> None:
    before = make_credential().user_password
    settings.ENCRYPTION_KEYS = [generate_key()]
    cache.delete(KEY_WARNING)

    page = client_as("Viewer").get("/").content.decode()

    assert "1 stored secret cannot be read with the present ENCRYPTION_KEY; nothing was overwritten." in page
    assert ApiCredential.objects.get().user_password == before


def test_the_right_key_is_not_worth_a_word(client_as: ClientAs) -> None:
    make_credential()
    cache.delete(KEY_WARNING)

    assert "cannot be read" not in client_as("Viewer").get("/").content.decode()
