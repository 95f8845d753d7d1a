"""Programs that die while they send: doubt only where a message was handed over; no mail kills worker after worker."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from intacct_usage.simulator.mail import MailSink
from intacct_usage.simulator.mail_script import MailScript, Stage, hang
from intacct_usage.simulator.scripted_mail import ScriptedMailServer
from notifications import delivery
from notifications.delivery import deliver
from notifications.models import OutgoingEmail
from notifications.outbox import EmailDraft, due_ids, queue_email, reap_abandoned
from tests.databases import database_url
from tests.notifications.mailing import allow, queued_alert, smtp_configuration

pytestmark = pytest.mark.django_db

SENDER = """
import sys, django
django.setup()
from notifications.tasks import deliver_email
deliver_email(int(sys.argv[1]))
"""


def let_lease_end(email: OutgoingEmail) -> None:
    OutgoingEmail.objects.filter(pk=email.pk).update(lease_until=timezone.now() - timedelta(hours=1))


def die(*_args: object, **_fields: object) -> None:
    raise SystemExit


def start_sender(email: OutgoingEmail, server: ScriptedMailServer) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "OUTBOUND_ALLOW": server.address, "DATABASE_URL": database_url()}
    return subprocess.Popen([sys.executable, "-c", SENDER, str(email.pk)], env=environment)


def wait_until(condition: object) -> None:
    ends_at = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < ends_at
        time.sleep(0.02)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("stage", "state_of_first", "sent_afterwards"), [(Stage.DOT, "unknown", 0), (Stage.RCPT, "pending", 1)]
)
def test_a_sender_killed_from_outside(settings, stage, state_of_first, sent_afterwards) -> None:
    scripts = [MailScript.of(hang(stage, accepting=stage is Stage.DOT)), MailScript()]
    with ScriptedMailServer(scripts) as server:
        allow(settings, server.address)
        email = queued_alert(smtp_configuration(server))
        sender = start_sender(email, server)
        wait_until(lambda: server.sessions() and server.sessions()[0].reached >= stage)
        sender.kill()
        assert sender.wait(30) == -signal.SIGKILL
        let_lease_end(email)
        reap_abandoned()
        email.refresh_from_db()
        last = deliver(email.pk, stage_seconds=20.0)

    assert email.state == state_of_first
    assert last.state == ("sent" if sent_afterwards else "unknown")
    assert len(server.taken()) == 1
    assert len(server.sessions()) == 1 + sent_afterwards


def test_a_mail_that_ends_its_program_three_times_has_failed_and_says_so(settings, tmp_path, monkeypatch) -> None:
    with MailSink(tmp_path / "mail") as sink:
        allow(settings, sink.address)
        email = queued_alert(smtp_configuration(sink))
        monkeypatch.setattr(delivery, "compose", die)
        for _ in range(5):
            try:
                deliver(email.pk)
            except SystemExit:
                let_lease_end(email)
                reap_abandoned()

    email.refresh_from_db()
    assert (email.state, email.attempts, due_ids(), sink.messages()) == ("failed", 3, [], ())
    assert "ended three times before anything was handed over" in email.message
    assert [attempt.stage for attempt in email.delivery_attempts.all()] == ["prepare"] * 3


def queued_test(configuration: object) -> OutgoingEmail:
    content = {"lines": ["A test."], "made_at": "now", "site_url": "http://testserver"}
    return queue_email(configuration, EmailDraft("test:1", OutgoingEmail.Kind.TEST, "Test", content))


def test_a_test_is_never_sent_by_the_worker_for_its_values_may_not_be_stored(settings, tmp_path) -> None:
    with MailSink(tmp_path / "mail") as sink:
        allow(settings, sink.address)
        email = queued_test(smtp_configuration(sink, saved=False))
        waiting = due_ids()
        OutgoingEmail.objects.claim(email.pk, owner="a web process that died", lease_seconds=60)
        let_lease_end(email)
        reap_abandoned()

    email.refresh_from_db()
    assert (waiting, due_ids(), sink.messages()) == ([], [], ())
    assert (email.state, email.message) == (
        "failed",
        "prepare: The program ended before the test was sent; test again.",
    )


def test_a_test_that_was_queued_and_forgotten_does_not_stay_pending(settings, tmp_path) -> None:
    with MailSink(tmp_path / "mail") as sink:
        young, old = (queued_alert(smtp_configuration(sink)) for _ in range(2))
        long_ago = timezone.now() - timedelta(minutes=11)
        OutgoingEmail.objects.filter(pk=old.pk).update(kind="test", created_at=long_ago)
        OutgoingEmail.objects.filter(pk=young.pk).update(kind="test")

        reap_abandoned()

    assert [OutgoingEmail.objects.get(pk=email.pk).state for email in (young, old)] == ["pending", "failed"]
