"""The mail sink takes mail as a real server does and keeps each message as a file."""

import base64
import json
import smtplib
import socket
import ssl
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY

import pytest

from intacct_usage.simulator.certificates import make_certificate
from intacct_usage.simulator.mail import MailSink
from tests.simulator.simulator_threads import simulator_threads


def make_message(**headers: str) -> EmailMessage:
    """The same bytes each time."""
    message = EmailMessage()
    message["From"] = "Reports <reports@demo.example>"
    message["To"] = "Zoë <zoe@customer.example>"
    message["Subject"] = headers.get("subject", "Usage of März")
    message["Message-ID"] = headers.get("message_id", "<1.2@demo.example>")
    message.set_content(".a line that begins with a dot\nKosten: 5 €\n")
    message.add_attachment(b"\xef\xbb\xbfa,b\r\n1,2\r\n", maintype="text", subtype="csv", filename="Übersicht.csv")
    message.set_boundary("=-the-boundary-=")
    return message


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("certificate"))


def test_an_accepted_message_is_kept_byte_for_byte_with_its_envelope(tmp_path) -> None:
    with MailSink(tmp_path) as sink, smtplib.SMTP(sink.host, sink.port, timeout=30) as client:
        client.send_message(make_message(), to_addrs=["zoe@customer.example", "hidden@customer.example"])

    (kept,) = sink.messages()
    assert kept.path == tmp_path / "000001-1.2@demo.example.eml"
    assert kept.parsed().get_body().get_content().splitlines()[0] == ".a line that begins with a dot"
    assert kept.raw == make_message().as_bytes(policy=SMTP_POLICY)
    described = json.loads(kept.path.with_suffix(".json").read_text())
    assert described["recipients"] == ["zoe@customer.example", "hidden@customer.example"]
    assert (described["sender"], described["user"]) == ("reports@demo.example", None)


def test_hostile_message_ids_stay_inside_the_folder(tmp_path) -> None:
    with MailSink(tmp_path / "mail") as sink, smtplib.SMTP(sink.host, sink.port, timeout=30) as client:
        client.send_message(make_message(message_id="<../../evil/\\x>"))
        client.sendmail("a@demo.example", ["b@demo.example"], b"Subject: none\r\n\r\nbody\r\n")

    names = sorted(path.name for path in (tmp_path / "mail").glob("*.eml"))
    assert names == ["000001-evil_x.eml", "000002-no-message-id.eml"]


def test_numbers_go_on_after_a_restart_on_the_same_port(tmp_path) -> None:
    ports = []
    for sink in [MailSink(tmp_path)] * 2:
        with sink, smtplib.SMTP(sink.host, sink.port, timeout=30) as client:
            ports.append(sink.port)
            client.send_message(make_message())
    with MailSink(tmp_path) as later, smtplib.SMTP(later.host, later.port, timeout=30) as client:
        client.send_message(make_message())

    assert [path.name[:6] for path in sorted(tmp_path.glob("*.eml"))] == ["000001", "000002", "000003"]
    assert ports[0] == ports[1]


@pytest.mark.parametrize("mechanism", ["LOGIN", "PLAIN"])
def test_the_right_password_opens_the_sink_by_each_mechanism(tmp_path, mechanism) -> None:
    with (
        MailSink(tmp_path, users={"müller": 'p& <"€>'}) as sink,
        smtplib.SMTP(sink.host, sink.port, timeout=30) as client,
    ):
        client.ehlo()
        answer = auth_with_utf8(client, mechanism, "müller", 'p& <"€>')
        client.send_message(make_message())

    assert answer == 235
    assert [message.user for message in sink.messages()] == ["müller"]


def test_a_wrong_password_is_refused_at_once_and_nothing_is_accepted(tmp_path) -> None:
    with MailSink(tmp_path, users={"us": "right"}) as sink, smtplib.SMTP(sink.host, sink.port, timeout=30) as client:
        with pytest.raises(smtplib.SMTPAuthenticationError, match="535"):
            client.login("us", "wrong")
        with pytest.raises(smtplib.SMTPSenderRefused, match="Authentication required"):
            client.send_message(make_message())

    assert sink.messages() == ()


def test_without_users_no_sign_in_is_offered(tmp_path) -> None:
    with MailSink(tmp_path) as sink, smtplib.SMTP(sink.host, sink.port, timeout=30) as client:
        client.ehlo()

        assert not client.has_extn("auth")


def test_starttls_is_demanded_and_its_certificate_verifies(tmp_path, certificate) -> None:
    sink = MailSink(tmp_path, security="starttls", tls=certificate, users={"us": "right"})
    with sink, smtplib.SMTP(sink.host, sink.port, timeout=30) as client:
        with pytest.raises(smtplib.SMTPResponseException, match="530"):
            client.send_message(make_message())
        client.starttls(context=certificate.client_context())
        client.login("us", "right")
        client.send_message(make_message())

    assert [message.encrypted for message in sink.messages()] == [True]


def test_implicit_tls_works_with_sign_in(tmp_path, certificate) -> None:
    sink = MailSink(tmp_path, security="ssl", tls=certificate, users={"us": "right"})
    with sink, smtplib.SMTP_SSL(sink.host, sink.port, timeout=30, context=certificate.client_context()) as client:
        client.login("us", "right")
        client.send_message(make_message())

    assert len(sink.messages()) == 1


def test_a_certificate_of_an_unknown_authority_does_not_verify(tmp_path, certificate) -> None:
    with MailSink(tmp_path, security="ssl", tls=certificate) as sink, pytest.raises(ssl.SSLCertVerificationError):
        smtplib.SMTP_SSL(sink.host, sink.port, timeout=30, context=ssl.create_default_context())


def test_a_message_above_the_size_limit_is_refused(tmp_path) -> None:
    with MailSink(tmp_path, size_limit=100) as sink, smtplib.SMTP(sink.host, sink.port, timeout=30) as client:
        client.ehlo()
        announced = client.esmtp_features["size"]
        with pytest.raises(smtplib.SMTPSenderRefused, match="552"):
            client.send_message(make_message())

    assert (announced, sink.messages()) == ("100", ())


def test_a_refused_recipient_is_named_and_the_others_get_the_mail(tmp_path) -> None:
    sink = MailSink(tmp_path, refused_recipients=frozenset({"Gone@customer.example"}))
    with sink, smtplib.SMTP(sink.host, sink.port, timeout=30) as client:
        refused = client.send_message(make_message(), to_addrs=["zoe@customer.example", "gone@customer.example"])

    assert [(address, code) for address, (code, _) in refused.items()] == [("gone@customer.example", 550)]
    assert sink.messages()[0].recipients == ("zoe@customer.example",)


def test_a_folder_that_cannot_be_written_refuses_for_now(tmp_path) -> None:
    with MailSink(tmp_path / "mail") as sink, smtplib.SMTP(sink.host, sink.port, timeout=30) as client:
        (tmp_path / "mail").rmdir()
        with pytest.raises(smtplib.SMTPDataError, match="452"):
            client.send_message(make_message())


def test_stop_ends_open_dialogues_and_leaves_no_thread(tmp_path) -> None:
    before = simulator_threads()
    sinks = [MailSink(tmp_path / str(number)).start() for number in range(5)]
    clients = [smtplib.SMTP(sink.host, sink.port, timeout=30) for sink in sinks]

    for sink in sinks:
        sink.stop()
        sink.stop()

    assert simulator_threads() == before
    for sink, client in zip(sinks, clients, strict=True):
        with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
            client.noop()
        client.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((sink.host, sink.port))


def auth_with_utf8(client: smtplib.SMTP, mechanism: str, user: str, password: str) -> int:
    """Sign in; `smtplib` itself sends nothing but ASCII."""

    def encoded(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    if mechanism == "PLAIN":
        return client.docmd("AUTH", f"PLAIN {encoded(chr(0) + user + chr(0) + password)}")[0]
    client.docmd("AUTH", "LOGIN")
    client.docmd(encoded(user))
    return client.docmd(encoded(password))[0]
