"""Programs with tokens."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.test import Client

from intacct_usage.api.models import ApiToken
from intacct_usage.api.tokens import create_token


@pytest.fixture(autouse=True)
def _no_calls_counted() -> None:
    cache.clear()


def make_owner(role: str = "Operator", **fields: object) -> User:
    owner = User.objects.create_user(f"owner-{User.objects.count()}", **fields)
    if role:
        owner.groups.add(Group.objects.get(name=role))
    return owner


def make_token(role: str = "Operator", *, scope: str = "read", days: int = 30) -> tuple[ApiToken, str]:
    return create_token(make_owner(role), name="Data warehouse", scope=scope, days=days, by="admin")


class Caller:
    """A program that holds a token."""

    def __init__(self, text: str) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {text}"}, raise_request_exception=False)

    def get(self, address: str, **parameters: object) -> Any:
        return self.client.get(f"/api/v1/{address}", parameters)

    def post(self, address: str) -> Any:
        return self.client.post(f"/api/v1/{address}")

    def items(self, address: str, **parameters: object) -> list[dict[str, Any]]:
        answer = self.get(address, **parameters)
        assert answer.status_code == 200, answer.content
        return answer.json()["items"]

    def all_items(self, address: str, **parameters: object) -> list[dict[str, Any]]:
        """Page by page to the end."""
        found, after = [], ""
        while after is not None:
            page = self.get(address, after=after, **parameters).json()
            found, after = [*found, *page["items"]], page["next"]
        return found


@pytest.fixture
def reader(db: None) -> Caller:
    return Caller(make_token()[1])


@pytest.fixture
def runner(db: None) -> Caller:
    return Caller(make_token(scope="run")[1])


CallerAs = Callable[..., Caller]
