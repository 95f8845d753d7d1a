"""How many runs were missed and which was the last."""

from datetime import UTC, datetime, time, timedelta

import pytest

from scheduling.recurrence import Daily, latest_between, missed_between, parse_timing, upcoming

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "timing", "down", "missed"),
    [
        ("daily", "02:30", timedelta(minutes=10), 0),
        ("daily", "02:30", timedelta(days=4), 4),
        ("daily", "12:00", timedelta(days=4), 4),  # the start is not counted, the end is
        ("interval", "1h", timedelta(days=4), 96),
        ("monthly", "31@02:30", timedelta(days=40), 1),
        ("one_off", "2026-11-20T09:00", timedelta(days=4), 1),
        ("one_off", "2026-11-20T09:00", timedelta(days=3), 0),
    ],
)
def test_runs_missed_while_the_service_was_down_are_counted(kind, timing, down, missed) -> None:
    recurrence = parse_timing(kind, timing, "UTC")

    assert missed_between(recurrence, NOON - down, NOON, limit=1000) == missed


def test_counting_stops_at_the_limit() -> None:
    recurrence = parse_timing("cron", "* * * * *", "UTC")

    assert missed_between(recurrence, NOON - timedelta(days=4000), NOON, limit=100) == 100


@pytest.mark.parametrize(
    ("kind", "timing", "down", "latest"),
    [
        ("daily", "02:30", timedelta(days=40), NOON.replace(hour=2, minute=30)),
        ("daily", "12:00", timedelta(days=40), NOON),
        ("cron", "* * * * *", timedelta(days=4000), NOON),
        ("monthly", "31@02:30", timedelta(days=40), datetime(2026, 10, 31, 2, 30, tzinfo=UTC)),
        ("monthly", "31@02:30", timedelta(days=20), None),
        ("daily", "12:30", timedelta(minutes=10), None),
    ],
)
def test_the_last_missed_run_is_found_however_long_the_service_was_down(kind, timing, down, latest) -> None:
    recurrence = parse_timing(kind, timing, "UTC")

    assert latest_between(recurrence, NOON - down, NOON) == latest


def test_no_upcoming_runs_are_given_beyond_the_count_or_the_end() -> None:
    daily = parse_timing("daily", "02:30", "UTC")
    one_off = parse_timing("one_off", "2026-11-20T09:00", "UTC")

    assert upcoming(daily, NOON, 0) == []
    assert len(upcoming(daily, NOON, 5)) == 5
    assert upcoming(one_off, NOON, 5) == []


class StuckDaily(Daily):
    def next_wall(self, wall: datetime) -> datetime:
        return wall


def test_a_recurrence_that_does_not_move_on_is_an_error_and_not_an_endless_loop() -> None:
    recurrence = StuckDaily(time(2, 30), "UTC")

    with pytest.raises(RuntimeError, match="does not move on"):
        recurrence.next_after(NOON)
