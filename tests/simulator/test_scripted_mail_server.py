"""The scripted mail server breaks off where its script says and records truthfully what it took."""

import smtplib
import ssl
from email.message import EmailMessage

import pytest

from intacct_usage.simulator.certificates import make_certificate
from intacct_usage.simulator.mail_script import (
    Ended,
    MailScript,
    Stage,
    acknowledge_and_drop,
    drop,
    garble,
    hang,
    refuse,
)
from intacct_usage.simulator.scripted_mail import ScriptedMailServer
from tests.simulator.simulator_threads import simulator_threads
from tests.workers.processes import wait_until

LEFT = (smtplib.SMTPServerDisconnected, ConnectionError, BrokenPipeError)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("certificate"))


def make_message(size: int = 10) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@demo.example", "b@demo.example", "Usage"
    message.set_content("." + "x" * 60 + "\n" * size)
    return message


def send(server: ScriptedMailServer, *recipients: str, login: tuple[str, str] | None = None, size: int = 10) -> dict:
    """One session as smtplib does it; returns the refused recipients."""
    with smtplib.SMTP(server.host, server.port, timeout=30) as client:
        if login:
            client.login(*login)
        return client.send_message(make_message(size), to_addrs=recipients or ("b@demo.example",))


def test_without_acts_everything_is_accepted_and_recorded() -> None:
    with ScriptedMailServer(MailScript(users={"us": "p w"})) as server:
        send(server, "b@demo.example", "c@demo.example", login=("us", "p w"))

    (session,) = server.sessions()
    (taken,) = server.taken()
    assert (session.reached, session.ended, session.user) == (Stage.QUIT, Ended.QUIT, "us")
    assert (taken.sender, taken.recipients) == ("a@demo.example", ("b@demo.example", "c@demo.example"))
    assert taken.acknowledged
    assert b"\r\n.xxx" in taken.raw
    assert "AUTH ***" in session.commands


@pytest.mark.parametrize(
    ("stage", "reply", "code"),
    [
        (Stage.CONNECT, "421 4.3.2 Too busy", 421),
        (Stage.CONNECT, "554 5.7.1 Your address is blocked", 554),
        (Stage.EHLO, "550 5.7.1 Not welcome here", 550),
        (Stage.AUTH, "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.", 535),
        (Stage.MAIL, "550 5.7.30 Basic authentication is not supported for Client Submission.", 550),
        (Stage.MAIL, "452 4.3.1 Insufficient system storage", 452),
        (Stage.RCPT, "550 5.1.1 No such user", 550),
        (Stage.RCPT, "421 4.7.0 Slow down", 421),
        (Stage.DATA, "451 4.3.0 Try again later", 451),
        (Stage.DOT, "552 5.3.4 Message too big", 552),
        (Stage.DOT, "421 4.3.2 Going down", 421),
    ],
)
def test_a_refusal_at_a_stage_gives_its_code_and_takes_nothing(stage, reply, code) -> None:
    script = MailScript((refuse(stage, reply),), users={"us": "pw"})

    with ScriptedMailServer(script) as server, pytest.raises(smtplib.SMTPException) as refusal:
        send(server, login=("us", "pw"))

    assert str(code) in str(refusal.value)
    assert reply.partition(" ")[2][:20] in str(refusal.value)
    (session,) = server.sessions()
    assert (session.accepted, server.taken()) == (False, ())
    assert session.reached in (stage, Stage.QUIT)


def test_one_of_three_recipients_is_refused_and_named() -> None:
    script = MailScript.of(refuse(Stage.RCPT, "550 5.1.1 No such user", recipient="Two@demo.example"))

    with ScriptedMailServer(script) as server:
        refused = send(server, "one@demo.example", "two@demo.example", "three@demo.example")

    assert list(refused) == ["two@demo.example"]
    assert server.sessions()[0].refused_recipients == ["two@demo.example"]
    assert server.taken()[0].recipients == ("one@demo.example", "three@demo.example")


@pytest.mark.parametrize(
    ("act", "reached", "accepted"),
    [
        (drop(Stage.CONNECT), Stage.CONNECT, False),
        (drop(Stage.MAIL), Stage.MAIL, False),
        (drop(Stage.MAIL, reset=True), Stage.MAIL, False),
        (drop(Stage.BODY, after_bytes=5_000), Stage.BODY, False),
        (drop(Stage.DOT), Stage.DOT, False),
        (drop(Stage.DOT, accepting=True), Stage.DOT, True),
        (drop(Stage.DOT, accepting=True, reset=True), Stage.DOT, True),
    ],
)
def test_a_drop_leaves_the_client_untold_and_the_record_says_whether_it_was_taken(act, reached, accepted) -> None:
    with ScriptedMailServer(MailScript.of(act)) as server, pytest.raises(LEFT):
        send(server, size=50_000)

    (session,) = server.sessions()
    assert (session.reached, session.accepted, session.acknowledged) == (reached, accepted, False)
    assert session.ended is Ended.SERVER_LEFT


@pytest.mark.parametrize("act", [acknowledge_and_drop(), drop(Stage.QUIT)])
def test_a_drop_after_the_250_is_an_accepted_mail(act) -> None:
    with ScriptedMailServer(MailScript.of(act)) as server:
        client = smtplib.SMTP(server.host, server.port, timeout=30)
        refused = client.send_message(make_message())
        with pytest.raises(LEFT):
            client.quit()
        client.close()

    assert refused == {}
    assert [(session.accepted, session.acknowledged) for session in server.sessions()] == [(True, True)]


@pytest.mark.parametrize("stage", [Stage.CONNECT, Stage.EHLO, Stage.RCPT, Stage.BODY, Stage.DOT])
def test_a_hang_lasts_until_the_client_gives_up(stage) -> None:
    with ScriptedMailServer(MailScript.of(hang(stage))) as server:
        with pytest.raises((TimeoutError, smtplib.SMTPException)), smtplib.SMTP(timeout=1.5) as client:
            client.connect(server.host, server.port)
            client.send_message(make_message())
        (session,) = server.wait_for_ended(1)

    assert (session.reached, session.ended, session.accepted) == (stage, Ended.HUNG, False)


def test_stop_ends_a_hanging_session() -> None:
    before = simulator_threads()
    with ScriptedMailServer(MailScript.of(hang(Stage.EHLO))) as server:
        client = smtplib.SMTP(server.host, server.port, timeout=30)
        client.putcmd("ehlo", "x")
        wait_until(lambda: server.sessions()[0].reached is Stage.EHLO)
    client.close()

    assert simulator_threads() == before
    assert [session.ended for session in server.sessions()] == [Ended.HUNG]


def test_sessions_follow_their_scripts_in_turn_and_the_last_repeats() -> None:
    with ScriptedMailServer([MailScript.of(refuse(Stage.MAIL, "451 4.3.0 Later")), MailScript()]) as server:
        with pytest.raises(smtplib.SMTPSenderRefused):
            send(server)
        send(server)
        send(server)

    assert [session.accepted for session in server.sessions()] == [False, True, True]


def test_an_act_with_times_counts_within_a_session() -> None:
    server = ScriptedMailServer(MailScript.of(refuse(Stage.MAIL, "450 4.2.0 Greylisted", times=1)))

    with server, smtplib.SMTP(server.host, server.port, timeout=30) as client:
        with pytest.raises(smtplib.SMTPSenderRefused):
            client.send_message(make_message())
        client.send_message(make_message())

    assert len(server.taken()) == 1


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (MailScript(offers_starttls=False), smtplib.SMTPNotSupportedError),
        (MailScript.of(garble()), (ssl.SSLError, ConnectionError)),
        (MailScript.of(drop(Stage.HANDSHAKE)), (ssl.SSLError, ConnectionError)),
    ],
)
def test_starttls_can_be_stripped_or_broken(certificate, script, error) -> None:
    with ScriptedMailServer(script, security="starttls", tls=certificate) as server:
        with pytest.raises(error), smtplib.SMTP(server.host, server.port, timeout=30) as client:
            client.starttls(context=certificate.client_context())
        (session,) = server.wait_for_ended(1)

    assert (session.encrypted, session.accepted) == (False, False)


def test_a_client_that_falls_back_to_clear_text_is_seen_doing_so(certificate) -> None:
    script = MailScript((refuse(Stage.STARTTLS, "454 4.7.0 TLS not available"),), users={"us": "pw"})

    server = ScriptedMailServer(script, security="starttls", tls=certificate)
    with server, smtplib.SMTP(server.host, server.port, timeout=30) as client:
        with pytest.raises(smtplib.SMTPResponseException, match="454"):
            client.starttls()
        client.login("us", "pw")

    assert [(session.encrypted, session.user) for session in server.sessions()] == [(False, "us")]


@pytest.mark.parametrize("security", ["starttls", "ssl"])
def test_tls_and_sign_in_work_when_nothing_is_scripted(certificate, security) -> None:
    script = MailScript(users={"us": "pw"}, mechanisms=("LOGIN",))
    context = certificate.client_context()

    with ScriptedMailServer(script, security=security, tls=certificate) as server:
        if security == "ssl":
            client = smtplib.SMTP_SSL(server.host, server.port, timeout=30, context=context)
        else:
            client = smtplib.SMTP(server.host, server.port, timeout=30)
            client.starttls(context=context)
        with client:
            client.login("us", "pw")
            client.send_message(make_message())

    assert [(session.encrypted, session.user, session.accepted) for session in server.sessions()] == [
        (True, "us", True)
    ]


def test_an_untrusted_certificate_ends_the_session_in_the_handshake(certificate) -> None:
    with ScriptedMailServer(MailScript(), security="ssl", tls=certificate) as server:
        with pytest.raises(ssl.SSLCertVerificationError):
            smtplib.SMTP_SSL(server.host, server.port, timeout=30, context=ssl.create_default_context())
        (session,) = server.wait_for_ended(1)

    assert (session.reached, session.ended) == (Stage.HANDSHAKE, Ended.HANDSHAKE_FAILED)


def test_the_size_limit_is_announced_and_kept_even_if_the_client_lies() -> None:
    server = ScriptedMailServer(MailScript(size_limit=1_000))

    with server, smtplib.SMTP(server.host, server.port, timeout=30) as client:
        client.ehlo()
        announced = client.esmtp_features["size"]
        told = client.mail("a@demo.example", ["SIZE=5000"])[0]
        client.mail("a@demo.example")
        client.rcpt("b@demo.example")
        sent = client.data(b"x\r\n" * 1_000)[0]

    assert (announced, told, sent, server.taken()) == ("1000", 552, 552, ())
