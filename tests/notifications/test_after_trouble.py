"""After trouble in the middle of a mail: what is certain not to have gone out goes out later, and doubt stays doubt."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from intacct_usage.simulator.mail import MailSink
from notifications import delivery
from notifications.delivery import deliver
from notifications.models import EmailPart, OutgoingEmail
from notifications.outbox import reap_abandoned
from notifications.report_files import StoredFile
from tests.notifications.mailing import allow, make_due, queued_alert, queued_report, smtp_configuration, stored_csv

pytestmark = pytest.mark.django_db


@pytest.fixture
def sink(settings, tmp_path) -> Iterator[MailSink]:
    with MailSink(tmp_path / "mail") as server:
        allow(settings, server.address)
        yield server


def in_three_messages(sink: MailSink) -> OutgoingEmail:
    files: list[StoredFile] = [stored_csv([f'"C{number}","row"']) for number in (1, 2, 3)]
    email = queued_report(smtp_configuration(sink), *files)
    for number, stored in enumerate(files, start=1):
        EmailPart.objects.create(
            email=email, number=number, count=3, message_id=f"<{number}@test>", attachments=[stored.as_json()]
        )
    return email


def states(email: OutgoingEmail) -> list[str]:
    return list(email.parts.order_by("number").values_list("state", flat=True))


def failing_once(monkeypatch: pytest.MonkeyPatch, name: str, error: BaseException, *, at_call: int = 1) -> None:
    """The function of `delivery` raises at one of its calls and works at the others."""
    real, calls = getattr(delivery, name), iter(range(1, 1000))

    def sometimes(*args: object, **fields: object) -> object:
        if next(calls) == at_call:
            raise error
        return real(*args, **fields)

    monkeypatch.setattr(delivery, name, sometimes)


def test_a_death_in_doubt_over_one_message_does_not_keep_back_the_others(sink, monkeypatch) -> None:
    email = in_three_messages(sink)
    failing_once(monkeypatch, "record_receipt", SystemExit(), at_call=2)

    with pytest.raises(SystemExit):
        deliver(email.pk)
    OutgoingEmail.objects.filter(pk=email.pk).update(lease_until=timezone.now() - timedelta(hours=1))
    reap_abandoned()
    email = deliver(email.pk)

    assert (states(email), len(sink.messages())) == (["sent", "unknown", "sent"], 3)
    assert email.state == "unknown"
    assert "Message 2 of 3: The program ended while the message was being handed over" in email.message


def test_a_database_that_is_away_for_a_moment_costs_no_mail(sink, monkeypatch) -> None:
    email = queued_alert(smtp_configuration(sink))
    failing_once(monkeypatch, "begin_handover", OperationalError("database is locked"))

    first = deliver(email.pk)
    make_due(email)
    last = deliver(email.pk)

    assert (first.state, last.state, len(sink.messages())) == ("pending", "sent", 1)
    assert first.message.startswith("prepare: The database did not answer.")


def test_a_database_that_is_away_after_acceptance_leaves_doubt_and_no_second_mail(sink, monkeypatch) -> None:
    email = queued_alert(smtp_configuration(sink))
    failing_once(monkeypatch, "record_receipt", OperationalError("database is locked"))

    first = deliver(email.pk)
    make_due(email)
    last = deliver(email.pk)

    assert (first.state, last.state, len(sink.messages())) == ("unknown", "unknown", 1)
