"""Every answer says what it is and in which characters (ASVS 4.1.1)."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.security.canaries import addresses
from tests.security.installation import fill_installation

pytestmark = pytest.mark.django_db


def test_every_answer_names_its_type_and_its_characters() -> None:
    fill_installation("A name")
    root = Client()
    root.force_login(User.objects.create_superuser("root"))

    types = {address: root.get(address).headers.get("Content-Type", "") for address in [*addresses(), "/no-such-page/"]}

    assert len(types) > 60
    text = {
        address: kind for address, kind in types.items() if kind.startswith(("text/", "application/xml")) or not kind
    }
    assert {address: kind for address, kind in text.items() if "charset=utf-8" not in kind.lower()} == {}
    assert set(types.values()) - set(text.values()) <= {
        "application/json",
        "application/json; charset=utf-8",
        "application/x-ndjson",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }
