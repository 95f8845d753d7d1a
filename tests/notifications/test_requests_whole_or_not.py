"""The mails of a request of Send Reports are queued all or not at all, and what is said of it is true."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django_q.models import OrmQ

from intacct_usage.lib import clock
from notifications import report_delivery
from notifications.models import OutgoingEmail, ReportRequest
from notifications.report_requests import ask_for_reports, forgotten_request_ids, make_reports_of
from tests.notifications.mailing import graph_configuration
from usage.periods import ALL_DATA
from usage.reports import ReportFormat, ReportScope

pytestmark = pytest.mark.django_db


def ask() -> ReportRequest:
    configurations = [graph_configuration(), graph_configuration()]
    return ask_for_reports(configurations, [], ReportFormat.CSV, ReportScope(None, ALL_DATA), asked_by="ann")


def break_second_insert(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    real, calls = report_delivery.queue_report_email, []

    def queue(*arguments: object, **options: object) -> OutgoingEmail:
        calls.append(arguments)
        if len(calls) == 2:
            raise error
        return real(*arguments, **options)

    monkeypatch.setattr(report_delivery, "queue_report_email", queue)


def tasks() -> list[str]:
    return [entry.task["func"].rpartition(".")[2] for entry in OrmQ.objects.order_by("pk")]


def test_a_request_whose_database_fails_half_way_is_made_whole_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ask()
    break_second_insert(monkeypatch, OperationalError("database is locked"))

    with pytest.raises(OperationalError):
        make_reports_of(asked.pk)

    asked.refresh_from_db()
    assert (OutgoingEmail.objects.count(), asked.state, tasks()) == (0, "making", ["make_requested_reports"])
    past = clock.now() - timedelta(minutes=5)
    ReportRequest.objects.update(asked_at=past, lease_until=past)
    assert forgotten_request_ids() == [asked.pk]
    assert len(make_reports_of(asked.pk)) == OutgoingEmail.objects.count() == 2
    asked.refresh_from_db()
    assert (asked.state, tasks()) == ("queued", ["make_requested_reports", "deliver_email", "deliver_email"])


def test_of_a_request_that_failed_half_way_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ask()
    break_second_insert(monkeypatch, RuntimeError("no"))

    assert make_reports_of(asked.pk) == []

    asked.refresh_from_db()
    assert (OutgoingEmail.objects.count(), asked.state, tasks()) == (0, "failed", ["make_requested_reports"])
    assert asked.message == (
        "The reports could not be made (RuntimeError). Nothing was sent; the log holds the details."
    )


def test_an_attempt_that_was_taken_over_queues_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, real = ask(), report_delivery.make_reports

    def taken_over(mailing: report_delivery.ReportMailing) -> report_delivery.MadeReports:
        ReportRequest.objects.update(attempts=2)
        return real(mailing)

    monkeypatch.setattr("notifications.report_requests.make_reports", taken_over)

    assert make_reports_of(asked.pk) == []
    assert not OutgoingEmail.objects.exists()
