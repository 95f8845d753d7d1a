"""msal signs in over the guarded session, so its calls obey the same rules as all others."""

from pathlib import Path

import msal
import pytest

from intacct_usage.lib.outbound import OutboundError, OutboundPolicy, OutboundSession, parse_outbound_allow
from intacct_usage.lib.outbound_msal import MsalHttpClient
from intacct_usage.simulator.certificates import make_certificate
from intacct_usage.simulator.graph import GraphStandIn
from intacct_usage.simulator.graph_sign_in import Application
from tests.lib.servers import answering, says, session_for

TENANT, CLIENT = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
SCOPES = ["https://graph.microsoft.com/.default"]


def sign_in(graph: GraphStandIn, session: OutboundSession, secret: str) -> dict[str, object]:
    application = msal.ConfidentialClientApplication(
        CLIENT,
        client_credential=secret,
        authority=f"{graph.url}/{TENANT}",
        instance_discovery=False,
        http_client=MsalHttpClient(session),
    )
    return application.acquire_token_for_client(SCOPES)


@pytest.mark.parametrize(("secret", "key"), [("right secret", "access_token"), ("wrong secret", "error")])
def test_msal_signs_in_over_the_guarded_session(tmp_path: Path, secret: str, key: str) -> None:
    tls = make_certificate(tmp_path / "tls")
    (tmp_path / "mail").mkdir()
    application = Application(TENANT, CLIENT, "right secret")
    with GraphStandIn(application, tmp_path / "mail", tls=tls, mailboxes=frozenset()) as graph:
        policy = OutboundPolicy(allow=parse_outbound_allow(graph.address), extra_ca_file=tls.ca)
        with OutboundSession(policy) as session:
            assert key in sign_in(graph, session, secret)

    assert [call.kind for call in graph.ledger] == ["discovery", "token"]


def test_msal_sees_the_errors_of_the_session(tmp_path: Path) -> None:
    with OutboundSession(OutboundPolicy()) as session, pytest.raises(OutboundError, match="blocked kind"):
        MsalHttpClient(session).get("https://127.0.0.1/x")


def test_answers_look_like_those_of_requests() -> None:
    with answering(says(b'{"a": 1}', status="400 Bad")) as server, session_for(server) as session:
        answer = MsalHttpClient(session).post(server.url("/x?a=b"), params={"c": "d"}, data={"e": "f"}, timeout=3)

    assert (answer.status_code, answer.text, answer.json()) == (400, '{"a": 1}', {"a": 1})
    assert server.heads[0].startswith(b"POST /x?a=b&c=d HTTP/1.1\r\n")
    assert server.bodies == [b"e=f"]
    with pytest.raises(RuntimeError, match="status 400"):
        answer.raise_for_status()
    assert '"a"' not in repr(answer)
