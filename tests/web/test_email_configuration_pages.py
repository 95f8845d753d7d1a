"""Notifications: saved after a test, tested, copied, deleted when unused; secrets and typed values by the rules."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from intacct_usage.simulator.mail import MailSink
from notifications.models import EmailConfiguration, OutgoingEmail
from scheduling.models import Schedule
from scheduling.models.recipients import ReportRecipient
from tests.notifications.mailing import PASSWORD, allow, graph_configuration, smtp_configuration
from tests.web.conftest import ClientAs
from tests.web.posting import post, said, text_of

USER = "usage@demo.example"
ADD, LIST = "/notifications/add/smtp/", "/notifications/"
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def sink(db, settings, tmp_path):
    with MailSink(tmp_path / "mail", users={USER: PASSWORD}) as server:
        allow(settings, server.address)
        yield server


def typed(sink: MailSink, **changes: object) -> dict[str, object]:
    values = {
        "name": "Finance",
        "host": "127.0.0.1",
        "port": sink.port,
        "security": "none",
        "username": USER,
        "secret": PASSWORD,
        "clear_text_sign_in": "on",
        "from_address": USER,
        "to": "ann@demo.example, Bob <bob@demo.example>",
        "cc": "",
        "bcc": "",
        "use_proxy": "on",
    }
    return {**values, **changes}


def test_save_sends_a_test_mail_then_saves_and_shows_to_whom(sink, client_as: ClientAs) -> None:
    client = client_as("Manager")

    answer = post(client, ADD, **typed(sink))
    page = text_of(client.get(answer.url))

    assert EmailConfiguration.objects.get().reveal("secret") == PASSWORD
    assert len(sink.messages()) == 1
    assert "The test mail was sent" in page
    assert "ann@demo.example, bob@demo.example" in strip_tags(page)
    assert PASSWORD not in page


def test_a_failed_test_saves_nothing_names_the_stage_and_keeps_all_but_the_secret(sink, client_as: ClientAs) -> None:
    page = post(client_as("Manager"), ADD, **typed(sink, secret="wrong-canary"))

    marks = [(mark.label, mark.state) for mark in page.context["result"].marks]
    assert marks[:4] == [("Server found", "done"), ("Connected", "done"), ("Greeted", "done"), ("Signed in", "failed")]
    assert not EmailConfiguration.objects.exists()
    assert "535 5.7.8" in text_of(page)
    assert 'value="Finance"' in text_of(page)
    assert "Enter it again" in text_of(page)
    assert "wrong-canary" not in text_of(page)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"to": "ann@demo.example, nonsense"}, "“nonsense” is not an e-mail address; write name@example.com."),
        ({"clear_text_sign_in": None}, "With the security None the password travels unencrypted."),
        ({"name": ""}, "This field is required."),
        ({"secret": ""}, "Enter the password."),
        ({"host": "not a host"}, "Enter the name of the mail server"),
    ],
)
def test_wrong_values_are_named_and_nothing_is_sent(sink, client_as: ClientAs, changes, sentence: str) -> None:
    page = text_of(post(client_as("Manager"), ADD, **typed(sink, **changes)))

    assert sentence.replace("'", "&#x27;") in page
    assert "Nothing was saved." in page
    assert len(sink.messages()) == 0


def test_everything_wrong_is_named_at_once(sink, client_as: ClientAs) -> None:
    wrong = {"name": "", "host": "not a host", "to": "nonsense", "from_address": "nobody", "clear_text_sign_in": None}

    page = text_of(post(client_as("Manager"), ADD, **typed(sink, **wrong)))

    for sentence in (
        "This field is required.",
        "Enter the name of the mail server",
        "“nonsense” is not an e-mail address",
        "“nobody” is not an e-mail address",
        "With the security None the password travels unencrypted.",
    ):
        assert sentence in page
    assert "Enter the password." not in page


def test_a_failed_test_names_the_recipients_that_were_refused(client_as: ClientAs, db, settings, tmp_path) -> None:
    with MailSink(tmp_path / "mail", refused_recipients={"bob@demo.example"}) as server:
        allow(settings, server.address)
        page = text_of(post(client_as("Manager"), ADD, **typed(server, username="", secret="")))

    assert "1 of 2 recipients was refused by the server: “550" in page
    assert "Refused: bob@demo.example." in strip_tags(page)
    assert not EmailConfiguration.objects.exists()


def test_recipients_who_will_see_each_other_are_pointed_out_after_saving(sink, client_as: ClientAs) -> None:
    answer = post(client_as("Manager"), ADD, **typed(sink, to="ann@demo.example, bob@other.example"))

    assert any("addresses of 2 organisations (demo.example, other.example)" in sentence for sentence in said(answer))


def test_graph_ids_are_checked_before_anything_is_sent(db, client_as: ClientAs) -> None:
    fields = {
        "name": "M365",
        "tenant_id": "abc",
        "client_id": "no guid",
        "secret": "s",
        "from_address": USER,
        "to": USER,
    }

    page = text_of(post(client_as("Manager"), "/notifications/add/graph/", **fields))

    assert "The tenant ID is a GUID" in page
    assert "The client ID is a GUID" in page
    assert not OutgoingEmail.objects.exists()


def test_a_port_of_another_security_is_pointed_out(sink, client_as: ClientAs) -> None:
    saved = smtp_configuration(sink, port=465, security="starttls")

    page = text_of(client_as("Manager").get(f"/notifications/{saved.pk}/"))

    assert "Port 465 usually belongs to SSL/TLS; with STARTTLS servers use 587." in page


def test_another_host_drops_the_secret_and_asks_for_it_again(sink, client_as: ClientAs) -> None:
    saved = smtp_configuration(sink, secret=PASSWORD, username=USER)

    page = text_of(
        post(client_as("Manager"), f"/notifications/{saved.pk}/", **typed(sink, host="localhost", secret=""))
    )

    assert "Enter the password again: it is only ever sent where it was entered for" in page
    assert EmailConfiguration.objects.get().host == "127.0.0.1"
    assert len(sink.messages()) == 0


def test_an_empty_secret_keeps_the_stored_one(sink, client_as: ClientAs) -> None:
    saved = smtp_configuration(sink, secret=PASSWORD, username=USER)

    post(client_as("Manager"), f"/notifications/{saved.pk}/", **typed(sink, name="Renamed", secret=""))

    stored = EmailConfiguration.objects.get()
    assert (stored.name, stored.reveal("secret")) == ("Renamed", PASSWORD)


def test_save_as_new_copies_everything_but_the_secret(sink, client_as: ClientAs) -> None:
    saved = smtp_configuration(sink, secret=PASSWORD, username=USER, name="First")
    client, address = client_as("Manager"), f"/notifications/{saved.pk}/"

    refused = text_of(post(client, address, **typed(sink, name="Second", secret=""), save_as_new="yes"))
    post(client, address, **typed(sink, name="Second"), save_as_new="yes")

    assert "Enter the password." in refused
    assert sorted(EmailConfiguration.objects.values_list("name", "host", "username")) == [
        ("First", "127.0.0.1", USER),
        ("Second", "127.0.0.1", USER),
    ]


def test_save_as_new_needs_a_new_name(sink, client_as: ClientAs) -> None:
    saved = smtp_configuration(sink, secret=PASSWORD, username=USER, name="First")

    page = post(client_as("Manager"), f"/notifications/{saved.pk}/", **typed(sink, name="first"), save_as_new="yes")

    assert "There is already a configuration “first”; choose another name." in text_of(page)
    assert len(sink.messages()) == 0


def test_a_double_submit_sends_one_mail(sink, client_as: ClientAs) -> None:
    client, token = client_as("Manager"), str(uuid.uuid4())

    for _ in range(2):
        post(client, ADD, once=token, **typed(sink))

    assert (len(sink.messages()), EmailConfiguration.objects.count()) == (1, 1)


def test_test_sends_a_mail_with_the_saved_values_and_keeps_the_result(sink, client_as: ClientAs) -> None:
    saved = smtp_configuration(sink, secret=PASSWORD, username=USER)

    answer = post(client_as("Manager"), f"/notifications/{saved.pk}/test/")

    email = OutgoingEmail.objects.get()
    assert answer.url == f"/notifications/?tested={email.pk}"
    assert (email.kind, email.state, email.asked_by) == ("test", "sent", "someone-Manager")


def test_a_used_configuration_cannot_be_deleted_and_the_schedule_is_named(sink, client_as: ClientAs) -> None:
    saved = smtp_configuration(sink)
    schedule = Schedule.objects.create(name="Daily UK", kind="daily", timing={"at": "02:30"}, zone="UTC")
    ReportRecipient.objects.create(schedule=schedule, configuration=saved)
    client = client_as("Manager")

    answer = post(client, f"/notifications/{saved.pk}/delete/")

    assert said(answer)[-1].endswith("is used by the schedule “Daily UK”. Take it out there first, then delete it.")
    assert EmailConfiguration.objects.exists()
    assert "Daily UK" in text_of(client.get(LIST))


def test_an_unused_configuration_is_deleted_and_its_log_stays(sink, client_as: ClientAs) -> None:
    client, saved = client_as("Manager"), smtp_configuration(sink, secret=PASSWORD, username=USER)
    post(client, f"/notifications/{saved.pk}/test/")

    post(client, f"/notifications/{saved.pk}/delete/")

    assert (EmailConfiguration.objects.count(), OutgoingEmail.objects.count()) == (0, 1)


def test_the_number_of_queries_does_not_grow_with_the_configurations(sink, client_as: ClientAs) -> None:
    client, counted = client_as("Manager"), []
    for number in range(50):
        graph_configuration()
        if number in (0, 49):
            client.get(LIST)
            with CaptureQueriesContext(connection) as queries:
                client.get(LIST)
            counted.append(len(queries))

    assert counted[0] == counted[1]


def test_names_from_outside_are_shown_as_text(sink, client_as: ClientAs) -> None:
    saved = smtp_configuration(sink, name=HOSTILE, last_state="failed", last_message=HOSTILE)
    client = client_as("Manager")

    pages = text_of(client.get(LIST)) + text_of(client.get(f"/notifications/{saved.pk}/"))

    assert "<img src=x" not in pages
    assert "&lt;img" in pages
