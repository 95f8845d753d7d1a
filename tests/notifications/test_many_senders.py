"""Several processes empty one outbox: every mail leaves once, and the folder of the receiving server proves it."""

import os
import subprocess
import sys
from collections import Counter
from email import message_from_bytes

import pytest

from intacct_usage.simulator.mail import MailSink
from notifications.models import DeliveryAttempt, OutgoingEmail
from tests.databases import database_url
from tests.notifications.mailing import allow, queued_alert, smtp_configuration

pytestmark = pytest.mark.django_db(transaction=True)
PROCESSES, MAILS = 3, 30

WORKER = """
import django
django.setup()
from notifications.outbox import due_ids, reap_abandoned
from notifications.tasks import deliver_email
while due := due_ids():
    reap_abandoned()
    for pk in due:
        deliver_email(pk)
"""


def test_each_mail_of_a_shared_outbox_is_accepted_once(settings, tmp_path) -> None:
    with MailSink(tmp_path / "mail") as sink:
        allow(settings, sink.address)
        configuration = smtp_configuration(sink)
        for number in range(MAILS):
            queued_alert(configuration, f"Mail {number}")
        environment = {**os.environ, "OUTBOUND_ALLOW": sink.address, "DATABASE_URL": database_url()}
        started = [subprocess.Popen([sys.executable, "-c", WORKER], env=environment) for _ in range(PROCESSES)]
        assert [process.wait(300) for process in started] == [0] * PROCESSES

    kept = [message_from_bytes(path.read_bytes()) for path in sorted(sink.folder.glob("*.eml"))]
    attempts = DeliveryAttempt.objects.filter(outcome="sent")
    assert set(OutgoingEmail.objects.values_list("state", "attempts")) == {("sent", 1)}
    assert Counter(message["Subject"] for message in kept) == Counter(f"Mail {number}" for number in range(MAILS))
    assert sorted(message["Message-ID"] for message in kept) == sorted(attempt.message_id for attempt in attempts)
