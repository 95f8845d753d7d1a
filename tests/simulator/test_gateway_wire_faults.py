"""Faults of the way: each does to the bytes what its name says."""

import gzip
import socket
import time
from urllib.parse import urlsplit

import pytest
import requests

from intacct_usage.simulator.scenario import CompanyScenario, Fault, GatewayOptions
from tests.simulator.gateway_calls import GatewayCaller, make_scenario, serving


def raw_exchange(caller: GatewayCaller) -> bytes:
    """Everything the gateway sends on one connection, as it came."""
    parts = urlsplit(caller.url)
    body = caller.document("<getAPISession/>")
    head = f"POST {parts.path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    received = b""
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
        connection.sendall(head.encode() + body)
        while part := connection.recv(65_536):
            received += part
    return received


def with_fault(kind: str, **parameters: object):
    return serving(make_scenario(faults=(Fault(kind, **parameters),)))


def test_a_slow_answer_comes_after_its_seconds() -> None:
    with with_fault("slow", seconds=0.2) as caller:
        started = time.monotonic()

        assert caller.query().level == "success"
        assert time.monotonic() - started >= 0.2


def test_a_slow_answer_does_not_hold_up_the_end() -> None:
    with with_fault("slow", seconds=60) as caller:
        with pytest.raises(requests.Timeout):
            caller.http.post(caller.url, data=caller.document("<getAPISession/>"), timeout=0.05)
        started = time.monotonic()
        caller.gateway.stop()

        assert time.monotonic() - started < 20  # not the minute


def test_a_dripping_answer_comes_byte_by_byte() -> None:
    with with_fault("drip", seconds=0.001) as caller:
        received = raw_exchange(caller)

        assert received.count(b"\r\n1\r\n") > 100
        assert caller.query().level == "success"


def test_a_cut_connection_brings_nothing_but_the_call_is_in_the_ledger() -> None:
    with with_fault("cut") as caller:
        with pytest.raises(requests.ConnectionError):
            caller.query()

        assert caller.gateway.ledger.calls()[-1].http_status == 0


def test_a_cut_body_is_shorter_than_promised() -> None:
    with with_fault("cut_body", size=40) as caller:
        head, _, body = raw_exchange(caller).partition(b"\r\n\r\n")

        assert len(body) == 40
        assert b"Content-Length: 40\r" not in head


def test_a_body_cut_without_a_length_looks_complete() -> None:
    with with_fault("cut_without_length", size=40) as caller:
        head, _, body = raw_exchange(caller).partition(b"\r\n\r\n")

        assert len(body) == 40
        assert b"Content-Length" not in head
        assert b"chunked" not in head


def test_a_truncated_document_has_the_right_length_and_no_end() -> None:
    with with_fault("truncated") as caller:
        answer = caller.query()

        assert answer.root is None
        assert answer.http.content.startswith(b"<?xml")
        assert int(answer.http.headers["Content-Length"]) == len(answer.http.content)


def test_a_wrong_content_type_labels_a_right_document() -> None:
    with with_fault("wrong_content_type", text="application/octet-stream") as caller:
        answer = caller.query()

        assert answer.http.headers["Content-Type"] == "application/octet-stream"
        assert answer.level == "success"


@pytest.mark.parametrize(
    ("kind", "accepted", "packed"),
    [(None, "gzip", True), (None, "identity", False), ("gzip_never", "gzip", False), ("gzip_always", "identity", True)],
)
def test_gzip_is_used_when_accepted_unless_a_fault_says_otherwise(
    kind: str | None, accepted: str, packed: bool
) -> None:
    scenario = make_scenario(
        CompanyScenario("acme", history_days=20, records_per_day=(5, 5)), faults=(Fault(kind),) if kind else ()
    )
    with serving(scenario) as caller:
        answer = caller.post(
            caller.document("<lookup><object>APIUSAGEDETAIL</object></lookup>"), headers={"Accept-Encoding": accepted}
        )

        assert (answer.http.headers.get("Content-Encoding") == "gzip") is packed
        assert answer.level == "success"


def test_gzip_can_be_off_altogether() -> None:
    with serving(make_scenario(gateway=GatewayOptions(gzip=False))) as caller:
        answer = caller.call("<lookup><object>APIUSAGEDETAIL</object></lookup>")

        assert "Content-Encoding" not in answer.http.headers


def test_broken_gzip_cannot_be_unpacked() -> None:
    with with_fault("gzip_broken") as caller, pytest.raises(requests.exceptions.ContentDecodingError):
        caller.query()


def test_a_gzip_bomb_is_small_on_the_wire_and_large_unpacked() -> None:
    with with_fault("gzip_bomb", size=4_000_000) as caller:
        document = caller.document("<getAPISession/>")
        with caller.http.post(caller.url, data=document, stream=True, timeout=30) as answer:
            packed = b"".join(answer.raw.stream(decode_content=False))

        assert len(packed) < 20_000
        assert len(gzip.decompress(packed)) > 3_900_000


def test_an_endless_answer_goes_on_as_long_as_one_reads() -> None:
    with with_fault("endless") as caller:
        document = caller.document("<getAPISession/>")
        with caller.http.post(caller.url, data=document, stream=True, timeout=30) as answer:
            received = sum(len(part) for _, part in zip(range(100), answer.iter_content(65_536), strict=False))

        assert received > 3_000_000
        assert "Content-Length" not in answer.headers


def test_a_524_comes_although_the_gateway_did_the_work() -> None:
    with serving(make_scenario(faults=(Fault("html_524", times=1),), counts_own_calls=True)) as caller:
        status = caller.query().http.status_code

        assert status == 524
        assert [row.value("FUNCTION") for row in caller.acme.rows] == ["query"]


def test_connections_are_kept_alive_and_can_speak_tls_free_http_again_after_an_error() -> None:
    with with_fault("html_503", times=1) as caller:
        assert [caller.query().http.status_code for _ in range(3)] == [503, 200, 200]
        assert len(caller.http.get_adapter(caller.url).poolmanager.pools) == 1
