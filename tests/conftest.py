"""What holds for every test: database-bound tests are marked, caches that outlive a rollback are emptied."""

from collections.abc import Iterator
from typing import Any
from unittest import mock

import hypothesis
import pytest
import pytest_django
from django.apps import AppConfig, apps
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.models.signals import post_migrate

from intacct_usage.context import KEY_WARNING
from intacct_usage.lib import redaction
from intacct_usage.roles import create_roles
from tests.worlds import make_world
from usage.records.signatures import forget_known_signatures

__all__ = ["make_world"]

# How long an example takes, or making one, says something about the machine and nothing about the product.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")

DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup", "live_server", "admin_client", "client_as"}


def pytest_configure() -> None:
    """Pages name their assets plainly: fingerprints need `collectstatic`, which one test runs for itself."""
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns without it


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the database, so that `.ci/run` can repeat exactly that on PostgreSQL."""
    for item in items:
        needs_database = DATABASE_FIXTURES & set(getattr(item, "fixturenames", ()))
        if needs_database or item.get_closest_marker("django_db"):
            item.add_marker("database")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> None:
    """Tests with real transactions empty the tables afterwards, by DELETE on SQLite: the audit record must let them."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER IF EXISTS audit_event_not_deleted")
    post_migrate.connect(_roles_off_the_record, dispatch_uid="tests.create_roles", weak=False)
    post_migrate.disconnect(dispatch_uid="intacct_usage.create_roles", sender=apps.get_app_config("intacct_usage"))


def _roles_off_the_record(sender: AppConfig, **signal: Any) -> None:
    """Emptying the tables ends with making the roles anew; on record that would be for tests that run afterwards."""
    if sender.label == "intacct_usage":
        with mock.patch("intacct_usage.audit.watching.record"):
            create_roles(sender, **signal)


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """Signatures outlive a rollback; the look at the stored secrets would count as queries of the first page."""
    forget_known_signatures()
    cache.set(KEY_WARNING, "", None)


@pytest.fixture(autouse=True)
def _secrets_of_this_test_only() -> Iterator[None]:
    """A process keeps secrets out of its texts for ever; "wrong", somebody's password, is a word in the next test."""
    before = set(redaction._registry._values)
    yield
    for value in redaction._registry._values - before:
        redaction.forget(value)
