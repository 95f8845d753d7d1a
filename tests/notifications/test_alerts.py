"""Alerts and reminders reach the chosen configurations once."""

from datetime import date, timedelta

import pytest

from intacct_usage.simulator.mail import MailSink
from notifications.alerts import queue_alert, queue_secret_reminders
from notifications.delivery import deliver
from notifications.models import OutgoingEmail
from notifications.outbox import send_again
from notifications.recipients import Recipients
from tests.notifications.mailing import allow, graph_configuration, smtp_configuration

pytestmark = pytest.mark.django_db
EXPIRY = date(2026, 12, 31)


def test_an_alert_is_mailed_once_per_configuration_and_key(settings, tmp_path) -> None:
    with MailSink(tmp_path / "mail") as sink:
        allow(settings, sink.address)
        configurations = [smtp_configuration(sink), smtp_configuration(sink)]
        lines = ["The schedule “Nightly” did not run at 02:30.", "<b>Check</b> that the worker runs."]
        for _ in range(2):
            emails = queue_alert(configurations, "Nightly did not run\r\nBcc: x", lines, dedupe_key="missed:1")
        states = [deliver(email.pk).state for email in emails]

    message = sink.messages()[0].parsed()
    assert (states, OutgoingEmail.objects.filter(kind="alert").count()) == (["sent", "sent"], 2)
    assert message["Subject"] == "Nightly did not run Bcc: x"
    assert "The schedule “Nightly” did not run at 02:30." in message.get_body(("plain",)).get_content()
    assert "&lt;b&gt;Check&lt;/b&gt;" in message.get_body(("html",)).get_content()


def test_an_expiring_secret_is_mentioned_thirty_seven_and_one_days_before() -> None:
    graph_configuration(name="Graph", secret_expires_on=EXPIRY)
    graph_configuration(name="No expiry")

    mailed_on = [
        (EXPIRY - day).days
        for day in (EXPIRY - timedelta(days=days) for days in range(40, -5, -1))
        if _new_reminders(day)
    ]

    assert mailed_on == [30, 7, 1]
    assert OutgoingEmail.objects.first().subject == "The client secret of Graph expires on 31 December 2026"


def _new_reminders(day: date) -> int:
    before = OutgoingEmail.objects.count()
    queue_secret_reminders(day)
    return OutgoingEmail.objects.count() - before


def test_a_reminder_goes_to_the_first_recipients_only_for_customers_may_stand_in_bcc() -> None:
    configuration = graph_configuration(secret_expires_on=EXPIRY, cc="dan@demo.example")

    [email] = queue_secret_reminders(EXPIRY - timedelta(days=7))

    assert email.recipients_parsed() == Recipients(configuration.recipients.to)


def test_a_reminder_sent_again_goes_to_the_first_recipients_only_too() -> None:
    configuration = graph_configuration(secret_expires_on=EXPIRY, cc="dan@demo.example")
    [email] = queue_secret_reminders(EXPIRY - timedelta(days=7))
    OutgoingEmail.objects.filter(pk=email.pk).update(state="failed")
    email.refresh_from_db()

    again = send_again(email, "Ann")

    assert again.recipients_parsed() == Recipients(configuration.recipients.to)
