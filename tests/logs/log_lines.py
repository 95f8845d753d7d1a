"""Lines for tests of the page: plain rows, one second apart."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.test import Client

from intacct_usage.logs.models import LogEntry

START = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


def say(*messages: str, level: str = "INFO", at: datetime | None = None, **about: object) -> list[LogEntry]:
    first = at or START + timedelta(seconds=LogEntry.objects.count())
    return [
        LogEntry.objects.create(
            at=first + timedelta(seconds=number), level=level, logger="usage.fetching.lane", message=message, **about
        )
        for number, message in enumerate(messages)
    ]


def sign_in(role: str) -> Client:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns where nothing was collected yet
    user = User.objects.create_user(f"someone-{role}")
    if role:
        user.groups.add(Group.objects.get(name=role))
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


@pytest.fixture
def viewer(db: None) -> Client:
    return sign_in("Viewer")
