"""The time table: five zones, two changes each, every kind; the expected instants (UTC) are written by hand.

Kathmandu has changed its clocks once (1986, a quarter of an hour forward) and never back, UTC never: the rows
without a change hold the same kinds to the days on which London changes.
"""

from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from scheduling.recurrence import parse_timing, upcoming


class Change(NamedTuple):
    zone: str
    name: str
    rows: list[tuple[str, str, str, str]]
    """Kind, timing, after, expected instants."""


TABLE = [
    Change(
        "Europe/London",
        "01:00 to 02:00 on 28 March 2027",
        [
            ("one_off", "2027-03-28T01:30", "2027-03-26T12:00", "2027-03-28T01:00"),
            (
                "interval",
                "30m",
                "2027-03-28T00:15",
                "2027-03-28T00:30 2027-03-28T01:00 2027-03-28T01:30 2027-03-28T02:00",
            ),
            (
                "daily",
                "01:30",
                "2027-03-26T12:00",
                "2027-03-27T01:30 2027-03-28T01:00 2027-03-29T00:30 2027-03-30T00:30",
            ),
            ("weekly", "sun@01:30", "2027-03-15T00:00", "2027-03-21T01:30 2027-03-28T01:00 2027-04-04T00:30"),
            ("monthly", "28@01:30", "2027-02-01T00:00", "2027-02-28T01:30 2027-03-28T01:00 2027-04-28T00:30"),
            ("cron", "30 1 * * *", "2027-03-26T12:00", "2027-03-27T01:30 2027-03-28T01:00 2027-03-29T00:30"),
            ("cron", "*/30 * * * *", "2027-03-28T00:15", "2027-03-28T00:30 2027-03-28T01:00 2027-03-28T01:30"),
        ],
    ),
    Change(
        "Europe/London",
        "02:00 to 01:00 on 31 October 2027",
        [
            ("one_off", "2027-10-31T01:30", "2027-10-29T12:00", "2027-10-31T00:30"),
            (
                "interval",
                "30m",
                "2027-10-30T23:45",
                "2027-10-31T00:00 2027-10-31T00:30 2027-10-31T01:00 2027-10-31T01:30",
            ),
            (
                "daily",
                "01:30",
                "2027-10-29T12:00",
                "2027-10-30T00:30 2027-10-31T00:30 2027-11-01T01:30 2027-11-02T01:30",
            ),
            ("weekly", "sun@01:30", "2027-10-20T00:00", "2027-10-24T00:30 2027-10-31T00:30 2027-11-07T01:30"),
            ("monthly", "31@01:30", "2027-09-01T00:00", "2027-09-30T00:30 2027-10-31T00:30 2027-11-30T01:30"),
            ("cron", "30 1 * * *", "2027-10-29T12:00", "2027-10-30T00:30 2027-10-31T00:30 2027-11-01T01:30"),
            ("cron", "*/30 * * * *", "2027-10-31T00:15", "2027-10-31T00:30 2027-10-31T01:00 2027-10-31T01:30"),
        ],
    ),
    Change(
        "America/New_York",
        "02:00 to 03:00 on 14 March 2027",
        [
            ("one_off", "2027-03-14T02:30", "2027-03-12T12:00", "2027-03-14T07:00"),
            (
                "interval",
                "30m",
                "2027-03-14T06:15",
                "2027-03-14T06:30 2027-03-14T07:00 2027-03-14T07:30 2027-03-14T08:00",
            ),
            (
                "daily",
                "02:30",
                "2027-03-12T12:00",
                "2027-03-13T07:30 2027-03-14T07:00 2027-03-15T06:30 2027-03-16T06:30",
            ),
            ("weekly", "sun@02:30", "2027-03-05T00:00", "2027-03-07T07:30 2027-03-14T07:00 2027-03-21T06:30"),
            ("monthly", "14@02:30", "2027-02-01T00:00", "2027-02-14T07:30 2027-03-14T07:00 2027-04-14T06:30"),
            ("cron", "30 2 * * *", "2027-03-12T12:00", "2027-03-13T07:30 2027-03-14T07:00 2027-03-15T06:30"),
            ("cron", "*/30 * * * *", "2027-03-14T06:15", "2027-03-14T06:30 2027-03-14T07:00 2027-03-14T07:30"),
        ],
    ),
    Change(
        "America/New_York",
        "02:00 to 01:00 on 7 November 2027",
        [
            ("one_off", "2027-11-07T01:30", "2027-11-05T12:00", "2027-11-07T05:30"),
            (
                "interval",
                "30m",
                "2027-11-07T04:45",
                "2027-11-07T05:00 2027-11-07T05:30 2027-11-07T06:00 2027-11-07T06:30",
            ),
            (
                "daily",
                "01:30",
                "2027-11-05T12:00",
                "2027-11-06T05:30 2027-11-07T05:30 2027-11-08T06:30 2027-11-09T06:30",
            ),
            ("weekly", "sun@01:30", "2027-10-30T00:00", "2027-10-31T05:30 2027-11-07T05:30 2027-11-14T06:30"),
            ("monthly", "7@01:30", "2027-10-01T00:00", "2027-10-07T05:30 2027-11-07T05:30 2027-12-07T06:30"),
            ("cron", "30 1 * * *", "2027-11-05T12:00", "2027-11-06T05:30 2027-11-07T05:30 2027-11-08T06:30"),
            ("cron", "*/30 * * * *", "2027-11-07T05:15", "2027-11-07T05:30 2027-11-07T06:00 2027-11-07T06:30"),
        ],
    ),
    Change(
        "Australia/Lord_Howe",
        "02:00 to 02:30 on 3 October 2027",
        [
            ("one_off", "2027-10-03T02:15", "2027-10-01T12:00", "2027-10-02T15:30"),
            (
                "interval",
                "30m",
                "2027-10-02T14:45",
                "2027-10-02T15:00 2027-10-02T15:30 2027-10-02T16:00 2027-10-02T16:30",
            ),
            (
                "daily",
                "02:15",
                "2027-10-01T12:00",
                "2027-10-01T15:45 2027-10-02T15:30 2027-10-03T15:15 2027-10-04T15:15",
            ),
            ("weekly", "sun@02:15", "2027-09-20T00:00", "2027-09-25T15:45 2027-10-02T15:30 2027-10-09T15:15"),
            ("monthly", "3@02:15", "2027-08-20T00:00", "2027-09-02T15:45 2027-10-02T15:30 2027-11-02T15:15"),
            ("cron", "15 2 * * *", "2027-10-01T12:00", "2027-10-01T15:45 2027-10-02T15:30 2027-10-03T15:15"),
            ("cron", "*/30 * * * *", "2027-10-02T14:45", "2027-10-02T15:00 2027-10-02T15:30 2027-10-02T16:00"),
        ],
    ),
    Change(
        "Australia/Lord_Howe",
        "02:00 to 01:30 on 4 April 2027",
        [
            ("one_off", "2027-04-04T01:45", "2027-04-02T12:00", "2027-04-03T14:45"),
            (
                "interval",
                "30m",
                "2027-04-03T14:15",
                "2027-04-03T14:30 2027-04-03T15:00 2027-04-03T15:30 2027-04-03T16:00",
            ),
            (
                "daily",
                "01:45",
                "2027-04-02T12:00",
                "2027-04-02T14:45 2027-04-03T14:45 2027-04-04T15:15 2027-04-05T15:15",
            ),
            ("weekly", "sun@01:45", "2027-03-25T00:00", "2027-03-27T14:45 2027-04-03T14:45 2027-04-10T15:15"),
            ("monthly", "4@01:45", "2027-03-01T00:00", "2027-03-03T14:45 2027-04-03T14:45 2027-05-03T15:15"),
            ("cron", "45 1 * * *", "2027-04-02T12:00", "2027-04-02T14:45 2027-04-03T14:45 2027-04-04T15:15"),
            ("cron", "*/30 * * * *", "2027-04-03T14:15", "2027-04-03T14:30 2027-04-03T15:00 2027-04-03T15:30"),
        ],
    ),
    Change(
        "Asia/Kathmandu",
        "00:00 to 00:15 on 1 January 1986",
        [
            ("one_off", "1986-01-01T00:10", "1985-12-30T12:00", "1985-12-31T18:30"),
            ("interval", "15m", "1985-12-31T18:10", "1985-12-31T18:15 1985-12-31T18:30 1985-12-31T18:45"),
            ("daily", "00:10", "1985-12-30T12:00", "1985-12-30T18:40 1985-12-31T18:30 1986-01-01T18:25"),
            ("weekly", "wed@00:10", "1985-12-20T00:00", "1985-12-24T18:40 1985-12-31T18:30 1986-01-07T18:25"),
            ("monthly", "1@00:10", "1985-11-15T00:00", "1985-11-30T18:40 1985-12-31T18:30 1986-01-31T18:25"),
            ("cron", "10 0 * * *", "1985-12-30T12:00", "1985-12-30T18:40 1985-12-31T18:30 1986-01-01T18:25"),
            ("cron", "*/15 * * * *", "1985-12-31T18:10", "1985-12-31T18:15 1985-12-31T18:30 1985-12-31T18:45"),
        ],
    ),
    Change(
        "Asia/Kathmandu",
        "no change on 31 October 2027",
        [
            ("one_off", "2027-10-31T01:30", "2027-10-29T12:00", "2027-10-30T19:45"),
            ("interval", "30m", "2027-10-30T19:20", "2027-10-30T19:45 2027-10-30T20:15 2027-10-30T20:45"),
            ("daily", "01:30", "2027-10-29T12:00", "2027-10-29T19:45 2027-10-30T19:45 2027-10-31T19:45"),
            ("weekly", "sun@01:30", "2027-10-20T00:00", "2027-10-23T19:45 2027-10-30T19:45 2027-11-06T19:45"),
            ("monthly", "31@01:30", "2027-10-01T00:00", "2027-10-30T19:45 2027-11-29T19:45 2027-12-30T19:45"),
            ("cron", "30 1 * * *", "2027-10-29T12:00", "2027-10-29T19:45 2027-10-30T19:45 2027-10-31T19:45"),
            ("cron", "*/30 * * * *", "2027-10-30T19:20", "2027-10-30T19:45 2027-10-30T20:15 2027-10-30T20:45"),
        ],
    ),
    Change(
        "UTC",
        "no change on 28 March 2027",
        [
            ("one_off", "2027-03-28T01:30", "2027-03-26T12:00", "2027-03-28T01:30"),
            ("interval", "30m", "2027-03-28T00:15", "2027-03-28T00:30 2027-03-28T01:00 2027-03-28T01:30"),
            ("daily", "01:30", "2027-03-26T12:00", "2027-03-27T01:30 2027-03-28T01:30 2027-03-29T01:30"),
            ("weekly", "sun@01:30", "2027-03-15T00:00", "2027-03-21T01:30 2027-03-28T01:30 2027-04-04T01:30"),
            ("monthly", "28@01:30", "2027-02-01T00:00", "2027-02-28T01:30 2027-03-28T01:30 2027-04-28T01:30"),
            ("cron", "30 1 * * *", "2027-03-26T12:00", "2027-03-27T01:30 2027-03-28T01:30 2027-03-29T01:30"),
            ("cron", "*/30 * * * *", "2027-03-28T00:15", "2027-03-28T00:30 2027-03-28T01:00 2027-03-28T01:30"),
        ],
    ),
    Change(
        "UTC",
        "no change on 31 October 2027",
        [
            ("one_off", "2027-10-31T01:30", "2027-10-29T12:00", "2027-10-31T01:30"),
            ("interval", "30m", "2027-10-31T00:15", "2027-10-31T00:30 2027-10-31T01:00 2027-10-31T01:30"),
            ("daily", "01:30", "2027-10-29T12:00", "2027-10-30T01:30 2027-10-31T01:30 2027-11-01T01:30"),
            ("weekly", "sun@01:30", "2027-10-20T00:00", "2027-10-24T01:30 2027-10-31T01:30 2027-11-07T01:30"),
            ("monthly", "31@01:30", "2027-09-01T00:00", "2027-09-30T01:30 2027-10-31T01:30 2027-11-30T01:30"),
            ("cron", "30 1 * * *", "2027-10-29T12:00", "2027-10-30T01:30 2027-10-31T01:30 2027-11-01T01:30"),
            ("cron", "*/30 * * * *", "2027-10-31T00:15", "2027-10-31T00:30 2027-10-31T01:00 2027-10-31T01:30"),
        ],
    ),
]
ROWS = [
    pytest.param(change.zone, *row, id=f"{change.zone}, {change.name}: {row[0]} {row[1]}")
    for change in TABLE
    for row in change.rows
]

# Expressions and intervals that follow the clock, where a jump would lose a run or repeat one.
SPECIAL_ROWS = [
    # Every real hour, nothing made up: half past is an hour apart before and after the jump.
    ("Europe/London", "cron", "30 * * * *", "2027-03-28T00:00", "2027-03-28T00:30 2027-03-28T01:30 2027-03-28T02:30"),
    ("Europe/London", "cron", "30 * * * *", "2027-10-31T00:00", "2027-10-31T00:30 2027-10-31T01:30 2027-10-31T02:30"),
    # The only hour of the expression does not exist that day: once, at the end of the gap.
    ("Europe/London", "cron", "*/30 1 * * *", "2027-03-27T01:10", "2027-03-27T01:30 2027-03-28T01:00 2027-03-29T00:00"),
    ("Europe/London", "cron", "*/30 1 * * *", "2027-10-30T12:00", "2027-10-31T00:00 2027-10-31T00:30 2027-10-31T01:00"),
    # Several fixed times in one gap make one run.
    (
        "Europe/London",
        "cron",
        "0,30 1,2 * * *",
        "2027-03-28T00:30",
        "2027-03-28T01:00 2027-03-28T01:30 2027-03-29T00:00",
    ),
    (
        "America/New_York",
        "cron",
        "0 */2 * * *",
        "2027-03-14T05:30",
        "2027-03-14T07:00 2027-03-14T08:00 2027-03-14T10:00",
    ),
    ("America/New_York", "interval", "2h", "2027-03-14T04:30", "2027-03-14T05:00 2027-03-14T07:00 2027-03-14T08:00"),
    ("America/New_York", "interval", "6h", "2027-11-07T03:00", "2027-11-07T04:00 2027-11-07T11:00 2027-11-07T17:00"),
    # A jump of half an hour moves a quarter past the hour.
    (
        "Australia/Lord_Howe",
        "cron",
        "15 * * * *",
        "2027-10-02T14:00",
        "2027-10-02T14:45 2027-10-02T15:30 2027-10-02T16:15",
    ),
    # Midnight itself is lost (Beirut) or repeated (Havana): a daily grid point stays one run.
    ("Asia/Beirut", "daily", "00:00", "2027-03-27T00:00", "2027-03-27T22:00 2027-03-28T21:00"),
    ("America/Havana", "interval", "6h", "2027-11-07T03:00", "2027-11-07T04:00 2027-11-07T11:00"),
    # Samoa left out 30 December 2011 whole.
    ("Pacific/Apia", "daily", "09:00", "2011-12-28T20:00", "2011-12-29T19:00 2011-12-30T10:00 2011-12-30T19:00"),
]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("zone", "kind", "timing", "after", "expected"), ROWS)
def test_each_kind_is_due_at_the_written_instants_around_a_clock_change(zone, kind, timing, after, expected) -> None:
    recurrence = parse_timing(kind, timing, zone)
    instants = [utc(text) for text in expected.split()]

    due = upcoming(recurrence, utc(after), len(instants))

    assert due == instants


@pytest.mark.parametrize(("zone", "kind", "timing", "after", "expected"), SPECIAL_ROWS)
def test_what_a_jump_loses_runs_once_and_what_it_keeps_is_not_doubled(zone, kind, timing, after, expected) -> None:
    recurrence = parse_timing(kind, timing, zone)
    instants = [utc(text) for text in expected.split()]

    due = upcoming(recurrence, utc(after), len(instants))

    assert due == instants


def test_the_table_holds_five_zones_two_changes_and_six_kinds() -> None:
    kinds_of_changes = [{kind for kind, *_ in change.rows} for change in TABLE]

    assert len({change.zone for change in TABLE}) == 5
    assert len({(change.zone, change.name) for change in TABLE}) == 10
    assert all(kinds == {"one_off", "interval", "daily", "weekly", "monthly", "cron"} for kinds in kinds_of_changes)


@pytest.mark.parametrize(
    ("timing", "expected"), [("30 1 * * *", "2027-11-01T01:30"), ("15,45 1 * * *", "2027-11-01T01:15")]
)
def test_a_fixed_time_does_not_come_again_when_asked_inside_the_repeated_hour(timing, expected) -> None:
    recurrence = parse_timing("cron", timing, "Europe/London")
    in_second_pass = utc("2027-10-31T01:10")

    due = recurrence.next_after(in_second_pass)

    assert due == utc(expected)
