"""Every way an SMTP session can end leads to the one right state, and server and delivery rows agree about it.

A row: what the server does, the security, the state the mail must be in, the stage on record, a part of the answer
or hint a person reads.
"""

import pytest

from intacct_usage.simulator.mail_script import (
    Act,
    MailScript,
    Stage,
    Then,
    acknowledge_and_drop,
    drop,
    garble,
    hang,
    refuse,
)
from intacct_usage.simulator.scripted_mail import ScriptedMailServer
from notifications.delivery import deliver
from notifications.models import OutgoingEmail
from notifications.transports import smtp
from tests.notifications.mailing import PASSWORD, allow, make_due, queued_alert, smtp_configuration

pytestmark = pytest.mark.django_db
SENT, PARTIAL, FAILED, PENDING, UNKNOWN = "sent", "partial", "failed", "pending", "unknown"
USERS = {"usage@demo.example": PASSWORD}
BOB = "bob@demo.example"


def signing_in(*acts: Act, **fields: object) -> MailScript:
    return MailScript(acts, users=USERS, **fields)


def of(*acts: Act, **fields: object) -> MailScript:
    return MailScript(acts, **fields)


SESSIONS = {
    "all is well": (of(), "none", SENT, "accepted", "250"),
    "all is well with STARTTLS": (signing_in(), "starttls", SENT, "accepted", "250"),
    "all is well with TLS": (signing_in(), "ssl", SENT, "accepted", "250"),
    "LOGIN only": (signing_in(mechanisms=("LOGIN",)), "starttls", SENT, "accepted", "250"),
    "greeting 421": (of(refuse(Stage.CONNECT, "421 4.3.2 Busy")), "none", PENDING, "greeting", "4.3.2 Busy"),
    "greeting 554": (of(refuse(Stage.CONNECT, "554 5.7.1 Go away")), "none", FAILED, "greeting", "Go away"),
    "greeting dropped": (of(drop(Stage.CONNECT)), "none", PENDING, "greeting", "closed the connection"),
    "greeting reset": (of(drop(Stage.CONNECT, reset=True)), "none", PENDING, "greeting", "closed the connection"),
    "greeting never": (of(hang(Stage.CONNECT)), "none", PENDING, "greeting", "choose SSL/TLS"),
    "EHLO dropped": (of(drop(Stage.EHLO)), "none", PENDING, "greeting", "closed"),
    "EHLO never": (of(hang(Stage.EHLO)), "none", PENDING, "greeting", "did not answer"),
    "EHLO 421": (of(refuse(Stage.EHLO, "421 4.7.0 Slow down")), "none", PENDING, "greeting", "Slow down"),
    "EHLO unknown": (of(refuse(Stage.EHLO, "502 5.5.1 What?", times=1)), "none", SENT, "accepted", "250"),
    "STARTTLS stripped": (signing_in(offers_starttls=False), "starttls", FAILED, "TLS", "does not offer STARTTLS"),
    "STARTTLS 454": (signing_in(refuse(Stage.STARTTLS, "454 4.7.0 Later")), "starttls", PENDING, "TLS", "Later"),
    "STARTTLS 501": (signing_in(refuse(Stage.STARTTLS, "501 5.5.2 No")), "starttls", FAILED, "TLS", "5.5.2"),
    "STARTTLS garbled": (signing_in(garble()), "starttls", PENDING, "TLS", "encrypted"),
    "STARTTLS dropped": (signing_in(drop(Stage.HANDSHAKE)), "starttls", PENDING, "TLS", "encrypted"),
    "STARTTLS never": (signing_in(hang(Stage.HANDSHAKE)), "starttls", PENDING, "TLS", "did not answer"),
    "sign-in 535": (signing_in(refuse(Stage.AUTH, "535 5.7.8 No")), "starttls", FAILED, "sign-in", "app password"),
    "sign-in Microsoft 5.7.139": (
        signing_in(refuse(Stage.AUTH, "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled")),
        "starttls",
        FAILED,
        "sign-in",
        "SMTP AUTH is switched off",
    ),
    "sign-in Microsoft 5.7.30": (
        signing_in(refuse(Stage.AUTH, "550 5.7.30 Basic authentication is not supported for Client Submission")),
        "starttls",
        FAILED,
        "sign-in",
        "Microsoft Graph",
    ),
    "sign-in Gmail 534": (
        signing_in(refuse(Stage.AUTH, "534 5.7.9 Application-specific password required")),
        "starttls",
        FAILED,
        "sign-in",
        "Google wants an app password",
    ),
    "sign-in refused with the password echoed": (
        signing_in(refuse(Stage.AUTH, f"535 5.7.8 {PASSWORD} is wrong")),
        "starttls",
        FAILED,
        "sign-in",
        "[redacted] is wrong",
    ),
    "sign-in 454": (signing_in(refuse(Stage.AUTH, "454 4.7.0 Later")), "starttls", PENDING, "sign-in", "Later"),
    "sign-in dropped": (signing_in(drop(Stage.AUTH)), "starttls", PENDING, "sign-in", "closed"),
    "sign-in never": (signing_in(hang(Stage.AUTH)), "starttls", PENDING, "sign-in", "did not answer"),
    "no way to sign in": (signing_in(mechanisms=("XOAUTH2",)), "starttls", FAILED, "sign-in", "offered: XOAUTH2"),
    "sign-in not offered": (of(), "starttls", FAILED, "sign-in", "a relay that wants no sign-in needs no user name"),
    "sender 5.7.60": (
        of(refuse(Stage.MAIL, "550 5.7.60 SMTP; Client does not have permissions to send as this sender")),
        "none",
        FAILED,
        "sender",
        "may not send as the from address",
    ),
    "sender 530": (of(refuse(Stage.MAIL, "530 5.7.0 Authentication required")), "none", FAILED, "sender", "sign-in"),
    "sender 452": (of(refuse(Stage.MAIL, "452 4.3.1 Disk full")), "none", PENDING, "sender", "Disk full"),
    "sender 421": (of(refuse(Stage.MAIL, "421 4.7.0 Too many")), "none", PENDING, "sender", "Too many"),
    "sender dropped": (of(drop(Stage.MAIL)), "none", PENDING, "sender", "closed"),
    "sender 552": (of(size_limit=2000), "none", FAILED, "prepare", "the server takes 2,000"),
    "one of three 550": (
        of(refuse(Stage.RCPT, "550 5.1.1 User unknown", recipient=BOB)),
        "none",
        PARTIAL,
        "accepted",
        "1 of 3 recipients was refused by the server: “550 5.1.1 User unknown”",
    ),
    "one of three 452": (
        of(refuse(Stage.RCPT, "452 4.2.2 Mailbox full", recipient=BOB)),
        "none",
        PARTIAL,
        "accepted",
        "1 of 3 recipients was refused by the server: “452 4.2.2 Mailbox full”",
    ),
    "all recipients 550": (of(refuse(Stage.RCPT, "550 5.1.1 Unknown")), "none", FAILED, "recipient", "spelling"),
    "all recipients 450": (of(refuse(Stage.RCPT, "450 4.7.1 Grey")), "none", PENDING, "recipient", "4.7.1 Grey"),
    "second recipient 421": (
        of(refuse(Stage.RCPT, "421 4.7.0 Enough", recipient=BOB)),
        "none",
        PENDING,
        "recipient",
        "Enough",
    ),
    "recipient dropped": (of(drop(Stage.RCPT)), "none", PENDING, "recipient", "closed"),
    "recipient never": (of(hang(Stage.RCPT)), "none", PENDING, "recipient", "did not answer"),
    "DATA 451": (of(refuse(Stage.DATA, "451 4.3.0 Later")), "none", PENDING, "data", "Later"),
    "DATA 554": (of(refuse(Stage.DATA, "554 5.7.1 No")), "none", FAILED, "data", "No"),
    "DATA dropped": (of(drop(Stage.DATA)), "none", PENDING, "data", "closed"),
    "DATA never": (of(hang(Stage.DATA)), "none", PENDING, "data", "did not answer"),
    "dropped before the dot": (of(drop(Stage.BODY, after_bytes=10)), "none", PENDING, "data", "closed"),
    "reset before the dot": (of(drop(Stage.BODY, after_bytes=10, reset=True)), "none", PENDING, "data", "closed"),
    "dropped before the dot in TLS": (signing_in(drop(Stage.BODY, after_bytes=500)), "ssl", PENDING, "data", "closed"),
    "never after the body": (
        of(
            hang(
                Stage.BODY,
            )
        ),
        "none",
        UNKNOWN,
        "data",
        "may have been accepted",
    ),
    "dot 452": (of(refuse(Stage.DOT, "452 4.3.1 Disk full")), "none", PENDING, "data", "Disk full"),
    "dot 550": (of(refuse(Stage.DOT, "550 5.7.1 Spam")), "none", FAILED, "data", "Spam"),
    "dot 552 without attachments": (of(refuse(Stage.DOT, "552 5.3.4 Big")), "none", FAILED, "data", "larger"),
    "accepted, then dropped": (of(drop(Stage.DOT, accepting=True)), "none", UNKNOWN, "data", "may have been accepted"),
    "accepted, then dropped in TLS": (signing_in(drop(Stage.DOT, accepting=True)), "ssl", UNKNOWN, "data", "may have"),
    "accepted, then reset": (of(drop(Stage.DOT, accepting=True, reset=True)), "none", UNKNOWN, "data", "may have"),
    "accepted, then silence": (of(hang(Stage.DOT, accepting=True)), "none", UNKNOWN, "data", "may have been"),
    "accepted, then nonsense": (
        of(Act(Stage.DOT, "what?", accepting=True)),
        "none",
        UNKNOWN,
        "data",
        "not understood",
    ),
    "dropped at the dot": (of(drop(Stage.DOT)), "none", UNKNOWN, "data", "may have been accepted"),
    "250, then dropped": (of(acknowledge_and_drop()), "none", SENT, "accepted", "250"),
    "QUIT refused": (of(refuse(Stage.QUIT, "500 5.5.1 No")), "none", SENT, "accepted", "250"),
    "QUIT dropped": (of(drop(Stage.QUIT)), "none", SENT, "accepted", "250"),
    "QUIT never": (of(hang(Stage.QUIT)), "none", SENT, "accepted", "250"),
}


def _patience(script: MailScript) -> float:
    """Short only where the server never answers, so that a busy machine is not taken for one."""
    return 2.0 if any(act.then is Then.HANG for act in script.acts) else 10.0


@pytest.mark.parametrize("case", SESSIONS)
def test_each_session_leads_to_its_state_and_server_and_rows_agree(case, settings, certificate) -> None:
    script, security, state, stage, words = SESSIONS[case]
    tls = None if security == "none" else certificate

    with ScriptedMailServer(script, security=security, tls=tls) as server:
        allow(settings, server.address, ca=certificate.ca)
        fields = {} if security == "none" else {"username": "usage@demo.example", "secret": PASSWORD}
        email = queued_alert(smtp_configuration(server, security=security, **fields))
        email = deliver(email.pk, stage_seconds=_patience(script))

    attempt = email.delivery_attempts.get()
    taken = server.taken()
    assert (email.state, attempt.stage) == (state, stage), email.message
    assert words in f"{email.message} {attempt.server_answer} {attempt.hint}"
    assert PASSWORD not in f"{email.message}{attempt.server_answer}"
    assert len(taken) in {SENT: [1], PARTIAL: [1], UNKNOWN: [0, 1]}.get(state, [0])
    if state in (SENT, PARTIAL):
        assert sorted(taken[0].recipients) == sorted(attempt.accepted)
        assert len(taken[0].recipients) + len(attempt.refused) == 3


@pytest.mark.parametrize("case", ["accepted, then dropped", "accepted, then silence", "dropped at the dot"])
def test_a_mail_that_may_have_arrived_is_never_sent_again_by_itself(case, settings) -> None:
    with ScriptedMailServer([SESSIONS[case][0], MailScript()]) as server:
        allow(settings, server.address)
        email = queued_alert(smtp_configuration(server))

        for _ in range(3):
            make_due(email)
            deliver(email.pk, stage_seconds=_patience(SESSIONS[case][0]))

    assert len(server.sessions()) == 1
    assert OutgoingEmail.objects.get(pk=email.pk).state == UNKNOWN


def test_a_failure_before_acceptance_is_followed_by_one_mail(settings) -> None:
    scripts = [SESSIONS[case][0] for case in ("DATA 451", "dropped before the dot", "dot 452", "all is well")]

    with ScriptedMailServer(scripts) as server:
        allow(settings, server.address)
        email = queued_alert(smtp_configuration(server))
        for _ in range(6):
            make_due(email)
            deliver(email.pk, stage_seconds=10.0)

    email.refresh_from_db()
    assert (email.state, email.attempts, len(server.taken())) == (SENT, 4, 1)
    assert [attempt.outcome for attempt in email.delivery_attempts.all()] == ["retry", "retry", "retry", "sent"]


def test_a_server_that_is_not_there_is_asked_again_later(settings) -> None:
    with ScriptedMailServer(MailScript()) as server:
        pass
    allow(settings, server.address)
    email = queued_alert(smtp_configuration(server))

    email = deliver(email.pk, stage_seconds=10.0)

    assert (email.state, email.delivery_attempts.get().stage) == (PENDING, "connect")
    assert f"127.0.0.1:{server.port}" in email.message


def test_after_the_last_attempt_the_mail_has_failed(settings) -> None:
    with ScriptedMailServer(SESSIONS["DATA 451"][0]) as server:
        allow(settings, server.address)
        email = queued_alert(smtp_configuration(server))
        for _ in range(10):
            make_due(email)
            deliver(email.pk, stage_seconds=10.0)

    email.refresh_from_db()
    assert (email.state, email.attempts, len(server.sessions())) == (FAILED, 6, 6)


def test_a_server_that_lets_each_recipient_wait_is_left_before_the_worker_is_held_up(settings, monkeypatch) -> None:
    monkeypatch.setattr(smtp, "RECIPIENTS_SECONDS", 0.0)
    with ScriptedMailServer(MailScript()) as server:
        allow(settings, server.address)
        email = deliver(queued_alert(smtp_configuration(server)).pk)

    assert (email.state, email.delivery_attempts.get().stage, server.taken()) == (PENDING, "recipient", ())
    assert "took longer than 0 seconds over the recipients" in email.message


@pytest.mark.parametrize("size", ["-1", "0", "9" * 5000, "many", "٣"])
def test_a_size_that_makes_no_sense_is_as_good_as_none(settings, size) -> None:
    with ScriptedMailServer(MailScript.of(Act(Stage.EHLO, f"250-demo.example\r\n250 SIZE {size}"))) as server:
        allow(settings, server.address)
        email = deliver(queued_alert(smtp_configuration(server)).pk)

    assert (email.state, len(server.taken())) == (SENT, 1)


def test_fifty_refused_recipients_are_all_listed(settings) -> None:
    people = [f"person{number}@demo.example" for number in range(50)]
    long_words = "550 5.1.1 " + "Unknown here " * 60
    with ScriptedMailServer(MailScript.of(refuse(Stage.RCPT, long_words))) as server:
        allow(settings, server.address)
        email = queued_alert(smtp_configuration(server, to=", ".join(people), bcc=""))
        email = deliver(email.pk)

    attempt = email.delivery_attempts.get()
    assert (email.state, set(attempt.refused), len(server.sessions()[0].refused_recipients)) == (
        FAILED,
        set(people),
        50,
    )
    assert all(len(words) <= 500 for words in attempt.refused.values())
