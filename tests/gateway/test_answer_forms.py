"""Answers in every documented form are told apart by what they say, whatever their HTTP status."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.gateway import answers
from tests.gateway.answers import error
from usage.gateway.errors import GatewayError
from usage.gateway.responses import parse_answer

PARTNER = error("XL03000006", "", "Incorrect Intacct XML Partner ID or password. [Support ID: AbC%7Edef]")
SIGN_IN = error("XL03000006", "", "Sign-in information is incorrect")
DATA_LAYER = error("DL02000001", "", "There was an error processing the request.")
DATA_FAILED = ("function", "data_layer", "DL02000001")
WRONG_SENDER = ("control", "sender_credentials", "XL03000006")
ROLLED_BACK = error("XL03000009", "", "The entire transaction in this operation has been rolled back")


def refused(body: bytes, http_status: int = 200) -> GatewayError:
    with pytest.raises(GatewayError) as failed:
        parse_answer(body, http_status=http_status)
    return failed.value


def test_form_a_success_tells_who_is_signed_in() -> None:
    answer = parse_answer(answers.success())

    assert (answer.authentication.user_id, answer.authentication.company_id) == ("usage_reader", "acme")
    assert answer.authentication.session_timestamp == datetime(2026, 9, 1, 7, tzinfo=UTC)
    assert answer.authentication.session_timeout == datetime(2026, 9, 1, 19, tzinfo=timezone(timedelta(hours=-8)))
    assert (answer.control_id, answer.function_id) == ("c1", "f1")


@pytest.mark.parametrize(
    ("body", "http_status", "expected"),
    [
        (answers.control_failure(PARTNER), 200, WRONG_SENDER),
        (answers.control_failure(PARTNER), 401, WRONG_SENDER),
        (answers.short_failure("GW-0011", "Invalid Request"), 400, ("control", "company_unknown", "GW-0011")),
        (answers.short_failure("GW-0010", "Slow down"), 429, ("control", "rate_limit", "GW-0010")),
        (answers.short_failure("UJPP0002", "Sign-in"), 401, ("control", "user_credentials", "UJPP0002")),
        (answers.sign_in_failure(SIGN_IN), 200, ("authentication", "user_credentials", "XL03000006")),
        (answers.sign_in_failure(error("", "New")), 200, ("authentication", "sign_in_refused", "")),
        (answers.function_failure(DATA_LAYER), 200, DATA_FAILED),
        (answers.function_failure(DATA_LAYER, ROLLED_BACK, status="aborted"), 200, DATA_FAILED),
        (answers.function_failure(ROLLED_BACK, DATA_LAYER, status="aborted"), 200, DATA_FAILED),
        (answers.function_failure(DATA_LAYER, data=answers.NO_DATA), 200, DATA_FAILED),
        (answers.function_failure(DATA_LAYER, signed_in=""), 200, DATA_FAILED),
        (answers.function_failure(DATA_LAYER), 500, DATA_FAILED),
        (b"", 502, ("http", "server", "")),
        (b"<html><title>x</title></html>", 524, ("http", "cdn_timeout", "")),
        (b"<!DOCTYPE html><html><div id=cf-error-details>", 403, ("http", "cdn_block", "")),
        (b"<!DOCTYPE html><html><body>", 200, ("http", "unreadable_answer", "")),
        (b"XML Parse error: junk", 200, ("http", "request_format", "")),
        (b"<?xml version='1.0'?>" + PARTNER.encode() + SIGN_IN.encode(), 200, WRONG_SENDER),
        (b"<Error><Code>SlowDown</Code></Error>", 503, ("http", "server", "")),
        (answers.success(), 500, ("http", "server", "")),
        (answers.success()[:-20], 200, ("http", "incomplete", "")),
        (answers.document("<operation></operation>"), 200, ("function", "unexpected_answer", "")),
        (b"<response/>", 200, ("control", "request_refused", "")),
    ],
)  # fmt: skip
def test_each_form_of_failure_has_its_level_family_and_number(
    body: bytes, http_status: int, expected: tuple[str, str, str]
) -> None:
    failed = refused(body, http_status)

    assert (failed.level, failed.family, failed.errorno) == expected


def test_the_first_of_several_errors_is_the_cause() -> None:
    failed = refused(answers.function_failure(DATA_LAYER, error("BL01001973", "A consequence")))

    assert (failed.errorno, failed.text) == ("DL02000001", "There was an error processing the request.")


def test_the_support_id_is_decoded_and_taken_out_of_the_text() -> None:
    failed = refused(answers.control_failure(PARTNER))

    assert (failed.text, failed.support_id) == ("Incorrect Intacct XML Partner ID or password.", "AbC~def")


def test_a_request_id_serves_as_support_id() -> None:
    failed = refused(answers.short_failure("GW-0011", "Invalid Request [Request ID: 0A1B:0001_0.1]"), 400)

    assert (failed.text, failed.support_id) == ("Invalid Request", "0A1B:0001_0.1")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Please &lt;b&gt;call&lt;/b&gt;&lt;br/&gt;us", "Please call us"),
        ("Sender &amp;#039;x&amp;#039; &amp;amp; y", "Sender 'x' & y"),
        ("&amp;lt;script&amp;gt;alert(1)&amp;lt;/script&amp;gt;", "alert(1)"),
        ("<b>nested</b> markup", "nested markup"),
        ("<![CDATA[<p>para</p> 1 < 2]]>", "para 1 < 2"),
        ("two\n  lines", "two lines"),
    ],
)
def test_markup_and_entities_leave_plain_text(written: str, shown: str) -> None:
    assert refused(answers.function_failure(error("X", "", written))).text == shown


def test_all_parts_of_an_error_are_joined() -> None:
    failed = refused(answers.function_failure(error("BL01001973", "One.", "Two.", "Three.")))

    assert failed.text == "One. Two. Three."


def test_missing_session_times_are_no_failure() -> None:
    body = answers.success().replace(b"<sessiontimeout>2026-09-01T19:00:00-08:00</sessiontimeout>", b"")
    body = body.replace(b"2026-09-01T07:00:00+00:00", b"yesterday").replace(b"<locationid></locationid>", b"")

    assert parse_answer(body).authentication.session_timeout is None
    assert parse_answer(body).authentication.session_timestamp is None
