"""A mail that is too large still brings every row exactly once, in as few messages as the service allows."""

import random
from collections.abc import Iterator
from datetime import date, datetime

import pytest
import xlsxwriter

from intacct_usage.simulator.graph import GraphStandIn
from intacct_usage.simulator.graph_sign_in import Application
from intacct_usage.simulator.mail import MailSink
from notifications import delivery
from notifications.delivery import deliver
from notifications.models import OutgoingEmail
from notifications.report_files import StoredFile, new_folder, reports_folder
from notifications.transports import smtp
from tests.notifications.mailing import (
    CLIENT,
    PASSWORD,
    TENANT,
    allow,
    graph_configuration,
    queued_report,
    smtp_configuration,
    stored_csv,
)
from tests.notifications.received import files_of_graph_mail, files_of_message, rows_in

pytestmark = pytest.mark.django_db(transaction=True)
MB = 1_000_000
SIZE_LIMIT = 10 * MB
SIZES = [1, 3, 10, pytest.param(60, marks=pytest.mark.slow)]


def csv_of(megabytes: float) -> tuple[StoredFile, list[tuple[str, ...]]]:
    """A file that zips to about half, with quotes and line breaks inside of fields."""
    chance = random.Random(7)  # noqa: S311 - filler that is the same each time
    rows, lines, size = [], [], 0
    while size < megabytes * MB:
        note = f'{len(rows)} "{chance.randbytes(60).hex()}"' + ("\r\nsecond line" if len(rows) % 9 == 0 else "")
        rows.append((f"Company_{len(rows) % 500:04}", note))
        lines.append('"{}","{}"'.format(rows[-1][0], note.replace('"', '""')))
        size += len(lines[-1]) + 2
    return stored_csv(lines), rows


def deliver_whole(pk: int) -> OutgoingEmail:
    """As the worker does it: a busy machine may need more than one go."""
    email = deliver(pk)
    while email.goes_on_at_once:
        email = deliver(pk)
    return email


@pytest.fixture
def sink(settings, tmp_path) -> Iterator[MailSink]:
    with MailSink(tmp_path / "mail", size_limit=SIZE_LIMIT) as server:
        allow(settings, server.address)
        yield server


@pytest.fixture
def graph(settings, certificate, tmp_path) -> Iterator[GraphStandIn]:
    folder = tmp_path / "graph"
    folder.mkdir()
    application = Application(TENANT, CLIENT, PASSWORD)
    with GraphStandIn(application, folder, tls=certificate, mailboxes=frozenset({"usage@demo.example"})) as stand_in:
        allow(settings, stand_in.address, ca=certificate.ca)
        settings.GRAPH_LOGIN_URL = settings.GRAPH_BASE_URL = stand_in.url
        yield stand_in


@pytest.mark.parametrize("megabytes", SIZES)
def test_every_row_arrives_once_by_smtp_with_a_size_limit(sink, megabytes) -> None:
    stored, rows = csv_of(megabytes)

    email = deliver_whole(queued_report(smtp_configuration(sink), stored).pk)

    messages = [message.parsed() for message in sink.messages()]
    received = rows_in(file for message in messages for file in files_of_message(message))
    assert (email.state, received == rows) == ("sent", True)
    assert max(message.size_bytes for message in sink.messages()) <= SIZE_LIMIT
    assert len(messages) == email.parts.count() == {1: 1, 3: 1, 10: 1, 60: 5}[megabytes]
    assert [attempt.outcome for attempt in email.delivery_attempts.all()] == ["sent"] * len(messages)


@pytest.mark.parametrize("megabytes", SIZES)
def test_every_row_arrives_once_by_graph_without_further_permissions(graph, megabytes) -> None:
    stored, rows = csv_of(megabytes)

    email = deliver_whole(queued_report(graph_configuration(), stored).pk)

    received = rows_in(file for mail in graph.mails() for file in files_of_graph_mail(mail))
    assert (email.state, received == rows) == ("sent", True)
    assert {call.kind for call in graph.ledger} == {"discovery", "token", "send"}
    assert len(graph.mails()) == email.parts.count()


def test_several_reports_are_split_by_report_before_any_is_cut(sink) -> None:
    sink.size_limit = 1 * MB
    files = [csv_of(1.1)[0], csv_of(0.9)[0]]

    email = deliver_whole(queued_report(smtp_configuration(sink), *files).pk)

    messages = [message.parsed() for message in sink.messages()]
    assert [message["Subject"] for message in messages] == ["Usage report (1 of 2)", "Usage report (2 of 2)"]
    assert [[part.get_filename() for part in message.iter_attachments()] for message in messages] == [
        ["detailed.zip"],
        ["detailed.zip"],
    ]
    assert email.message == "Sent to 3 recipients in 2 messages."


def test_a_workbook_is_cut_by_rows_into_whole_workbooks(sink) -> None:
    sink.size_limit = 200_000
    chance = random.Random(7)  # noqa: S311 - filler that is the same each time
    path, rows = new_folder() / "detailed.xlsx", []
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet, about, days = (
            book.add_worksheet("Detailed"),
            book.add_worksheet("About"),
            book.add_format({"num_format": "yyyy-mm-dd"}),
        )
        sheet.write_row(0, 0, ["Company ID", "Note", "Transactions", "Created Date"])
        for number in range(1, 8001):
            rows.append((f"=C{number}", chance.randbytes(30).hex(), number, datetime(2026, 1, 15)))
            sheet.write_string(number, 0, rows[-1][0])
            sheet.write_string(number, 1, rows[-1][1])
            sheet.write_number(number, 2, number)
            sheet.write_datetime(number, 3, date(2026, 1, 15), days)
        about.write_string(0, 0, "Report")

    email = deliver_whole(queued_report(smtp_configuration(sink), StoredFile.of_path(path, "Detailed report", 8000)).pk)

    received = rows_in(file for message in sink.messages() for file in files_of_message(message.parsed()))
    assert (email.state, len(sink.messages()) > 2, received == rows) == ("sent", True, True)


def test_what_would_flood_a_mailbox_is_offered_for_download(sink) -> None:
    sink.size_limit = 200_000
    stored, rows = csv_of(8)

    email = deliver_whole(queued_report(smtp_configuration(sink), stored).pk)

    message = sink.messages()[0].parsed()
    assert (email.state, len(sink.messages()), list(message.iter_attachments())) == ("sent", 1, [])
    assert (
        "Too large to send by e-mail, so it is offered for download: detailed.zip."
        in message.get_body(("plain",)).get_content()
    )
    assert rows_in(files_of_message(message)) == rows


def test_an_unannounced_limit_is_found_by_smaller_messages(graph) -> None:
    graph.request_limit_bytes = 1 * MB
    stored, rows = csv_of(2.2)

    email = deliver_whole(queued_report(graph_configuration(), stored).pk)

    received = rows_in(file for mail in graph.mails() for file in files_of_graph_mail(mail))
    outcomes = [attempt.outcome for attempt in email.delivery_attempts.all()]
    assert (email.state, received == rows) == ("sent", True)
    assert outcomes[0] == "failed"
    assert outcomes.count("sent") == len(graph.mails())


def test_a_mail_that_takes_long_goes_on_in_further_claims_without_using_up_its_attempts(sink, monkeypatch) -> None:
    monkeypatch.setattr(delivery, "SLICE_SECONDS", 0)
    sink.size_limit = 500_000
    stored, rows = csv_of(2)
    email = queued_report(smtp_configuration(sink), stored)

    claims = 0
    while claims == 0 or email.goes_on_at_once:
        email, claims = deliver(email.pk), claims + 1

    received = rows_in(file for message in sink.messages() for file in files_of_message(message.parsed()))
    assert (email.state, email.attempts, received == rows) == ("sent", 1, True)
    assert claims == len(sink.messages()) + 1  # one for the plan


def test_a_line_too_slow_for_one_message_gets_smaller_ones(sink, monkeypatch) -> None:
    monkeypatch.setattr(smtp, "handover_seconds", lambda size: 15 if size < 900_000 else 0.000001)
    stored, rows = csv_of(1.5)

    email = deliver_whole(queued_report(smtp_configuration(sink), stored).pk)

    received = rows_in(file for message in sink.messages() for file in files_of_message(message.parsed()))
    assert (email.state, received == rows) == ("sent", True)
    assert next(attempt.outcome for attempt in email.delivery_attempts.all()) == "retry"


def test_the_files_of_a_mail_are_readable_by_their_owner_alone(sink) -> None:
    deliver_whole(queued_report(smtp_configuration(sink), csv_of(11)[0]).pk)

    files = [path for path in reports_folder().rglob("*.zip") if path.is_file()]
    assert files
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert reports_folder().stat().st_mode & 0o777 == 0o700
