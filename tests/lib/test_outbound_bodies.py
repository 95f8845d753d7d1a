"""A body is returned whole or not at all, and never held beyond its cap (F13, F15)."""

import gzip
import tracemalloc
import zlib

import pytest

from intacct_usage.lib.outbound import OutboundError
from tests.lib.servers import answering, http, says, sends, session_for

MIB = 1024 * 1024
TEXT = b"usage " * 1000
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
RAW_DEFLATE = zlib.compressobj(wbits=-15)

WHOLE = {
    "with length": http(TEXT),
    "chunked": CHUNKED + b"%x\r\n%s\r\n0\r\n\r\n" % (len(TEXT), TEXT),
    "gzip": http(gzip.compress(TEXT), headers="Content-Encoding: gzip\r\n"),
    "gzip of two members": http(
        gzip.compress(TEXT[:99]) + gzip.compress(TEXT[99:]), headers="Content-Encoding: x-gzip\r\n"
    ),
    "deflate": http(zlib.compress(TEXT), headers="Content-Encoding: Deflate\r\n"),
    "raw deflate": http(RAW_DEFLATE.compress(TEXT) + RAW_DEFLATE.flush(), headers="Content-Encoding: deflate\r\n"),
    "identity": http(TEXT, headers="Content-Encoding: identity\r\n"),
    "with a wrong content type": http(TEXT, headers="Content-Type: image/png\r\n"),
}
CUT = {
    "at once": b"",
    "in the status line": b"HTTP/1",
    "in the headers": b"HTTP/1.1 200 OK\r\nContent-Le",
    "in a body with length": http(TEXT)[:-1],
    "in a chunk": CHUNKED + b"%x\r\n%s" % (len(TEXT), TEXT[:-1]),
    "between chunks": CHUNKED + b"%x\r\n%s\r\n" % (len(TEXT), TEXT),
    "in a chunk length": CHUNKED + b"%x\r\n%s\r\n1" % (len(TEXT), TEXT),
    "in gzip without length": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(TEXT)[:-9],
}


@pytest.mark.parametrize("answer", WHOLE.values(), ids=WHOLE)
def test_a_whole_body_arrives_decoded(answer: bytes) -> None:
    with answering(sends(answer)) as server, session_for(server) as session:
        response = session.get(server.url())

    assert (response.status, response.body) == (200, TEXT)


@pytest.mark.parametrize("answer", CUT.values(), ids=CUT)
def test_a_cut_body_is_never_taken_for_a_whole_one(answer: bytes) -> None:
    with (
        answering(sends(answer, close=True)) as server,
        session_for(server) as session,
        pytest.raises(OutboundError) as cut,
    ):
        session.get(server.url())

    assert cut.value.kind == ("protocol" if answer == CUT["in the status line"] else "incomplete")
    assert cut.value.message.startswith((f"Incomplete answer: {server.address} ended the connection", server.address))


@pytest.mark.parametrize("status", ["400 Bad Request", "401 Unauthorized", "429 Too Many", "500 Oops", "524 Slow"])
def test_the_body_is_returned_whatever_the_status(status: str) -> None:
    with (
        answering(says(b"<response/>", status=status, headers="Retry-After: 7\r\n")) as server,
        session_for(server) as session,
    ):
        response = session.get(server.url())

    assert (response.status, response.body) == (int(status[:3]), b"<response/>")
    assert response.headers["retry-after"] == "7"


def test_a_gzip_bomb_is_stopped_at_the_cap_without_filling_the_memory() -> None:
    bomb = http(gzip.compress(bytes(200 * MIB), 9), headers="Content-Encoding: gzip\r\n")
    with answering(sends(bomb)) as server, session_for(server) as session:
        tracemalloc.start()
        with pytest.raises(OutboundError) as bombed:
            session.get(server.url(), max_bytes=4 * MIB)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert bombed.value.kind == "too_large"
    assert bombed.value.message == (
        f"The answer of {server.address} is larger than 4 MiB. Nothing of it was kept. "
        "Check that the address is the right one."
    )
    assert peak < 12 * MIB


def test_an_endless_body_is_stopped_at_the_cap() -> None:
    with (
        answering(sends(b"HTTP/1.1 200 OK\r\n\r\n", *[bytes(MIB)] * 50)) as server,
        session_for(server) as session,
        pytest.raises(OutboundError) as endless,
    ):
        session.get(server.url(), max_bytes=2 * MIB)

    assert endless.value.kind == "too_large"


def test_the_cap_counts_bytes_exactly() -> None:
    with answering(says(b"12345")) as server, session_for(server) as session:
        assert session.get(server.url(), max_bytes=5).body == b"12345"
        with pytest.raises(OutboundError, match="larger than 4 bytes"):
            session.get(server.url(), max_bytes=4)


@pytest.mark.parametrize(
    "answer",
    [http(b"not gzip at all", headers="Content-Encoding: gzip\r\n"), http(TEXT, headers="Content-Encoding: br\r\n")],
    ids=["damaged", "not offered"],
)
def test_a_body_that_cannot_be_decoded_is_refused(answer: bytes) -> None:
    with (
        answering(sends(answer)) as server,
        session_for(server) as session,
        pytest.raises(OutboundError, match="compressed in a way that cannot be read") as refused,
    ):
        session.get(server.url())

    assert refused.value.kind == "protocol"


def test_what_is_not_http_is_named_so() -> None:
    with (
        answering(sends(b"SSH-2.0-OpenSSH_9.2\r\n", close=True)) as server,
        session_for(server) as session,
        pytest.raises(OutboundError) as strange,
    ):
        session.get(server.url())

    assert strange.value.kind == "protocol"
    assert strange.value.message == (
        f"{server.address} did not answer as a web server does. Check that the address and port are the right ones."
    )
