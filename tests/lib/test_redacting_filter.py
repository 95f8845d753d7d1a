"""Every handler with the filter writes no secret, and logging never breaks the program."""

import io
import logging
from collections.abc import Iterator

import pytest

from intacct_usage.lib.redaction import MASK, WITHHELD, RedactingFilter, forget, register_secret


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    register_secret("open-sesame")
    yield
    forget("open-sesame")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(RedactingFilter())
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logger = logging.getLogger("tests.redaction")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    yield stream
    logger.removeHandler(handler)


logger = logging.getLogger("tests.redaction")


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("open-sesame")


def test_message_and_arguments_are_redacted(lines: io.StringIO) -> None:
    logger.info("password is open-sesame")
    logger.info("%s for %s", "open-sesame", "acme")
    logger.info("%(a)s and %(b)d", {"a": ["open-sesame"], "b": 7})

    assert lines.getvalue() == (
        f"INFO password is {MASK}\nINFO {MASK} for acme\nINFO ['{MASK}'] and 7\n"
    )  # fmt: skip


def test_a_secret_spread_over_message_and_argument_is_redacted(lines: io.StringIO) -> None:
    logger.info("open-%s", "sesame")
    logger.info("<password>%s</password>", "unregistered")

    assert lines.getvalue() == f"INFO {MASK}\nINFO <password>{MASK}</password>\n"


def test_tracebacks_are_redacted_and_the_exception_is_let_go(lines: io.StringIO) -> None:
    try:
        raise ValueError("open-sesame")
    except ValueError:
        logger.exception("failed")

    assert "open-sesame" not in lines.getvalue()
    assert f"ValueError: {MASK}" in lines.getvalue()
    assert "Traceback" in lines.getvalue()


def test_a_record_without_secrets_keeps_its_arguments() -> None:
    record = logging.makeLogRecord({"msg": "%d of %s", "args": (3, "acme"), "company": "acme"})

    assert RedactingFilter().filter(record)
    assert (record.msg, record.args, record.getMessage()) == ("%d of %s", (3, "acme"), "3 of acme")


def test_unused_arguments_and_extra_fields_are_redacted() -> None:
    record = logging.makeLogRecord(
        {"msg": "x", "args": {"unused": "open-sesame"}, "detail": "is open-sesame", "stack_info": "open-sesame"}
    )
    RedactingFilter().filter(record)

    assert "open-sesame" not in str(vars(record))


def test_a_record_that_cannot_be_rendered_is_withheld_and_nothing_is_raised(lines: io.StringIO) -> None:
    logger.info("%s", Unprintable())
    logger.info("%d", "not a number")
    logger.info("too %s many", "a", "b")

    assert lines.getvalue() == f"INFO {WITHHELD}\n" * 3


def test_a_withheld_record_takes_its_extra_fields_along() -> None:
    record = logging.makeLogRecord({"msg": "%d", "args": ("x",), "detail": "is open-sesame"})
    RedactingFilter().filter(record)

    assert "open-sesame" not in str(vars(record))
    assert record.getMessage() == WITHHELD


@pytest.mark.parametrize("message", ["\ud800", "\x00", "", None, 7, b"open-sesame"], ids=ascii)
def test_lone_surrogates_and_other_oddities_pass(message: object) -> None:
    record = logging.makeLogRecord({"msg": message})

    assert RedactingFilter().filter(record)
    assert record.getMessage() == str(message).replace("open-sesame", MASK)
