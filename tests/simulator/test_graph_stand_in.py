"""Real msal signs in to the Graph stand-in over HTTPS, and sendMail is as strict as Microsoft's."""

import base64
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import msal
import pytest
import requests

from intacct_usage.simulator.certificates import make_certificate
from intacct_usage.simulator.graph import GraphStandIn
from intacct_usage.simulator.graph_sign_in import Application
from tests.workers.processes import wait_until

TENANT, CLIENT = "11111111-2222-4333-8444-555555555555", "66666666-7777-4888-8999-000000000000"
SECRET = 'demo & <"secret">'


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def graph(certificate, tmp_path):
    application = Application(TENANT, CLIENT, SECRET, expired_secrets=frozenset({"last year's"}))
    stand_in = GraphStandIn(
        application, tmp_path / "mail", tls=certificate, mailboxes=frozenset({"reports@demo.example"})
    )
    with stand_in:
        yield stand_in


@pytest.fixture
def http(certificate):
    with requests.Session() as session:
        session.verify, session.trust_env = str(certificate.ca), False
        yield session


def sign_in(graph, http, *, tenant=TENANT, client=CLIENT, secret=SECRET) -> dict:
    application = msal.ConfidentialClientApplication(
        client,
        client_credential=secret,
        authority=f"{graph.url}/{tenant}",
        instance_discovery=False,
        http_client=http,
    )
    return application.acquire_token_for_client([f"{graph.url}/.default"])


def make_mail(**message) -> dict:
    default = {
        "subject": "Usage of März",
        "body": {"contentType": "HTML", "content": "<p>5 €</p>"},
        "toRecipients": [{"emailAddress": {"address": "zoe@customer.example", "name": "Zoë"}}],
    }
    return {"message": default | message, "saveToSentItems": False}


def attach(name: str, content: bytes, **more) -> dict:
    encoded = base64.b64encode(content).decode()
    return {"@odata.type": "#microsoft.graph.fileAttachment", "name": name, "contentBytes": encoded, **more}


def send(graph, http, mail: dict, *, token: str = "", mailbox: str = "reports@demo.example") -> requests.Response:
    token = token or sign_in(graph, http)["access_token"]
    url = f"{graph.url}/v1.0/users/{mailbox}/sendMail"
    return http.post(url, json=mail, headers={"Authorization": f"Bearer {token}"}, timeout=30)


def test_msal_signs_in_and_caches_the_token(graph, http) -> None:
    application = msal.ConfidentialClientApplication(
        CLIENT, client_credential=SECRET, authority=f"{graph.url}/{TENANT}", instance_discovery=False, http_client=http
    )

    sources = [application.acquire_token_for_client([f"{graph.url}/.default"])["token_source"] for _ in range(2)]

    assert sources == ["identity_provider", "cache"]
    assert [call.kind for call in graph.ledger] == ["discovery", "token"]
    assert SECRET not in f"{graph!r}{graph.ledger.entries()!r}"


@pytest.mark.parametrize(
    ("credentials", "error", "number"),
    [
        ({"secret": "wrong"}, "invalid_client", 7000215),
        ({"secret": "last year's"}, "invalid_client", 7000222),
        ({"client": "77777777-7777-4888-8999-000000000000"}, "unauthorized_client", 700016),
    ],
)
def test_wrong_credentials_are_told_in_microsofts_codes(graph, http, credentials, error, number) -> None:
    answer = sign_in(graph, http, **credentials)

    assert (answer["error"], answer["error_codes"]) == (error, [number])
    assert answer["error_description"].startswith(f"AADSTS{number}: ")
    assert graph.ledger.entries()[-1].code == f"AADSTS{number}"


def test_an_unknown_tenant_is_refused_before_any_token_is_asked_for(graph, http) -> None:
    with pytest.raises(ValueError, match="Unable to get authority configuration") as error:
        sign_in(graph, http, tenant="elsewhere.example")

    assert "AADSTS90002: Tenant 'elsewhere.example' not found" in str(error.value.__context__)
    assert [(call.kind, call.status) for call in graph.ledger] == [("discovery", 400)]


def test_a_certificate_the_client_does_not_trust_is_refused(graph, http) -> None:
    http.verify = True

    with pytest.raises(requests.exceptions.SSLError):
        sign_in(graph, http)


def test_a_mail_is_taken_and_kept_with_its_attachments_decoded(graph, http) -> None:
    attachments = [
        attach("Übersicht.csv", b"a,b\r\n", contentType="text/csv"),
        attach("../../chart.png", b"\x89PNG", isInline=True, contentId="chart"),
        attach("Übersicht.csv", b"second"),
    ]
    mail = make_mail(attachments=attachments, bccRecipients=[{"emailAddress": {"address": "hidden@demo.example"}}])

    answer = send(graph, http, mail)

    (kept,) = graph.mails()
    assert (answer.status_code, answer.content) == (202, b"")
    assert (kept.to, kept.bcc, kept.save_to_sent_items) == (("zoe@customer.example",), ("hidden@demo.example",), False)
    assert [(file.content, file.inline) for file in kept.attachments][:2] == [(b"a,b\r\n", False), (b"\x89PNG", True)]
    assert json.loads(kept.path.read_bytes()) == mail
    decoded = {path.name: path.read_bytes() for path in kept.path.with_suffix("").iterdir()}
    assert decoded == {"Übersicht.csv": b"a,b\r\n", "_.._chart.png": b"\x89PNG", "3-Übersicht.csv": b"second"}


@pytest.mark.parametrize(
    ("mail", "status", "code"),
    [
        ({"message": None}, 400, "RequestBodyRead"),
        (make_mail(unknown="x"), 400, "RequestBodyRead"),
        (make_mail(toRecipients=[]), 400, "ErrorInvalidRecipients"),
        (make_mail(toRecipients=[{"emailAddress": {"address": "no address"}}]), 400, "ErrorInvalidRecipients"),
        (make_mail(attachments=[{"name": "a", "contentBytes": "QQ=="}]), 400, "RequestBodyRead"),
        (make_mail(attachments=[attach("a", b"") | {"contentBytes": "???"}]), 400, "RequestBodyRead"),
        (make_mail(**{"from": {"emailAddress": {"address": "boss@demo.example"}}}), 403, "ErrorSendAsDenied"),
    ],
)
def test_a_mail_that_graph_would_refuse_is_refused(graph, http, mail, status, code) -> None:
    answer = send(graph, http, mail)

    assert (answer.status_code, answer.json()["error"]["code"], graph.mails()) == (status, code, ())


def test_an_unknown_mailbox_is_not_found(graph, http) -> None:
    answer = send(graph, http, make_mail(), mailbox="nobody@demo.example")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ErrorInvalidUser")


def test_a_request_above_the_limit_is_too_large_and_one_below_is_taken(graph, http) -> None:
    large = send(graph, http, make_mail(attachments=[attach("a.csv", b"x" * 3_200_000)]))
    small = send(graph, http, make_mail(attachments=[attach("a.csv", b"x" * 3_000_000)]))

    assert (large.status_code, small.status_code, len(graph.mails())) == (413, 202, 1)


def test_without_mail_send_or_for_drafts_access_is_denied(graph, http, certificate, tmp_path) -> None:
    token = sign_in(graph, http)["access_token"]
    url = f"{graph.url}/v1.0/users/reports@demo.example/messages"
    draft = http.post(url, json={}, headers={"Authorization": f"Bearer {token}"}, timeout=30)
    bare = Application(TENANT, CLIENT, SECRET, permissions=frozenset())
    with GraphStandIn(bare, tmp_path, tls=certificate, mailboxes=graph.mailboxes) as without:
        sent = send(without, http, make_mail())

    assert [(answer.status_code, answer.json()["error"]["code"]) for answer in (draft, sent)] == [
        (403, "ErrorAccessDenied")
    ] * 2


def test_tokens_expire_by_the_clock_and_can_be_revoked(graph, http) -> None:
    token = sign_in(graph, http)["access_token"]
    now = datetime.now(UTC)
    statuses = [send(graph, http, make_mail(), token=token).status_code]

    graph.clock = lambda: now + timedelta(seconds=3600)
    expired = send(graph, http, make_mail(), token=token)
    graph.clock = lambda: now
    graph.revoke_tokens()
    statuses += [expired.status_code, send(graph, http, make_mail(), token=token).status_code]

    assert statuses == [202, 401, 401]
    assert expired.json()["error"]["message"] == "Lifetime validation failed, the token is expired."


def test_no_more_than_four_requests_are_served_at_once(graph, http, monkeypatch) -> None:
    """Served are those within `latency_seconds`, which here last until the others have been refused."""
    token, refused = sign_in(graph, http)["access_token"], threading.Event()
    graph.latency_seconds = 60
    monkeypatch.setattr(graph._listener.stopping, "wait", refused.wait)

    with ThreadPoolExecutor(6) as pool:
        sending = [pool.submit(send, graph, http, make_mail(), token=token) for _ in range(6)]
        wait_until(lambda: sum(each.done() for each in sending) == 2)
        refused.set()
        statuses = sorted(each.result().status_code for each in sending)

    assert (statuses, len(graph.mails())) == ([202, 202, 202, 202, 429, 429], 4)
