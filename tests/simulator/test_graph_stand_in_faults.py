"""Each fault of the Graph stand-in tells, or hides, what it did; the stand-in's own record never lies."""

import pytest
import requests
from msal.exceptions import MsalServiceError

from intacct_usage.simulator.graph_faults import GraphFault
from tests.simulator.test_graph_stand_in import certificate, graph, http, make_mail, send, sign_in
from tests.workers.processes import wait_until

__all__ = ["certificate", "graph", "http"]


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (GraphFault.REJECTED, 401, "InvalidAuthenticationToken"),
        (GraphFault.REQUEST_DENIED, 403, "Authorization_RequestDenied"),
        (GraphFault.ACCESS_DENIED, 403, "ErrorAccessDenied"),
        (GraphFault.INVALID_USER, 404, "ErrorInvalidUser"),
        (GraphFault.TOO_LARGE, 413, "BadRequest"),
        (GraphFault.THROTTLED, 429, "ApplicationThrottled"),
        (GraphFault.SERVER_ERROR, 500, "ErrorInternalServerError"),
        (GraphFault.UNAVAILABLE, 503, "ErrorServerBusy"),
    ],
)
def test_a_refusal_has_its_status_and_code_and_takes_nothing(graph, http, fault, status, code) -> None:
    graph.inject(fault, retry_after="7")

    answer = send(graph, http, make_mail())

    assert (answer.status_code, answer.json()["error"]["code"], graph.mails()) == (status, code, ())
    assert answer.headers["Retry-After"] == "7"
    assert send(graph, http, make_mail()).status_code == 202


@pytest.mark.parametrize(("fault", "taken"), [(GraphFault.RESET, 0), (GraphFault.TAKEN_THEN_RESET, 1)])
def test_a_reset_after_the_body_leaves_the_client_untold(graph, http, fault, taken) -> None:
    token = sign_in(graph, http)["access_token"]
    graph.inject(fault)

    with pytest.raises(requests.ConnectionError):
        send(graph, http, make_mail(), token=token)

    assert (len(graph.mails()), graph.ledger.entries()[-1].status) == (taken, 0)


def test_a_reset_after_the_202_is_an_accepted_mail(graph, http) -> None:
    graph.inject(GraphFault.ACCEPTED_THEN_RESET)

    try:
        status = send(graph, http, make_mail()).status_code
    except requests.ConnectionError:  # the reset may overtake the answer
        status = 202

    assert (status, len(graph.mails()), graph.ledger.entries()[-1].status) == (202, 1, 202)


@pytest.mark.parametrize(("fault", "taken"), [(GraphFault.NEVER, 0), (GraphFault.TAKEN_THEN_NEVER, 1)])
def test_no_answer_lasts_until_the_client_gives_up(graph, http, fault, taken) -> None:
    token = sign_in(graph, http)["access_token"]
    graph.inject(fault)
    url = f"{graph.url}/v1.0/users/reports@demo.example/sendMail"

    with pytest.raises(requests.ReadTimeout):
        http.post(url, json=make_mail(), headers={"Authorization": f"Bearer {token}"}, timeout=(30, 0.2))
    wait_until(lambda: graph.ledger.entries()[-1].fault is fault)  # also where the client was quicker

    assert len(graph.mails()) == taken


def test_faults_at_the_token_address_do_not_touch_sending(graph, http) -> None:
    token = sign_in(graph, http)["access_token"]
    graph.inject(GraphFault.TOKEN_SERVER_ERROR)
    graph.inject(GraphFault.TOKEN_RESET)

    sent = send(graph, http, make_mail(), token=token)
    with pytest.raises(MsalServiceError, match="HTTP Error: 500"):
        sign_in(graph, http)
    with pytest.raises(requests.ConnectionError):
        sign_in(graph, http)

    assert sent.status_code == 202


def test_a_page_of_html_is_no_error_object(graph, http) -> None:
    graph.inject(GraphFault.HTML_403)

    answer = send(graph, http, make_mail())

    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "text/html; charset=utf-8")
