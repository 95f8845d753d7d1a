"""Each way of misbehaving at each point of an SMTP session, with each security: the state follows from what happened.

What is right is not written down case by case but worked out from the server's own record of the session.
"""

from itertools import product

import pytest

from intacct_usage.simulator.mail_script import (
    Act,
    MailScript,
    MailSession,
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
from tests.notifications.mailing import PASSWORD, allow, make_due, queued_alert, smtp_configuration

pytestmark = pytest.mark.django_db
USERS = {"usage@demo.example": PASSWORD}
PEOPLE = ("ann@demo.example", "bob@demo.example", "cleo@demo.example")

WAYS = {
    "4xx": lambda stage: refuse(stage, "451 4.3.0 Later"),
    "421": lambda stage: refuse(stage, "421 4.3.2 Closing"),
    "5xx": lambda stage: refuse(stage, "554 5.3.0 No"),
    "3xx": lambda stage: Act(stage, "399 What now?"),
    "nonsense": lambda stage: Act(stage, "no SMTP at all"),
    "drop": drop,
    "reset": lambda stage: drop(stage, reset=True),
    "hang": hang,
}
ALWAYS = (Stage.CONNECT, Stage.EHLO, Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.DOT, Stage.QUIT)
STAGES = {
    "none": ALWAYS,
    "starttls": (Stage.STARTTLS, Stage.AUTH, *ALWAYS[1:]),
    "ssl": (Stage.AUTH, *ALWAYS[2:]),
}
SPECIAL = {
    "garbled handshake": garble(),
    "dropped handshake": drop(Stage.HANDSHAKE),
    "dropped in the body": drop(Stage.BODY, after_bytes=10),
    "reset in the body": drop(Stage.BODY, after_bytes=10, reset=True),
    "silent from the body on": hang(Stage.BODY),
    "taken, then dropped": drop(Stage.DOT, accepting=True),
    "taken, then reset": drop(Stage.DOT, accepting=True, reset=True),
    "taken, then silence": hang(Stage.DOT, accepting=True),
    "taken, then nonsense": Act(Stage.DOT, "what?", accepting=True),
    "taken, then 354": Act(Stage.DOT, "354 Go on", accepting=True),
    "acknowledged, then dropped": acknowledge_and_drop(),
}
ENCRYPTED_ONLY = {"garbled handshake", "dropped handshake"}
CASES = {
    **{
        f"{security}: {stage.name} {way}": (security, (WAYS[way](stage),))
        for security, stages in STAGES.items()
        for stage, way in product(stages, WAYS)
    },
    **{
        f"{security}: {name}": (security, (act,))
        for security, (name, act) in product(STAGES, SPECIAL.items())
        if security != "none" or name not in ENCRYPTED_ONLY
    },
    **{
        f"none: {reply[:3]} for {len(people)} of three, {people[0]} first": (
            "none",
            tuple(refuse(Stage.RCPT, reply, recipient=person) for person in people),
        )
        for reply in ("452 4.2.2 Full", "550 5.1.1 Unknown")
        for people in (*((person,) for person in PEOPLE), PEOPLE[:2], PEOPLE[1:], PEOPLE)
    },
}


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 150


@pytest.mark.parametrize("case", CASES)
def test_state_rows_and_server_agree_after_two_sessions(case, settings, certificate) -> None:
    security, acts = CASES[case]
    users = None if security == "none" else USERS
    scripts = [MailScript(acts, users=users), MailScript(users=users)]
    tls = None if security == "none" else certificate

    with ScriptedMailServer(scripts, security=security, tls=tls) as server:
        allow(settings, server.address, ca=certificate.ca)
        fields = {} if security == "none" else {"username": "usage@demo.example", "secret": PASSWORD}
        email = queued_alert(smtp_configuration(server, security=security, **fields))
        silent = any(act.then is Then.HANG for act in acts)  # else a busy machine must not be taken for silence
        first = deliver(email.pk, stage_seconds=1.0 if silent else 10.0)
        make_due(email)
        last = deliver(email.pk, stage_seconds=10.0)

    first_session, *further = server.sessions()
    assert first.state in right_states(first_session), (first.message, first_session)
    assert bool(further) == (first.state == "pending")
    check_agreement(last, server)
    if security == "starttls":
        assert not any(command.startswith("AUTH") for command in first_session.commands[:2])


def right_states(session: MailSession) -> set[str]:
    """What a mail may be after its first session, from what the server knows of it."""
    if session.acknowledged:
        return {"partial"} if session.refused_recipients else {"sent"}
    if session.accepted:
        return {"unknown"}
    if session.reached < Stage.BODY:
        return {"pending", "failed"}
    return {"pending", "failed", "unknown"}


def check_agreement(email: OutgoingEmail, server: ScriptedMailServer) -> None:
    taken, attempts = server.taken(), list(email.delivery_attempts.order_by("pk"))
    assert len(taken) <= 1
    assert len(attempts) == len(server.sessions())
    if email.state in ("sent", "partial"):
        assert (len(taken), taken[0].acknowledged) == (1, True)
        assert sorted(attempts[-1].accepted) == sorted(taken[0].recipients)
        assert {*attempts[-1].accepted, *attempts[-1].refused} == set(PEOPLE)
    else:
        assert email.state in ("unknown", "failed")
        assert taken == () or email.state == "unknown"
    for message in taken:
        assert f"Message-ID: {attempts[-1].message_id}".encode() in message.raw
