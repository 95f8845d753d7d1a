"""The delivery log, sending again, and the links to files that were too large to send."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.models import DeliveryAttempt, EmailConfiguration, OutgoingEmail, ReportRequest
from notifications.report_files import reports_folder
from notifications.report_links import report_link
from tests.notifications.mailing import graph_configuration, queued_alert, stored_csv
from tests.web.conftest import ClientAs
from tests.web.posting import post, said, text_of

LOG = "/notifications/deliveries/"


@pytest.fixture
def _data_folder(settings, tmp_path) -> None:
    settings.DATA_DIR = tmp_path


def ended_alert(state: str = "unknown", **fields: object) -> OutgoingEmail:
    email = queued_alert(graph_configuration())
    OutgoingEmail.objects.filter(pk=email.pk).update(state=state, **fields)
    email.refresh_from_db()
    return email


def attempt(email: OutgoingEmail, **fields: object) -> None:
    values = {"outcome": "unknown", "stage": "DATA", "started_at": email.created_at, "finished_at": email.created_at}
    DeliveryAttempt.objects.create(email=email, attempt=1, **{**values, **fields})


def test_the_log_is_filtered_by_its_address(client_as: ClientAs) -> None:
    failed, sent = ended_alert("failed", run_id=7), ended_alert("sent", subject="Other")
    client = client_as("Operator")

    def shown(query: str) -> list[int]:
        return [email.pk for email in client.get(f"{LOG}?{query}").context["listing"].page]

    assert shown("") == [sent.pk, failed.pk]
    assert shown("state=failed") == shown("run=7") == shown("q=Run+7") == [failed.pk]
    assert shown(f"configuration={sent.configuration_id}") == [sent.pk]
    assert shown("state=nonsense&run=x&configuration=x") == [sent.pk, failed.pk]


def test_a_mail_shows_what_the_server_said_at_each_attempt(client_as: ClientAs) -> None:
    email = ended_alert("failed")
    attempt(email, server_answer="550 <b>no</b>", refused={"ann@demo.example": "550 unknown"})

    page = text_of(client_as("Operator").get(f"{LOG}{email.pk}/"))

    assert "550 &lt;b&gt;no&lt;/b&gt;" in page
    assert "refused" in page
    assert "Send again" in page


def test_a_mail_whose_recipients_todays_rules_refuse_is_still_shown(client_as: ClientAs) -> None:
    email = ended_alert("failed", recipients={"to": ["Ann <ann@no domain>"], "cc": [], "bcc": []})

    assert "Ann &lt;ann@no domain&gt;" in text_of(client_as("Operator").get(f"{LOG}{email.pk}/"))


def test_sending_again_queues_one_copy_however_often_it_is_pressed(client_as: ClientAs) -> None:
    email, client, token = ended_alert(), client_as("Operator"), str(uuid.uuid4())

    first = post(client, f"{LOG}{email.pk}/again/", once=token)
    post(client, f"{LOG}{email.pk}/again/", once=token)
    post(client, f"{LOG}{email.pk}/again/")

    copy = email.resends.get()
    assert first.url == f"{LOG}{copy.pk}/"
    assert (copy.state, copy.asked_by) == ("pending", "someone-Operator")


def test_send_again_names_the_people_it_goes_to_now(client_as: ClientAs) -> None:
    email, client = ended_alert(), client_as("Operator")
    before = client.get(f"{LOG}{email.pk}/").content.decode()

    EmailConfiguration.objects.update(to="new@demo.example", bcc="")
    after = client.get(f"{LOG}{email.pk}/").content.decode()
    post(client, f"{LOG}{email.pk}/again/")

    assert "It goes to ann@demo.example, bob@demo.example, cleo@demo.example with the same files." in before
    assert "to new@demo.example with the same files. These are the recipients the configuration has now." in after
    assert email.resends.get().recipients_parsed().addresses == ["new@demo.example"]


def test_a_mail_that_is_under_way_is_not_sent_again(client_as: ClientAs) -> None:
    email = queued_alert(graph_configuration())
    client = client_as("Operator")

    answer = post(client, f"{LOG}{email.pk}/again/")

    assert said(answer) == ["Only a report or an alert that is no longer under way can be sent again."]
    assert "Send again" not in text_of(client.get(f"{LOG}{email.pk}/"))


def test_twenty_mails_an_hour_are_sent_again_by_one_person(client_as: ClientAs) -> None:
    client, email = client_as("Operator"), ended_alert()

    answers = [post(client, f"{LOG}{email.pk}/again/") for _ in range(21)]

    assert said(answers[19])[-1].endswith("is queued once more.")
    assert said(answers[20])[-1] == "More than 20 mails sent again in an hour. Nothing was tried this time."


def test_sending_again_after_twenty_requests_is_refused_in_a_sentence(client_as: ClientAs) -> None:
    client, email = client_as("Operator"), ended_alert()
    ReportRequest.objects.bulk_create(ReportRequest(asked_by="someone-Operator") for _ in range(20))

    answer = post(client, f"{LOG}{email.pk}/again/")

    assert answer.url == f"{LOG}{email.pk}/"
    assert said(answer) == ["More than 20 requests to send reports within an hour. Wait a little."]
    assert not email.resends.exists()


def test_the_number_of_queries_does_not_grow_with_the_mails(client_as: ClientAs) -> None:
    client, configuration, counted = client_as("Operator"), graph_configuration(), []
    for number in range(50):
        queued_alert(configuration)
        if number in (0, 49):
            client.get(LOG)
            with CaptureQueriesContext(connection) as queries:
                client.get(LOG)
            counted.append(len(queries))

    assert counted[0] == counted[1]


@pytest.mark.usefixtures("_data_folder")
def test_a_link_gives_its_file_to_people_who_may_view_reports(client_as: ClientAs) -> None:
    link = report_link(stored_csv(['"C","1"'])).removeprefix("http://testserver")

    answer = client_as("Viewer").get(link)

    assert b"".join(answer.streaming_content).splitlines()[-1] == b'"C","1"'
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"
    assert client_as("").get(link).status_code == 403


@pytest.mark.usefixtures("_data_folder")
def test_a_link_asks_strangers_to_sign_in(db, client) -> None:
    link = report_link(stored_csv(['"C","1"'])).removeprefix("http://testserver")

    assert client.get(link).url.startswith("/accounts/login/?next=/reports/files/")


@pytest.mark.usefixtures("_data_folder")
def test_a_damaged_or_late_link_says_what_to_do(client_as: ClientAs, time_machine) -> None:
    time_machine.move_to("2026-03-01T00:00:00Z")
    link = report_link(stored_csv(['"C","1"'])).removeprefix("http://testserver")
    client = client_as("Viewer")

    damaged = client.get("/reports/files/nonsense/")
    (folder,) = reports_folder().iterdir()
    for file in folder.iterdir():
        file.unlink()
    late = client.get(link)

    assert (damaged.status_code, late.status_code) == (404, 410)
    assert "This link is damaged." in text_of(damaged)
    assert "This link has expired." in text_of(late)
