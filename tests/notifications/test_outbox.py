"""A mail is queued once, sent by one claim, and never sent twice by a crash; doubt is on record."""

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from intacct_usage.simulator.mail import MailSink
from intacct_usage.simulator.mail_script import MailScript, Stage, drop, hang
from intacct_usage.simulator.scripted_mail import ScriptedMailServer
from notifications import delivery, delivery_records
from notifications.delivery import deliver
from notifications.delivery_records import LeaseLostError
from notifications.models import DeliveryAttempt, OutgoingEmail
from notifications.outbox import due_ids, reap_abandoned, send_again
from tests.databases import database_url
from tests.notifications.mailing import allow, queued_alert, smtp_configuration

pytestmark = pytest.mark.django_db


def let_lease_end(email: OutgoingEmail) -> None:
    OutgoingEmail.objects.filter(pk=email.pk).update(lease_until=timezone.now() - timedelta(hours=1))


@pytest.fixture
def sink(settings, tmp_path):
    with MailSink(tmp_path / "mail") as server:
        allow(settings, server.address)
        yield server


def test_a_mail_delivered_twice_is_sent_once(sink) -> None:
    email = queued_alert(smtp_configuration(sink))

    states = [deliver(email.pk).state for _ in range(3)]

    assert (states, len(sink.messages())) == (["sent", "sent", "sent"], 1)


def test_a_stored_recipient_that_todays_rules_refuse_ends_the_mail_in_failure(sink) -> None:
    email = queued_alert(smtp_configuration(sink))
    OutgoingEmail.objects.filter(pk=email.pk).update(recipients={"to": ["Ann <ann@no domain>"], "cc": [], "bcc": []})

    ended = deliver(email.pk)

    assert (ended.state, list(sink.messages())) == ("failed", [])
    assert "“[address] domain” has no valid domain" in ended.message


@pytest.mark.django_db(transaction=True)
def test_of_two_deliveries_at_once_one_sends(sink) -> None:
    email = queued_alert(smtp_configuration(sink))
    ready = threading.Barrier(4)

    def work() -> None:
        ready.wait()
        deliver(email.pk)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    email.refresh_from_db()
    assert (email.state, email.attempts, len(sink.messages())) == ("sent", 1, 1)


def test_a_death_between_acceptance_and_commit_leaves_unknown_and_no_second_mail(sink, monkeypatch) -> None:
    email = queued_alert(smtp_configuration(sink))
    monkeypatch.setattr(delivery, "record_receipt", _die)

    with pytest.raises(SystemExit):
        deliver(email.pk)
    monkeypatch.undo()
    let_lease_end(email)
    reaped = [reap_abandoned(), reap_abandoned()]
    email = deliver(email.pk)

    assert (reaped, email.state, len(sink.messages())) == ([1, 0], "unknown", 1)
    assert [attempt.outcome for attempt in email.delivery_attempts.all()] == ["unknown"]
    assert "may have been sent" in email.message


def _die(*_args: object, **_fields: object) -> None:
    raise SystemExit


def test_a_death_before_the_handover_leaves_a_mail_that_is_sent_once(sink, monkeypatch) -> None:
    email = queued_alert(smtp_configuration(sink))
    monkeypatch.setattr(delivery, "begin_handover", _die)
    with pytest.raises(SystemExit):
        deliver(email.pk)
    monkeypatch.undo()

    let_lease_end(email)
    reap_abandoned()
    email = deliver(email.pk)

    assert (email.state, len(sink.messages())) == ("sent", 1)


def test_a_claim_that_was_taken_away_hands_nothing_over(sink, monkeypatch) -> None:
    email = queued_alert(smtp_configuration(sink))
    real = delivery.begin_handover

    def reaped_meanwhile(held: OutgoingEmail, part: object) -> None:
        let_lease_end(held)
        reap_abandoned()
        real(held, part)

    monkeypatch.setattr(delivery, "begin_handover", reaped_meanwhile)
    email = deliver(email.pk)

    assert (email.state, len(sink.messages())) == ("pending", 0)


def test_a_stale_claim_writes_nothing(sink) -> None:
    email = queued_alert(smtp_configuration(sink))
    stale = OutgoingEmail.objects.claim(email.pk, owner="one", lease_seconds=60)
    let_lease_end(email)
    reap_abandoned()
    OutgoingEmail.objects.claim(email.pk, owner="two", lease_seconds=60)

    with pytest.raises(LeaseLostError):
        delivery_records.close_email(stale, None, None)

    email.refresh_from_db()
    assert (email.state, email.lease_owner, email.lease_token) == ("sending", "two", 2)


def test_a_mail_that_is_being_sent_is_neither_due_nor_reaped(sink) -> None:
    email = queued_alert(smtp_configuration(sink))
    assert due_ids() == [email.pk]

    OutgoingEmail.objects.claim(email.pk, owner="one", lease_seconds=60)

    assert (due_ids(), reap_abandoned()) == ([], 0)


def test_sending_again_is_a_new_mail_and_pressing_twice_is_one(settings) -> None:
    scripts = [MailScript.of(drop(Stage.DOT, accepting=True)), MailScript()]
    with ScriptedMailServer(scripts) as server:
        allow(settings, server.address)
        first = deliver(queued_alert(smtp_configuration(server)).pk)
        again = [send_again(first, "Ann"), send_again(first, "Ann")]
        deliver(again[0].pk)

    again[0].refresh_from_db()
    assert (first.state, again[0].pk == again[1].pk, again[0].state) == ("unknown", True, "sent")
    assert (again[0].resend_of_id, again[0].asked_by) == (first.pk, "Ann")
    ids = {message.raw.partition(b"Message-ID: ")[2].partition(b"\r\n")[0] for message in server.taken()}
    assert len(ids) == 2


def test_a_mail_under_way_cannot_be_sent_again(sink) -> None:
    with pytest.raises(ValueError, match="no longer under way"):
        send_again(queued_alert(smtp_configuration(sink)), "Ann")


def test_one_failing_configuration_does_not_stop_the_others(settings, sink) -> None:
    with ScriptedMailServer(MailScript.of(hang(Stage.EHLO))) as broken:
        allow(settings, broken.address)
        emails = [queued_alert(smtp_configuration(server)) for server in (sink, broken, sink)]

        states = [deliver(email.pk, stage_seconds=2.0).state for email in emails]

    assert (states, len(sink.messages())) == (["sent", "pending", "sent"], 2)


def test_an_attempt_on_record_cannot_be_changed(sink) -> None:
    email = deliver(queued_alert(smtp_configuration(sink)).pk)
    attempt = email.delivery_attempts.get()

    attempt.outcome = DeliveryAttempt.Outcome.FAILED
    with pytest.raises(TypeError, match="cannot be changed"):
        attempt.save()


def test_an_error_of_our_own_closes_the_mail_and_says_so(sink, monkeypatch) -> None:
    email = queued_alert(smtp_configuration(sink))

    def broken(*_args: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(delivery, "compose", broken)
    email = deliver(email.pk)

    assert (email.state, email.message) == ("failed", "prepare: An error in this program; see the log.")


KILLED = """
import os, sys, django
django.setup()
from django.db import connection
from notifications import delivery
delivery.record_receipt = lambda *args, **fields: os.kill(os.getpid(), 9)
delivery.deliver(int(sys.argv[1]))
"""


@pytest.mark.django_db(transaction=True)
def test_a_process_killed_between_acceptance_and_commit_leaves_unknown(sink) -> None:
    email = queued_alert(smtp_configuration(sink))
    environment = {
        **os.environ,
        "OUTBOUND_ALLOW": sink.address,
        "DATABASE_URL": database_url(),
    }

    killed = subprocess.run([sys.executable, "-c", KILLED, str(email.pk)], env=environment, capture_output=True)
    email.refresh_from_db()
    state_at_death = email.state
    let_lease_end(email)
    reap_abandoned()
    email = deliver(email.pk)

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert (state_at_death, email.state, len(sink.messages())) == ("sending", "unknown", 1)
