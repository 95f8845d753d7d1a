"""Weekday lists, the grid of intervals, one-off, and the server's zone."""

import time
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise

import pytest

from scheduling.recurrence import parse_cron, parse_interval, parse_one_off, parse_weekly, upcoming

NAMES = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
WEEKDAY_LISTS = [days for length in range(1, 8) for days in combinations(range(7), length)]


@pytest.mark.parametrize("days", WEEKDAY_LISTS, ids=lambda days: ",".join(NAMES[day] for day in days))
def test_every_list_of_weekdays_runs_on_its_days_and_no_other(days) -> None:
    recurrence = parse_weekly(",".join(NAMES[day] for day in reversed(days)) + "@02:30", "UTC")
    two_weeks = [MONDAY + timedelta(days=7 * week + day, hours=2, minutes=30) for week in (0, 1) for day in days]

    due = upcoming(recurrence, MONDAY, len(two_weeks))

    assert due == two_weeks


def test_the_day_of_the_week_is_that_of_the_zone() -> None:
    recurrence = parse_weekly("mon@00:30", "Asia/Kathmandu")

    due = recurrence.next_after(datetime(2026, 11, 22, 12, tzinfo=UTC))

    assert due == datetime(2026, 11, 22, 18, 45, tzinfo=UTC)


@pytest.mark.parametrize(
    ("timing", "hours_and_minutes"),
    [
        ("6h", ["00:00", "06:00", "12:00", "18:00"]),
        ("8h", ["00:00", "08:00", "16:00"]),
        ("90m", [f"{minutes // 60:02}:{minutes % 60:02}" for minutes in range(0, 1440, 90)]),
    ],
)
def test_an_interval_that_divides_the_day_keeps_to_the_same_local_times(timing, hours_and_minutes) -> None:
    recurrence = parse_interval(timing, "Asia/Kathmandu")
    midnight = datetime(2026, 11, 23, 18, 15, tzinfo=UTC)

    due = upcoming(recurrence, midnight - timedelta(seconds=1), len(hours_and_minutes))

    local = [(moment + timedelta(hours=5, minutes=45)).strftime("%H:%M") for moment in due]
    assert local == hours_and_minutes


def test_an_interval_asked_at_any_moment_stays_on_its_grid() -> None:
    recurrence = parse_interval("7h", "UTC")
    grid = upcoming(recurrence, MONDAY, 20)

    asked_late = [recurrence.next_after(moment - timedelta(minutes=13, seconds=7)) for moment in grid]

    assert asked_late == grid
    assert {later - earlier for earlier, later in pairwise(grid)} == {timedelta(hours=7)}


def test_an_interval_of_a_week_falls_on_mondays_at_midnight() -> None:
    recurrence = parse_interval("168h", "UTC")

    due = upcoming(recurrence, MONDAY, 2)

    assert due == [MONDAY + timedelta(days=7), MONDAY + timedelta(days=14)]


def test_a_one_off_comes_once() -> None:
    recurrence = parse_one_off("2026-12-01T09:00", "America/New_York")
    due_at = datetime(2026, 12, 1, 14, tzinfo=UTC)

    due = upcoming(recurrence, MONDAY, 5)

    assert due == [due_at]
    assert recurrence.next_after(due_at) is None


def test_a_moment_without_a_zone_is_refused() -> None:
    recurrence = parse_cron("@daily", "UTC")

    with pytest.raises(ValueError, match="aware moment"):
        recurrence.next_after(datetime(2026, 11, 23))


@pytest.fixture
def server_zone(monkeypatch):
    def change(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield change
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("timing", ["30 1 * * *", "*/30 1 * * *"])
def test_the_zone_of_the_server_does_not_change_what_is_due(server_zone, timing) -> None:
    recurrence = parse_cron(timing, "Europe/London")
    server_zone("UTC")
    expected = upcoming(recurrence, datetime(2027, 3, 26, tzinfo=UTC), 8)

    server_zone("Australia/Lord_Howe")

    assert upcoming(recurrence, datetime(2027, 3, 26, tzinfo=UTC), 8) == expected
