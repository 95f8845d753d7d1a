"""Send Reports: the form, its preview, the request and what becomes of it."""

import time
import uuid
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django_q.models import OrmQ

from intacct_usage.lib import clock
from notifications import report_requests
from notifications.models import EmailConfiguration, OutgoingEmail, ReportRequest
from notifications.report_delivery import MadeReports, ReportMailing
from notifications.report_requests import forgotten_request_ids, make_reports_of
from tests.factories import make_company, make_record

ClientAs = Callable[[str], Client]
SEND = reverse("notifications:send_reports")


@pytest.fixture
def finance(db) -> EmailConfiguration:
    return EmailConfiguration.objects.create(
        name="Finance",
        provider="smtp",
        host="127.0.0.1",
        port=25,
        security="none",
        from_address="a@b.example",
        to="c@d.example",
    )


def wish(configuration: EmailConfiguration, **more: object) -> dict[str, object]:
    values = {"reports": ["summary"], "report_format": "csv", "configurations": [str(configuration.pk)], "send": "1"}
    return {"once": str(uuid.uuid4()), **values, **more}


def test_sending_writes_one_request_and_wakes_the_worker(client_as: ClientAs, finance: EmailConfiguration) -> None:
    response = client_as("Operator").post(SEND, wish(finance, **{"from": "2026-01-01", "to": "2026-01-31"}))

    asked = ReportRequest.objects.get()
    assert response["Location"] == reverse("notifications:report_request", args=[asked.pk])
    assert (asked.kinds, asked.first_day, asked.last_day) == (["summary"], date(2026, 1, 1), date(2026, 1, 31))
    assert (list(asked.configurations.all()), OrmQ.objects.count()) == ([finance], 1)


def test_the_worker_makes_the_files_once_and_queues_one_mail_each(
    client_as: ClientAs, finance: EmailConfiguration
) -> None:
    make_record(make_company("acme"))
    client_as("Operator").post(SEND, wish(finance))
    asked = ReportRequest.objects.get()

    first, second = make_reports_of(asked.pk), make_reports_of(asked.pk)

    asked.refresh_from_db()
    assert ([email.configuration_name for email in first], second, asked.state) == (["Finance"], [], "queued")
    assert OutgoingEmail.objects.get().attachments[0]["path"].endswith(".csv")


def test_the_same_form_sent_twice_asks_once(client_as: ClientAs, finance: EmailConfiguration) -> None:
    client, values = client_as("Operator"), wish(finance)

    client.post(SEND, values)
    client.post(SEND, values)

    assert ReportRequest.objects.count() == 1


def test_preview_shows_subject_sizes_and_recipients_and_sends_nothing(
    client_as: ClientAs, finance: EmailConfiguration
) -> None:
    values = wish(finance, preview="1")
    del values["send"]

    page = client_as("Operator").post(SEND, values).content.decode()

    assert "Intacct API usage: All Filters" in page and "Summary, about" in page and "c@d.example" in page
    assert ReportRequest.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"configurations": []}, "Choose at least one email configuration."),
        ({"from": "2026-02-01", "to": "2026-01-01"}, "The last day is before the first."),
        ({"report_format": "pdf"}, "Select a valid choice."),
    ],
)
def test_a_bad_wish_is_told_and_nothing_is_sent(
    client_as: ClientAs, finance: EmailConfiguration, change: dict, message: str
) -> None:
    page = client_as("Operator").post(SEND, wish(finance, **change)).content.decode()

    assert message in page
    assert "Nothing was sent." in page
    assert ReportRequest.objects.count() == 0


@pytest.mark.parametrize(("role", "status"), [("Viewer", 403), ("Operator", 200), ("Manager", 200)])
def test_who_may_send_reports(client_as: ClientAs, finance: EmailConfiguration, role: str, status: int) -> None:
    assert client_as(role).get(SEND).status_code == status


def test_without_an_email_configuration_the_page_says_what_to_do(client_as: ClientAs) -> None:
    assert "No email configuration yet" in client_as("Operator").get(SEND).content.decode()


def test_an_unknown_request_is_not_found(client_as: ClientAs, finance: EmailConfiguration) -> None:
    assert client_as("Operator").get(reverse("notifications:report_request", args=[77])).status_code == 404


def test_the_result_is_refreshed_until_every_mail_has_ended(client_as: ClientAs, finance: EmailConfiguration) -> None:
    client = client_as("Operator")
    client.post(SEND, wish(finance, reports=[]))
    address = reverse("notifications:report_request", args=[ReportRequest.objects.get().pk])
    waiting = client.get(address, headers={"HX-Request": "true"})
    make_reports_of(ReportRequest.objects.get().pk)
    OutgoingEmail.objects.update(state=OutgoingEmail.State.SENT)

    ended = client.get(address, headers={"HX-Request": "true"})

    assert (waiting.status_code, ended.status_code) == (200, 286)


@pytest.mark.django_db(transaction=True)
def test_reports_that_take_long_are_made_once_and_keep_their_claim(
    client_as: ClientAs, finance: EmailConfiguration, monkeypatch: pytest.MonkeyPatch
) -> None:
    client_as("Operator").post(SEND, wish(finance))
    pk, real = ReportRequest.objects.get().pk, report_requests.make_reports
    monkeypatch.setattr(report_requests, "LEASE_SECONDS", 3.0)

    def slowly(mailing: ReportMailing) -> MadeReports:
        time.sleep(4)  # longer than the lease; and so long a lease that every machine renews it in time
        assert forgotten_request_ids() == [] and make_reports_of(pk) == []
        return real(mailing)

    monkeypatch.setattr(report_requests, "make_reports", slowly)
    ReportRequest.objects.update(asked_at=clock.now() - timedelta(hours=1))
    emails = make_reports_of(pk)

    asked = ReportRequest.objects.get()
    assert (len(emails), asked.state, asked.attempts) == (1, "queued", 1)
    assert OrmQ.objects.order_by("pk")[0].task["timeout"] >= 3600


def test_a_request_whose_configurations_are_gone_says_so(client_as: ClientAs, finance: EmailConfiguration) -> None:
    client_as("Operator").post(SEND, wish(finance))
    asked = ReportRequest.objects.get()
    finance.delete()

    emails = make_reports_of(asked.pk)

    asked.refresh_from_db()
    assert (emails, asked.state) == ([], "failed")
    assert asked.message == "The email configurations were deleted before anything was made. Nothing was sent."


def test_a_request_whose_worker_died_is_taken_up_again_and_given_up_after_three_deaths(
    client_as: ClientAs, finance: EmailConfiguration
) -> None:
    client_as("Operator").post(SEND, wish(finance))
    past = clock.now() - timedelta(hours=1)
    ReportRequest.objects.update(asked_at=past, state="making", lease_until=past, attempts=3)
    pk = ReportRequest.objects.get().pk

    assert forgotten_request_ids() == [pk]
    make_reports_of(pk)

    asked = ReportRequest.objects.get()
    assert (asked.state, asked.message.startswith("The worker ended three times")) == ("failed", True)
