"""One call is one request to one place: no redirects, no environment, no memory of earlier answers."""

import logging
import threading
from pathlib import Path

import pytest

from intacct_usage.lib.outbound import OutboundError, OutboundPolicy, OutboundSession
from tests.lib.servers import ScriptedServer, answering, says, session_for, silence


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_refused_and_its_target_never_contacted(status: str) -> None:
    with ScriptedServer(silence) as inner:
        location = f"Location: {inner.url('/secret')}\r\n"
        with (
            answering(says(status=status, headers=location)) as server,
            session_for(server, inner) as session,
            pytest.raises(OutboundError) as refused,
        ):
            session.get(server.url("/?token=sesame"))

        assert inner.connections == 0
    assert refused.value.kind == "protocol"
    assert refused.value.message == (
        f"{server.address} answered with a redirect to another address ({status[:3]}). "
        "Redirects are never followed: enter the final address instead."
    )


def test_proxies_and_passwords_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password sesame\n")
    netrc.chmod(0o600)
    with ScriptedServer(silence) as proxy, answering(says()) as server, session_for(server) as session:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url())
        monkeypatch.setenv("NETRC", str(netrc))
        session.get(server.url())

        assert proxy.connections == 0
        assert b"authorization" not in server.heads[0].lower()


def test_cookies_are_not_kept() -> None:
    with answering(says(headers="Set-Cookie: session=acme\r\n")) as server, session_for(server) as session:
        session.get(server.url())
        session.get(server.url())

    assert b"cookie" not in server.heads[1].lower()


def test_headers_and_bodies_are_sent_as_given() -> None:
    with answering(says()) as server, session_for(server) as session:
        session.post(server.url("/a?b=c"), data="<é/>", headers={"Content-Type": "application/xml", "X-Token": "t"})
        session.post(server.url(), data={"grant_type": "x", "scope": "a b"})
        session.post(server.url(), json={"to": ["é"]})

    assert server.heads[0].startswith(b"POST /a?b=c HTTP/1.1\r\n")
    assert b"X-Token: t" in server.heads[0]
    assert server.bodies == ["<é/>".encode(), b"grant_type=x&scope=a+b", b'{"to": ["\\u00e9"]}']


def test_connections_are_kept_and_shared_by_threads() -> None:
    with answering(says()) as server, session_for(server) as session:
        statuses: list[int] = []

        def work() -> None:
            statuses.extend(session.get(server.url()).status for _ in range(20))

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert statuses == [200] * 160
    assert server.connections <= 8


def test_an_answer_that_was_not_read_whole_costs_its_connection_only() -> None:
    with answering(says(b"x" * 100_000)) as server, session_for(server) as session:
        with pytest.raises(OutboundError, match="larger than"):
            session.get(server.url(), max_bytes=10)

        assert len(session.get(server.url()).body) == 100_000
    assert server.connections == 2


@pytest.mark.parametrize(
    "url",
    ["", "ftp://a/", "//host/", "http://", "https://a b/", "https://[::1/", "https://a:99999/", "file:///etc/passwd"],
)
def test_what_is_no_web_address_is_refused_without_repeating_it(url: str) -> None:
    with OutboundSession(OutboundPolicy()) as session, pytest.raises(OutboundError) as refused:
        session.get(url)

    assert refused.value.kind == "protocol"
    assert refused.value.message in (
        "The address is not a valid http:// or https:// URL.",
        "The address does not hold a valid host name. Check its spelling.",
    )


def test_a_password_inside_the_url_is_refused_without_repeating_it() -> None:
    with OutboundSession(OutboundPolicy()) as session, pytest.raises(OutboundError) as refused:
        session.get("https://user:sesame@companies.example.com/")

    assert refused.value.message == (
        "The URL for companies.example.com:443 holds a user name or password, which belong into their own fields."
    )


def test_nothing_secret_is_in_errors_logs_and_reprs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nbroken\r\n\r\nx"
    with (
        answering(says()) as server,
        answering(lambda c: (c.sendall(cut), c.shutdown(2))) as broken,
        session_for(server, broken) as session,
    ):
        response = session.post(server.url("/?token=sesame"), data=b"sesame", headers={"X-Token": "sesame"})
        with pytest.raises(OutboundError) as failed:
            session.post(broken.url("/?token=sesame"), data=b"sesame", headers={"X-Token": "sesame"})

    assert caplog.records
    assert "sesame" not in caplog.text
    assert "sesame" not in f"{failed.value!r}{failed.value}{failed.value.__context__!r}{response!r}{session!r}"
    assert failed.value.__context__ is None
