"""The simulated proxies forward for the right password, refuse in the ways proxies do, and know what went through."""

import base64
import http.client
import smtplib
import socket
import subprocess
import sys

import pytest
import requests

from intacct_usage.simulator.certificates import make_certificate
from intacct_usage.simulator.companies_api import CompaniesApiSimulator
from intacct_usage.simulator.graph import GraphStandIn
from intacct_usage.simulator.graph_sign_in import Application
from intacct_usage.simulator.mail import MailSink
from intacct_usage.simulator.proxy import AuthenticatedProxy, RefusingProxy
from tests.simulator.simulator_threads import simulator_threads
from tests.simulator.test_companies_api import companies
from tests.workers.processes import wait_until

USER, PASSWORD = "us@er", "p:w/d é"
CREDENTIALS = "us%40er:p%3Aw%2Fd%20%C3%A9"


@pytest.fixture
def proxy():
    with AuthenticatedProxy(USER, PASSWORD) as proxy:
        yield proxy


@pytest.fixture
def api():
    with CompaniesApiSimulator(companies(3), shape="strings") as api:
        yield api


def get(url: str, proxy_address: str, credentials: str = CREDENTIALS, **more) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        address = f"http://{credentials}@{proxy_address}" if credentials else f"http://{proxy_address}"
        session.proxies = {"http": address, "https": address}
        return session.get(url, timeout=30, **more)


def connect(proxy_address: str, target: str, authorization: str) -> tuple[int, socket.socket]:
    """CONNECT by hand; returns the status and the socket."""
    host, _, port = proxy_address.partition(":")
    client = socket.create_connection((host, int(port)), 5)
    header = f"Proxy-Authorization: {authorization}\r\n" if authorization else ""
    client.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{header}\r\n".encode())
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += client.recv(1) or pytest.fail(f"the proxy closed after {answer!r}")
    return int(answer.split()[1]), client


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_plain_http_goes_through_with_the_right_password(proxy, api) -> None:
    answers = [get(api.url, proxy.address) for _ in range(2)]

    assert [answer.json() for answer in answers] == [["C1", "C2", "C3"]] * 2
    assert proxy.targets == (api.address, api.address)
    assert [(request.method, request.status) for request in proxy.requests] == [("GET", 200)] * 2


@pytest.mark.parametrize("credentials", ["", "us%40er:wrong", "other:p%3Aw%2Fd%20%C3%A9"])
def test_without_the_right_password_nothing_reaches_the_target(proxy, api, credentials) -> None:
    answer = get(api.url, proxy.address, credentials)

    assert (answer.status_code, len(api.ledger), proxy.targets) == (407, 0, ())
    assert answer.headers["Proxy-Authenticate"].startswith("Basic")
    assert [request.target for request in proxy.requests] == [api.address]


def test_a_refusal_survives_a_large_body_the_proxy_never_reads(proxy, api) -> None:
    answer = requests.post(api.url, data=b"x" * 3_000_000, proxies={"http": f"http://{proxy.address}"}, timeout=30)

    assert answer.status_code == 407


def test_https_goes_through_a_tunnel_and_still_verifies_the_target(proxy, tmp_path) -> None:
    certificate = make_certificate(tmp_path)
    application = Application("tenant", "client", "secret")
    with GraphStandIn(application, tmp_path, tls=certificate, mailboxes=frozenset()) as graph:
        answer = get(
            f"{graph.url}/tenant/v2.0/.well-known/openid-configuration", proxy.address, verify=str(certificate.ca)
        )
        with pytest.raises(requests.exceptions.SSLError):
            get(f"{graph.url}/tenant/v2.0/.well-known/openid-configuration", proxy.address)

    assert answer.json()["issuer"] == f"{graph.url}/tenant/v2.0"
    assert [(request.method, request.target) for request in proxy.requests] == [("CONNECT", graph.address)] * 2


def test_smtp_goes_through_a_tunnel(proxy, tmp_path) -> None:
    with MailSink(tmp_path) as sink:
        status, tunnel = connect(proxy.address, sink.address, basic(f"{USER}:{PASSWORD}"))
        client = smtplib.SMTP()
        client.sock = tunnel
        client.getreply()
        client.sendmail("a@demo.example", ["b@demo.example"], b"Subject: x\r\n\r\n" + b"line\r\n" * 100_000)
        client.quit()

    assert (status, len(sink.messages()), proxy.targets) == (200, 1, (sink.address,))


def test_a_target_that_is_down_is_a_bad_gateway(proxy) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        target = f"127.0.0.1:{unused.getsockname()[1]}"
        status, client = connect(proxy.address, target, basic(f"{USER}:{PASSWORD}"))
        client.close()

    assert (status, [request.status for request in proxy.requests], proxy.targets) == (502, [502], ())


def test_routes_lead_a_name_to_another_address(api) -> None:
    with AuthenticatedProxy(routes={"companies.example.com:80": api.address}) as proxy:
        answer = get("http://companies.example.com/companies", proxy.address, credentials="")

    assert (answer.json(), proxy.targets) == (["C1", "C2", "C3"], ("companies.example.com:80",))


def test_stop_closes_open_tunnels_and_a_stopped_proxy_refuses(proxy, tmp_path) -> None:
    with MailSink(tmp_path) as sink:
        _, tunnel = connect(proxy.address, sink.address, basic(f"{USER}:{PASSWORD}"))
        tunnel.recv(10)
        proxy.stop()
        proxy.stop()

        with tunnel, pytest.raises(ConnectionRefusedError):
            socket.create_connection((proxy.host, proxy.port))

    assert simulator_threads() == []


@pytest.mark.parametrize("status", [403, 407, 502])
def test_a_refusing_proxy_answers_connect_and_get_alike(status) -> None:
    with RefusingProxy(str(status)) as proxy:
        plain = get("http://target.example/", proxy.address, credentials="")
        tunnel, client = connect(proxy.address, "target.example:443", "")
        client.close()

    assert (plain.status_code, tunnel) == (status, status)
    expected = [("target.example:80", status), ("target.example:443", status)]
    assert [(request.target, request.status) for request in proxy.requests] == expected


@pytest.mark.parametrize("refusal", ["close", "reset", "garbage", "hang"])
def test_a_refusing_proxy_can_end_without_an_answer(refusal) -> None:
    with RefusingProxy(refusal) as proxy:
        connection = http.client.HTTPConnection(proxy.host, proxy.port, timeout=0.3 if refusal == "hang" else 30)
        connection.set_tunnel("target.example", 443)
        with pytest.raises((OSError, http.client.HTTPException)):
            connection.request("GET", "/")
        wait_until(lambda: len(proxy.requests))  # also where the client was quicker
        connection.close()

    assert [(request.target, request.status) for request in proxy.requests] == [("target.example:443", 0)]


def test_the_proxy_behaves_as_an_independent_implementation_does(proxy, api, tmp_path) -> None:
    port_file = tmp_path / "port"
    arguments = ["--hostname", "127.0.0.1", "--port", "0", "--port-file", str(port_file), "--num-acceptors", "1"]
    arguments += ["--basic-auth", f"{USER}:p:w/d", "--log-level", "ERROR", "--data-dir", str(tmp_path)]
    independent = subprocess.Popen([sys.executable, "-m", "proxy", *arguments])
    proxy._password = "p:w/d"
    try:
        wait_until(lambda: port_file.exists() and port_file.read_text().strip())
        outcomes = [behaviour(f"127.0.0.1:{port_file.read_text().strip()}", api), behaviour(proxy.address, api)]
    finally:
        independent.terminate()
        independent.wait(60)

    assert outcomes[0] == outcomes[1] == [200, ["C1", "C2", "C3"], 407, 200, 407]


def behaviour(proxy_address: str, api: CompaniesApiSimulator) -> list[object]:
    """GET and CONNECT, with the right password and a wrong one."""
    right, wrong = get(api.url, proxy_address, "us%40er:p%3Aw%2Fd"), get(api.url, proxy_address, "us%40er:x")
    statuses = []
    for authorization in (basic("us@er:p:w/d"), basic("us@er:x")):
        status, client = connect(proxy_address, api.address, authorization)
        client.close()
        statuses.append(status)
    return [right.status_code, right.json(), wrong.status_code, *statuses]
