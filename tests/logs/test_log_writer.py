"""Lines survive what happens around them: rollbacks, locks, outages, floods, forks."""

import logging
import multiprocessing
import threading
import time
from collections.abc import Callable, Sequence

import pytest
from django.db import DataError, OperationalError, connection, transaction

from intacct_usage.logs.handler import DatabaseLogHandler
from intacct_usage.logs.models import LogEntry
from intacct_usage.logs.records import LogLine
from intacct_usage.logs.writer import INTERVAL_SECONDS, insert_lines
from tests.workers.processes import wait_until

LOGGER = logging.getLogger("usage.fetching.lane")
MakeLog = Callable[..., DatabaseLogHandler]


def messages() -> list[str]:
    return list(LogEntry.objects.order_by("pk").values_list("message", flat=True))


def test_a_line_said_in_a_transaction_that_rolls_back_is_kept(peoples_log: DatabaseLogHandler) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        LogEntry.objects.create(at="2026-01-01T00:00Z", level="INFO", message="a row of the transaction")
        LOGGER.error("about to fail")
        raise ZeroDivisionError

    assert peoples_log.writer.flush()
    assert messages() == ["about to fail"]


def test_a_line_said_in_a_broken_transaction_is_kept(peoples_log: DatabaseLogHandler) -> None:
    with pytest.raises(transaction.TransactionManagementError), transaction.atomic():
        transaction.set_rollback(True)
        LOGGER.error("broken")
        LogEntry.objects.count()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    assert peoples_log.writer.flush()
    assert messages() == ["broken"]


def test_whoever_logs_does_not_wait_while_another_writer_has_the_database(peoples_log: DatabaseLogHandler) -> None:
    with transaction.atomic():
        LogEntry.objects.create(at="2026-01-01T00:00Z", level="INFO", message="writing")
        started = time.monotonic()
        LOGGER.info("said meanwhile")
        waited = time.monotonic() - started
        time.sleep(0.7)

    assert waited < 5  # the transaction is this thread's own: waiting for it would end by the database's 20 s only
    assert peoples_log.writer.flush()
    assert messages() == ["writing", "said meanwhile"]


def test_lines_become_visible_within_a_second_without_being_asked_for(peoples_log: DatabaseLogHandler) -> None:
    LOGGER.info("soon there")

    wait_until(messages)

    assert messages() == ["soon there"]
    assert INTERVAL_SECONDS < 1  # what the writer lets a line wait; the rest is the machine's


def test_lines_wait_for_a_database_that_cannot_be_reached(make_log: MakeLog) -> None:
    down = threading.Event()
    down.set()

    def insert(some: Sequence[LogLine]) -> None:
        if down.is_set():
            raise OperationalError("connection refused")
        insert_lines(some)

    log = make_log(insert=insert, retry_seconds=0.05)
    LOGGER.info("first")
    assert not log.writer.flush()
    LOGGER.info("second")
    down.clear()

    assert log.writer.flush()
    assert messages() == ["first", "second"]


def test_a_line_the_table_refuses_takes_no_other_with_it(make_log: MakeLog) -> None:
    def insert(some: Sequence[LogLine]) -> None:
        if any(line.message == "bad" for line in some):
            raise DataError("invalid byte sequence")
        insert_lines(some)

    log = make_log(insert=insert)
    for word in ("one", "bad", "two"):
        LOGGER.info(word)

    assert log.writer.flush()
    assert messages()[:2] == ["one", "two"]
    assert messages()[2].startswith("1 log lines were not kept")


def test_a_flood_is_bounded_counted_and_told_and_leaves_room_for_errors(make_log: MakeLog) -> None:
    inside, gate = threading.Event(), threading.Event()

    def insert(some: Sequence[LogLine]) -> None:
        inside.set()
        gate.wait(60)
        insert_lines(some)

    log = make_log(insert=insert, capacity=20, interval_seconds=0)
    for number in range(300):
        LOGGER.info("line %d", number)
        assert inside.wait(60)  # the first one is being written, and no further one collected
    LOGGER.error("what went wrong")
    gate.set()

    assert log.writer.flush()
    told = [message for message in messages() if "log lines were not kept" in message]
    assert [message for message in messages() if message not in told] == [
        *(f"line {number}" for number in range(20)),
        "what went wrong",
    ]
    assert [message.split()[0] for message in told] == ["280"]


def test_what_the_writer_says_itself_does_not_come_back_to_it(make_log: MakeLog) -> None:
    def insert(some: Sequence[LogLine]) -> None:
        LOGGER.error("from inside")
        insert_lines(some)

    log = make_log(insert=insert)
    LOGGER.info("once")

    assert log.writer.flush()
    assert log.writer.flush()
    assert messages() == ["once"]


def test_a_record_that_cannot_be_read_breaks_nothing(peoples_log: DatabaseLogHandler) -> None:
    class Unreadable:
        def __str__(self) -> str:
            raise RuntimeError("no words")

    LOGGER.info("%s", Unreadable())
    LOGGER.info("still here", extra={"company": Unreadable()})
    LOGGER.info("and here")

    assert peoples_log.writer.flush()
    assert "and here" in messages()


def test_a_forked_process_writes_its_own_lines_and_no_others(peoples_log: DatabaseLogHandler) -> None:
    LOGGER.info("of the parent")
    child = multiprocessing.get_context("fork").Process(target=LOGGER.info, args=("of the child",))
    child.start()
    child.join(60)
    LOGGER.info("of the parent again")

    assert peoples_log.writer.flush()
    assert child.exitcode == 0
    assert sorted(messages()) == ["of the child", "of the parent", "of the parent again"]
