"""Which records become lines of the people's log, and what a line holds."""

import logging
from collections.abc import Callable

from intacct_usage.lib.redaction import MASK, forget, register_secret
from intacct_usage.logs.context import log_context
from intacct_usage.logs.models import LogEntry

Lines = Callable[[], list[LogEntry]]

OWN = logging.getLogger("usage.fetching.runs")
FOREIGN = logging.getLogger("somebody.else")


def test_information_of_this_product_and_warnings_of_all_others_are_kept(lines: Lines) -> None:
    OWN.info("ours")
    FOREIGN.info("theirs")
    FOREIGN.warning("their warning")

    assert [(entry.level, entry.message) for entry in lines()] == [("INFO", "ours"), ("WARN", "their warning")]


def test_a_package_whose_name_only_begins_like_ours_is_foreign(lines: Lines) -> None:
    logging.getLogger("usage_of_others").info("theirs")

    assert lines() == []


def test_debug_lines_are_never_kept(lines: Lines) -> None:
    logging.getLogger().setLevel(logging.DEBUG)

    OWN.debug("details")

    assert lines() == []


def test_a_line_says_what_it_is_about(lines: Lines) -> None:
    about = {"run_id": 12, "company": "UK_Acme", "company_id": 5, "schedule": "Nightly"}

    OWN.error("[%s] failed", "UK_Acme", extra=about)

    entry = lines()[0]
    assert {name: getattr(entry, name) for name in about} == about
    assert (entry.level, entry.logger) == ("ERROR", "usage.fetching.runs")


def test_a_line_takes_what_it_does_not_say_itself_from_its_context(lines: Lines) -> None:
    with log_context(run_id=12, request_id="abc"), log_context(schedule="Nightly"):
        OWN.info("inside", extra={"run_id": 13})
    OWN.info("outside")

    inside, outside = lines()
    assert (inside.run_id, inside.request_id, inside.schedule) == (13, "abc", "Nightly")
    assert (outside.run_id, outside.request_id, outside.schedule) == (None, "", "")


def test_an_exception_is_told_by_its_words_and_its_place(lines: Lines) -> None:
    try:
        raise ValueError("no such month")
    except ValueError:
        OWN.exception("The report could not be made")

    message = lines()[0].message
    assert message.startswith("The report could not be made – ValueError: no such month (logs/test_stored_lines.py:")


def test_secrets_are_taken_out_by_value_and_by_pattern(lines: Lines) -> None:
    register_secret("gentle-giraffe-42")
    try:
        raise ValueError("refused gentle-giraffe-42")
    except ValueError:
        OWN.exception("<password>never-registered</password>", extra={"schedule": "gentle-giraffe-42"})
    finally:
        forget("gentle-giraffe-42")

    entry = lines()[0]
    assert "giraffe" not in entry.message + entry.schedule
    assert f"<password>{MASK}</password> – ValueError: refused {MASK}" in entry.message


def test_one_record_is_one_line_that_forges_neither_another_nor_an_order_of_reading(lines: Lines) -> None:
    OWN.info("[%s] ok", "Evil\r\n2026-01-01 ERROR forged\x1b[31m\u2028\u202egnp.exe\x00")

    (entry,) = lines()
    assert entry.message == "[Evil\\r\\n2026-01-01 ERROR forged\\x1b[31m\\u2028\\u202egnp.exe\\x00] ok"


def test_a_giant_line_is_cut_and_says_so(lines: Lines) -> None:
    OWN.info("x" * 2_000_000)

    message = lines()[0].message
    assert len(message) == 8192
    assert message.endswith("… [cut, 2000000 characters]")


def test_names_longer_than_their_columns_are_cut(lines: Lines) -> None:
    OWN.info("long", extra={"company": "c" * 500, "schedule": "s\x00" * 300, "run_id": 2**70, "company_id": "5"})

    entry = lines()[0]
    assert (len(entry.company), len(entry.schedule), entry.run_id, entry.company_id) == (200, 200, None, None)
