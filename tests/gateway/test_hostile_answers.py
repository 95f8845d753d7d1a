"""XML made to hurt is refused in no time and opens nothing (T13, D18)."""

import time
import tracemalloc

import pytest

from tests.gateway import answers
from usage.gateway.errors import GatewayError
from usage.gateway.responses import MAX_DEPTH, parse_answer, read_page

BODY = answers.success()
DECLARATION, _, REST = BODY.partition(b"\n")
LAUGHS = b'<!DOCTYPE r [<!ENTITY a "ha">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(12)
)
HOSTILE = {
    "billion laughs": LAUGHS + b"]><response>&m;</response>",
    "laughs in an attribute": LAUGHS + b']><response a="&m;"/>',
    "quadratic blow-up": b'<!DOCTYPE r [<!ENTITY a "'
    + b"x" * 100_000
    + b'">]><response>'
    + b"&a;" * 100_000
    + b"</response>",
    "external entity": b'<!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/passwd">]><response>&f;</response>',
    "external entity by http": b'<!DOCTYPE r [<!ENTITY f SYSTEM "http://127.0.0.1:1/">]><response>&f;</response>',
    "parameter entity": b'<!DOCTYPE r [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><response/>',
    "external document type": b'<!DOCTYPE response SYSTEM "http://127.0.0.1:1/x.dtd">' + REST,
    "plain document type": b"<!DOCTYPE response>" + REST,
    "document type behind a comment": b"<!-- <a> --><!DOCTYPE response>" + REST,
    "document type behind an instruction": b"<?a <b>?><!DOCTYPE response>" + REST,
    "200,000 levels": b"<response>" + b"<a>" * 200_000 + b"</a>" * 200_000 + b"</response>",
    "just too deep": b"<response>" + b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH + b"</response>",
}
UNREADABLE = {
    "UTF-16": BODY.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    "unknown encoding": BODY.replace(b"UTF-8", b"UTF-77"),
    "broken UTF-8": BODY.replace(b"acme", b"ac\xffme"),
    "control character": BODY.replace(b"acme", b"ac&#0;me"),
    "undeclared entity": BODY.replace(b"acme", b"&nbsp;"),
    "two roots": BODY + b"<response/>",
    "only blanks": b" \n ",
    "binary": bytes(range(256)),
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_hostile_xml_is_refused_quickly_and_cheaply(body: bytes) -> None:
    tracemalloc.start()
    started = time.thread_time()  # of the processor, not of the clock: others use it too
    with pytest.raises(GatewayError) as refused:
        parse_answer(body)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert refused.value.family == "unexpected_answer"
    assert time.thread_time() - started < 0.5
    assert peak < 5_000_000 + 3 * len(body)
    assert "root:" not in refused.value.message


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_for_sure_is_not_read_at_all(body: bytes) -> None:
    with pytest.raises(GatewayError) as refused:
        parse_answer(body)

    assert refused.value.family in ("unreadable_answer", "incomplete")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (HOSTILE["plain document type"], "The answer holds a document type declaration, which is never read."),
        (HOSTILE["200,000 levels"], "The answer is nested more than 64 levels deep."),
        (HOSTILE["just too deep"], "The answer is nested more than 64 levels deep."),
    ],
)
def test_the_refusal_says_why(body: bytes, sentence: str) -> None:
    with pytest.raises(GatewayError) as refused:
        parse_answer(body)

    assert refused.value.text == sentence


def test_a_declared_encoding_is_followed() -> None:
    body = answers.page("<APIUSAGEDETAIL><LOGINID>Jürgen</LOGINID></APIUSAGEDETAIL>").decode()

    latin = body.replace("UTF-8", "ISO-8859-1").encode("latin-1")

    assert read_page(parse_answer(latin), object_name="APIUSAGEDETAIL", offset=0).rows == [{"LOGINID": "Jürgen"}]


def test_the_deepest_answer_allowed_is_read() -> None:
    nested = "<a>" * (MAX_DEPTH - 4) + "</a>" * (MAX_DEPTH - 4)

    assert parse_answer(answers.success(f"<data>{nested}</data>")).data is not None


def test_comments_and_instructions_are_ignored() -> None:
    body = answers.page("<!-- x --><APIUSAGEDETAIL><!-- y --><RECORDNO>1</RECORDNO><?z?></APIUSAGEDETAIL>", count=1)

    assert read_page(parse_answer(body), object_name="APIUSAGEDETAIL", offset=0).rows == [{"RECORDNO": "1"}]
