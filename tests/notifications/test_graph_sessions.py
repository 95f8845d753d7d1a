"""Every way a Graph session can end leads to the one right state; msal and the HTTP client run for real.

A row: faults of the stand-in, changes to the configuration, the state the mail must be in, the stage on record, a part
of the answer or hint a person reads.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from intacct_usage.simulator.graph import GraphStandIn
from intacct_usage.simulator.graph_faults import GraphFault as Fault
from intacct_usage.simulator.graph_sign_in import Application
from notifications.delivery import deliver
from notifications.transports.graph import retry_after_seconds
from tests.notifications.mailing import (
    CLIENT,
    PASSWORD,
    TENANT,
    allow,
    graph_configuration,
    make_due,
    queued_alert,
)

pytestmark = pytest.mark.django_db
OTHER_ID = "99999999-9999-9999-9999-999999999999"

SESSIONS = {
    "all is well": ([], {}, "sent", "accepted", "202"),
    "wrong secret": ([], {"secret": "wrong-secret"}, "failed", "token", "secret's value, not its ID"),
    "expired secret": ([], {"secret": "old-secret"}, "failed", "token", "secret has expired"),
    "wrong tenant": ([], {"tenant_id": OTHER_ID}, "failed", "token", "tenant"),
    "wrong client": ([], {"client_id": OTHER_ID}, "failed", "token", "client ID is not known"),
    "tenant with a path": ([], {"tenant_id": "../evil"}, "failed", "prepare", "neither a GUID nor a domain"),
    "token 500": ([Fault.TOKEN_SERVER_ERROR], {}, "pending", "token", ""),
    "token HTML": ([Fault.TOKEN_HTML], {}, "pending", "token", "could not be understood"),
    "token reset": ([Fault.TOKEN_RESET], {}, "pending", "token", "ended the connection"),
    "token never": ([Fault.TOKEN_NEVER], {}, "pending", "token", ""),
    "401 once": ([Fault.REJECTED], {}, "sent", "accepted", "202"),
    "401 twice": ([Fault.REJECTED, Fault.REJECTED], {}, "failed", "token", "refused a fresh token"),
    "403 request denied": ([Fault.REQUEST_DENIED], {}, "failed", "permission", "Mail.Send"),
    "403 access denied": ([Fault.ACCESS_DENIED], {}, "failed", "permission", "admin consent"),
    "403 from something else": ([Fault.HTML_403], {}, "failed", "permission", "403"),
    "404 mailbox": ([], {"from_address": "nobody@demo.example"}, "failed", "mailbox", "from address"),
    "413 without attachments": ([Fault.TOO_LARGE], {}, "failed", "send", "larger than Microsoft Graph takes"),
    "429": ([Fault.THROTTLED], {}, "pending", "send", "Microsoft limits"),
    "500": ([Fault.SERVER_ERROR], {}, "unknown", "send", "ErrorInternalServerError"),
    "500, taken": ([Fault.TAKEN_THEN_SERVER_ERROR], {}, "unknown", "send", "may have been accepted"),
    "502 from a gateway, taken": ([Fault.TAKEN_THEN_HTML_502], {}, "unknown", "send", "502"),
    "504": ([Fault.GATEWAY_TIMEOUT], {}, "unknown", "send", "504 UnknownError"),
    "504, taken": ([Fault.TAKEN_THEN_GATEWAY_TIMEOUT], {}, "unknown", "send", "may have been accepted"),
    "503": ([Fault.UNAVAILABLE], {}, "pending", "send", "busy"),
    "reset, not taken": ([Fault.RESET], {}, "unknown", "send", "may have been accepted"),
    "reset, taken": ([Fault.TAKEN_THEN_RESET], {}, "unknown", "send", "may have been accepted"),
    "silence, not taken": ([Fault.NEVER], {}, "unknown", "send", "may have been accepted"),
    "silence, taken": ([Fault.TAKEN_THEN_NEVER], {}, "unknown", "send", "may have been accepted"),
}


def _patience(faults: list[Fault]) -> float:
    """Short only where nobody ever answers, so that a busy machine is not taken for silence."""
    return 2.0 if {Fault.NEVER, Fault.TAKEN_THEN_NEVER, Fault.TOKEN_NEVER} & set(faults) else 10.0


@pytest.fixture
def graph(request, settings, certificate, tmp_path) -> Iterator[GraphStandIn]:
    """Fields of the stand-in may be given by indirect parametrization."""
    application = Application(TENANT, CLIENT, PASSWORD, expired_secrets=frozenset({"old-secret"}))
    mailboxes = frozenset({"usage@demo.example"})
    folder = tmp_path / "graph"
    folder.mkdir()
    fields = getattr(request, "param", {})
    with GraphStandIn(application, folder, tls=certificate, mailboxes=mailboxes, **fields) as stand_in:
        allow(settings, stand_in.address, ca=certificate.ca)
        settings.GRAPH_LOGIN_URL = settings.GRAPH_BASE_URL = stand_in.url
        yield stand_in


@pytest.mark.parametrize("case", SESSIONS)
def test_each_session_leads_to_its_state_and_graph_and_rows_agree(case, graph) -> None:
    faults, fields, state, stage, words = SESSIONS[case]
    for fault in faults:
        graph.inject(fault)
    email = queued_alert(graph_configuration(**fields))

    email = deliver(email.pk, stage_seconds=_patience(faults))

    attempt = email.delivery_attempts.get()
    assert (email.state, attempt.stage) == (state, stage), email.message
    assert words in f"{email.message} {attempt.server_answer} {attempt.hint}"
    assert PASSWORD not in f"{email.message}{attempt.server_answer}"
    assert "{" not in email.message
    assert len(graph.mails()) in {"sent": [1], "unknown": [0, 1]}.get(state, [0])
    if state == "sent":
        mail = graph.mails()[0]
        assert sorted([*mail.to, *mail.cc, *mail.bcc]) == sorted(attempt.accepted)


def test_an_answer_cut_after_202_never_leads_to_a_second_mail(graph) -> None:
    graph.inject(Fault.ACCEPTED_THEN_RESET)
    email = queued_alert(graph_configuration())

    for _ in range(3):
        make_due(email)
        email = deliver(email.pk, stage_seconds=10.0)

    assert (email.state in ("sent", "unknown"), len(graph.mails())) == (True, 1)


@pytest.mark.parametrize("case", ["reset, taken", "silence, taken", "reset, not taken", "504, taken", "500, taken"])
def test_a_mail_that_may_have_arrived_is_never_sent_again_by_itself(case, graph) -> None:
    graph.inject(SESSIONS[case][0][0])
    email = queued_alert(graph_configuration())

    for _ in range(3):
        make_due(email)
        email = deliver(email.pk, stage_seconds=_patience(SESSIONS[case][0]))

    sends = [call for call in graph.ledger if call.kind == "send"]
    assert (email.state, len(sends)) == ("unknown", 1)


def test_a_throttled_mail_waits_as_long_as_microsoft_asks(graph) -> None:
    graph.inject(Fault.THROTTLED, retry_after="1800")
    email = queued_alert(graph_configuration())

    email = deliver(email.pk)
    at_once = deliver(email.pk)

    wait = (email.next_attempt_at - email.delivery_attempts.get().finished_at).total_seconds()
    assert 1790 < wait < 1810
    assert (at_once.state, at_once.attempts) == ("pending", 1)


def test_short_waits_asked_again_and_again_do_not_use_up_the_attempts_within_a_minute(graph) -> None:
    email = queued_alert(graph_configuration())
    waits = []

    for _ in range(5):
        graph.inject(Fault.THROTTLED, retry_after="2")
        make_due(email)
        email = deliver(email.pk)
        waits.append((email.next_attempt_at - email.delivery_attempts.latest("pk").finished_at).total_seconds())

    assert [round(wait) for wait in waits] == [2, 60, 300, 900, 3600]


@pytest.mark.parametrize("asked", ["99999999", "9" * 5000, "Mon, 01 Jan 9999 00:00:00 GMT"])
def test_a_wait_without_end_is_cut_to_an_hour(graph, asked) -> None:
    graph.inject(Fault.UNAVAILABLE, retry_after=asked)
    email = queued_alert(graph_configuration())

    email = deliver(email.pk)

    wait = (email.next_attempt_at - email.delivery_attempts.get().finished_at).total_seconds()
    assert 3590 < wait < 3610


@pytest.mark.parametrize("asked", ["soon", "-5", "Mon, 01 Jan 99999999999 00:00:00 GMT", "1.5", "٣ days"])
def test_a_wait_that_makes_no_sense_is_replaced_by_the_usual_one(asked) -> None:
    assert retry_after_seconds(asked, datetime.now(UTC)) is None


def test_a_token_is_asked_for_once_and_only_mail_send_is_used(graph) -> None:
    email = queued_alert(graph_configuration(from_name="Usage"))

    deliver(email.pk)

    assert [call.kind for call in graph.ledger] == ["discovery", "token", "send"]
    assert [call.path for call in graph.ledger][-1] == "/v1.0/users/usage@demo.example/sendMail"


@pytest.mark.parametrize("graph", [{"token_seconds": 60}], indirect=True)
def test_a_token_that_msal_takes_for_expired_is_replaced_within_a_delivery(graph) -> None:
    email = queued_alert(graph_configuration())

    email = deliver(email.pk)

    assert [call.kind for call in graph.ledger] == ["discovery", "token", "token", "send"]
    assert email.state == "sent"


def test_a_graph_that_is_not_there_is_asked_again_later(graph) -> None:
    graph.stop()
    email = queued_alert(graph_configuration())

    email = deliver(email.pk, stage_seconds=10.0)

    assert (email.state, email.delivery_attempts.get().stage) == ("pending", "connect")
    assert graph.address in email.message
