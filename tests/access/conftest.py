"""People who sign in for real; a quick password hasher, because these tests sign in often."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.access.people import PASSWORD
from tests.web.conftest import client_as

__all__ = ["client_as"]


@pytest.fixture(autouse=True)
def _quick_hashes(settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def ada(db) -> User:
    return User.objects.create_user("ada", password=PASSWORD)


@pytest.fixture
def browser() -> Client:
    return Client(headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"})
