"""Twenty mailings an hour by hand are the most for one person, however they are asked for."""

import pytest

from intacct_usage.lib.refusals import TooManyRequestsError
from notifications.models import OutgoingEmail, ReportRequest
from notifications.outbox import send_again
from notifications.report_requests import ask_for_reports, make_reports_of
from tests.notifications.mailing import queued_alert, smtp_configuration
from usage.periods import ALL_DATA
from usage.reports import ReportFormat, ReportScope

pytestmark = pytest.mark.django_db


class Nowhere:
    port = 1


def ask(person: str) -> ReportRequest:
    configurations = [smtp_configuration(Nowhere), smtp_configuration(Nowhere)]
    return ask_for_reports(configurations, [], ReportFormat.CSV, ReportScope(None, ALL_DATA), asked_by=person)


def end(email: OutgoingEmail) -> None:
    OutgoingEmail.objects.filter(pk=email.pk).update(state="failed")
    email.refresh_from_db()


def test_requests_that_the_worker_has_not_made_yet_count() -> None:
    for _ in range(20):
        ask("ann")

    with pytest.raises(TooManyRequestsError):
        ask("ann")
    ask("bob")


def test_a_request_counts_once_before_and_after_it_was_made() -> None:
    for number in range(20):
        request = ask("ann")
        if number % 2:
            make_reports_of(request.pk)

    assert OutgoingEmail.objects.count() == 20
    with pytest.raises(TooManyRequestsError):
        ask("ann")


def test_sending_one_mail_again_and_again_counts_each_time() -> None:
    email = queued_alert(smtp_configuration(Nowhere))
    end(email)
    for _ in range(20):
        end(send_again(email, "ann"))

    with pytest.raises(TooManyRequestsError):
        send_again(email, "ann")
    with pytest.raises(TooManyRequestsError):
        ask("ann")
