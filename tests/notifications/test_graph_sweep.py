"""Each fault of Microsoft's services, alone and in pairs: no mail is taken twice, and no state says what is not so.

What is right is worked out from the stand-in's ledger and from the folder it keeps mails in.
"""

import json
from collections.abc import Iterator
from itertools import permutations

import pytest

from intacct_usage.simulator.graph import GraphStandIn
from intacct_usage.simulator.graph_faults import GraphFault as Fault
from intacct_usage.simulator.graph_sign_in import Application
from notifications.delivery import deliver
from tests.notifications.mailing import CLIENT, PASSWORD, TENANT, allow, graph_configuration, make_due, queued_alert

pytestmark = pytest.mark.django_db
SLOW = {Fault.NEVER, Fault.TAKEN_THEN_NEVER, Fault.TOKEN_NEVER}
TWICE = (
    Fault.TOKEN_RESET,
    Fault.REJECTED,
    Fault.THROTTLED,
    Fault.UNAVAILABLE,
    Fault.TAKEN_THEN_RESET,
    Fault.SERVER_ERROR,
)
CASES = [*((fault,) for fault in Fault), *permutations(TWICE, 2)]


@pytest.fixture
def graph(settings, certificate, tmp_path) -> Iterator[GraphStandIn]:
    folder = tmp_path / "graph"
    folder.mkdir()
    application, mailboxes = Application(TENANT, CLIENT, PASSWORD), frozenset({"usage@demo.example"})
    with GraphStandIn(application, folder, tls=certificate, mailboxes=mailboxes) as stand_in:
        allow(settings, stand_in.address, ca=certificate.ca)
        settings.GRAPH_LOGIN_URL = settings.GRAPH_BASE_URL = stand_in.url
        yield stand_in


@pytest.mark.parametrize("faults", CASES, ids=lambda faults: ", then ".join(fault.name for fault in faults))
def test_rows_ledger_and_folder_agree_however_often_it_is_delivered(graph, faults) -> None:
    for fault in faults:
        graph.inject(fault)
    email = queued_alert(graph_configuration())

    for _ in range(4):
        make_due(email)
        email = deliver(email.pk, stage_seconds=2.0 if SLOW & set(faults) else 10.0)

    sends = [call for call in graph.ledger if call.kind == "send"]
    kept = [json.loads(path.read_text()) for path in graph.folder.glob("*-graph.json")]
    attempts = list(email.delivery_attempts.order_by("pk"))
    assert len(kept) == len(graph.mails()) <= 1
    if email.state == "sent":
        assert (sends[-1].status, len(kept), attempts[-1].outcome) == (202, 1, "sent")
    elif email.state == "failed":
        assert (kept, sends[-1].status in (401, 403, 404, 413)) == ([], True)
    else:
        assert (email.state, sends[-1].status in (0, 202, 500, 502, 504)) == ("unknown", True)
    assert [attempt.outcome for attempt in attempts[:-1]] == ["retry"] * (len(attempts) - 1)
    for mail in kept:
        headers = mail["message"]["internetMessageHeaders"]
        assert {"name": "x-intacct-usage-message-id", "value": attempts[-1].message_id} in headers
