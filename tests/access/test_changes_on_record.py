"""Every address that changes something leaves a row in the audit record, with who did it. None is left out."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client

from intacct_usage.audit.models import AuditEvent
from tests.access.changes import CHANGES, Site
from tests.access.matrix_rows import make_rows
from tests.access.people import PASSWORD
from tests.access.test_role_matrix import TABLE, WRITE, filled
from tests.web.posting import post

CHANGES_NOTHING = {
    "configuration/proxy/test/": "tries what is typed and keeps nothing",
    "configuration/filters/preview/": "counts",
    "reports/workbooks/make/<slug:report>/": "has a file made for oneself; taking it is on record as a download",
    "schedules/preview/": "shows the next times",
    "schedules/sizes/": "estimates",
    "schedules/<int:pk>/later/": "puts a reminder away, in one's own session",
    "accounts/second-factor/": "makes a secret that counts only once it is confirmed",
}


@pytest.fixture
def site(db, settings, tmp_path) -> Iterator[Site]:
    settings.DATA_DIR = tmp_path
    make_rows()
    user = User.objects.create_superuser("ada", password=PASSWORD)
    client = Client()
    client.force_login(user)
    site = Site(client, user, settings, tmp_path, [])
    yield site
    for server in site.running:
        server.__exit__(None, None, None)


def test_every_address_that_takes_a_form_is_named() -> None:
    taking = {address for address, (_, methods) in TABLE.items() if methods >= WRITE}

    assert taking == CHANGES.keys() | CHANGES_NOTHING.keys()


@pytest.mark.parametrize("address", CHANGES)
def test_a_change_is_on_record(site: Site, address: str) -> None:
    action, prepare = CHANGES[address]
    form = prepare(site)
    before = AuditEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0

    answer = post(site.client, filled(address), **form)

    added = AuditEvent.objects.filter(pk__gt=before)
    assert answer.status_code in (200, 302), answer
    assert action in {event.action for event in added}, answer.content.decode()[-4000:]
    assert {event.actor for event in added} <= {"ada", "root", "not signed in"}
    assert "canary" not in str(list(added.values()))


@pytest.mark.parametrize("address", CHANGES)
def test_looking_at_it_changes_nothing(site: Site, address: str) -> None:
    before = AuditEvent.objects.count()

    answer = site.client.get(filled(address))

    assert answer.status_code in (200, 302, 404, 405)
    assert AuditEvent.objects.count() == before
