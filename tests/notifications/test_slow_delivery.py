"""A mail server may be slow: a delivery has more time than an ordinary task, so it never ends the worker."""

import time
from multiprocessing import Value
from pathlib import Path
from queue import Queue

import pytest
from django_q.models import OrmQ
from django_q.worker import worker

from intacct_usage.simulator.mail import MailSink
from notifications import tasks
from notifications.delivery import deliver
from notifications.models import OutgoingEmail
from notifications.transports.base import LONGEST_HANDOVER_SECONDS, STAGE_SECONDS
from notifications.transports.smtp import RECIPIENTS_SECONDS
from tests.notifications.mailing import allow, queued_alert, smtp_configuration

pytestmark = pytest.mark.django_db
SHORT_SECONDS = 1


def slow(outgoing_email_id: int) -> OutgoingEmail:
    time.sleep(SHORT_SECONDS + 0.5)
    return deliver(outgoing_email_id)


def test_a_delivery_has_time_for_every_stage_of_a_slow_server() -> None:
    tasks.hand_to_worker([7])

    task = OrmQ.objects.get().task
    assert task["timeout"] == 15 * 60
    assert task["timeout"] > 3 * (8 * STAGE_SECONDS + RECIPIENTS_SECONDS + LONGEST_HANDOVER_SECONDS)


def test_the_limit_of_ordinary_tasks_does_not_end_a_slow_delivery(settings, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(tasks, "deliver", slow)
    with MailSink(tmp_path / "mail") as server:
        allow(settings, server.address)
        tasks.hand_to_worker([queued_alert(smtp_configuration(server)).pk])
        waiting, done = Queue(), Queue()
        waiting.put({**OrmQ.objects.get().task, "sync": True})
        waiting.put("STOP")

        worker(waiting, done, Value("f", -1), SHORT_SECONDS)

        assert done.get()["success"]
        assert len(server.messages()) == 1
