"""The log is kept by days and by rows, and shortened in steps that hold no lock for long."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from intacct_usage.logs.models import LogEntry
from intacct_usage.logs.retention import prune_log

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def add_lines(count: int, *, days_old: float = 0) -> None:
    at = NOW - timedelta(days=days_old)
    LogEntry.objects.bulk_create(
        [LogEntry(at=at, level="INFO", logger="usage", message=f"{days_old} {number}") for number in range(count)]
    )


def test_lines_older_than_the_days_go_and_the_others_stay() -> None:
    add_lines(3, days_old=90.1)
    add_lines(2, days_old=89.9)

    deleted = prune_log(NOW, days=90, rows=1000)

    assert deleted == 3
    assert set(LogEntry.objects.values_list("message", flat=True)) == {"89.9 0", "89.9 1"}


def test_only_the_newest_rows_stay() -> None:
    add_lines(3_500)

    deleted = prune_log(NOW, days=90, rows=1_200)

    kept = set(LogEntry.objects.values_list("message", flat=True))
    assert (deleted, len(kept)) == (2_300, 1_200)
    assert kept == {f"0 {number}" for number in range(2_300, 3_500)}


def test_a_log_within_its_limits_stays_as_it_is() -> None:
    add_lines(10)

    assert prune_log(NOW, days=90, rows=10) == 0


def test_no_step_deletes_more_than_a_thousand_rows() -> None:
    add_lines(2_500, days_old=91)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        prune_log(NOW, days=90, rows=1_000)

    steps = [query["sql"] for query in queries if query["sql"].startswith("DELETE")]
    assert len(steps) == 3
    assert all("LIMIT 1000" in step for step in steps)


def test_a_bounded_call_ends_early_and_the_next_one_goes_on() -> None:
    add_lines(3_000, days_old=91)

    first = prune_log(NOW, days=90, rows=1_000, most=2_000)
    second = prune_log(NOW, days=90, rows=1_000, most=2_000)

    assert (first, second) == (2_000, 1_000)
