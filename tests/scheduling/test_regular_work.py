"""What happens by itself every minute: reminders of secrets, alerts of what did not run, files past their time."""

import os
from datetime import timedelta

import pytest
from django_q.models import OrmQ

from intacct_usage.lib import clock
from notifications.models import OutgoingEmail
from notifications.report_files import new_folder, reports_folder
from scheduling import pruning
from scheduling.dispatch import dispatch_due
from scheduling.run_requests import run_now
from scheduling.tasks import regular_work
from scheduling.tick import tick
from tests.notifications.mailing import graph_configuration, queued_alert
from tests.scheduling.schedules import DUE, make_configuration, make_schedule

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _own_data_dir(settings, tmp_path, monkeypatch) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(pruning._LastTime, "monotonic", None)


def queued_functions() -> list[str]:
    return [task.func() for task in OrmQ.objects.all()]


def test_a_secret_about_to_expire_is_told_of_and_the_mail_is_handed_to_the_worker() -> None:
    graph_configuration(name="Graph", secret_expires_on=clock.today() + 7 * DAY)

    for _ in range(3):
        regular_work()

    reminder = OutgoingEmail.objects.get()
    assert reminder.subject.startswith("The client secret of Graph expires on ")
    assert "notifications.tasks.deliver_email" in queued_functions()


def test_mails_whose_task_was_lost_are_handed_over_again() -> None:
    queued_alert(graph_configuration())

    tick()

    assert queued_functions().count("notifications.tasks.deliver_email") == 1


def test_mailed_files_past_their_time_are_removed_and_younger_ones_are_not() -> None:
    old, young = new_folder(), new_folder()
    os.utime(old, (0, 0))

    tick()

    assert list(reports_folder().iterdir()) == [young]


def test_a_schedule_that_did_not_run_is_told_of_once() -> None:
    schedule = make_schedule(kind="weekly", timing="mon@02:30")
    schedule.alerts.add(make_configuration("Operations"))
    type(schedule).objects.update(enabled=True, next_run_at=DUE)

    for _ in range(2):
        dispatch_due(DUE + 16 * DAY)

    alert = OutgoingEmail.objects.get()
    assert (alert.kind, alert.configuration_name, alert.subject) == ("alert", "Operations", "Nightly: Missed")
    assert alert.content["lines"] == [
        "Nightly, due 2026-03-16 02:30 (UTC): Missed.",
        "3 times missed while the service was down.",
        "No reports were sent.",
        "If it fails in the same way again, you are told again after four hours.",
    ]
    assert "notifications.tasks.deliver_email" in queued_functions()


def test_reports_only_are_handed_to_the_worker_at_the_next_step() -> None:
    schedule = make_schedule(mode="reports_only", reports=["summary"])
    schedule.emails.set([make_configuration()])
    run_now(schedule, by="ann")

    for _ in range(2):
        tick(thoroughly=False)

    assert queued_functions() == ["scheduling.tasks.make_reports"]
