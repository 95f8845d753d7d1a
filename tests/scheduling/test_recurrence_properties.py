"""What holds for every recurrence at every moment, around the clock changes of many zones."""

import calendar
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.recurrence import (
    LAST_DAY,
    Cron,
    Daily,
    Interval,
    Monthly,
    OneOff,
    Weekday,
    Weekly,
    describe,
    from_dict,
    missed_between,
    to_dict,
    upcoming,
)
from tests.scheduling.minute_by_minute import at, due_instants

MICROSECOND = timedelta(microseconds=1)
# A change of the clocks in each zone (UTC); moments are drawn around them.
CHANGES = {
    "Europe/London": [at("2027-03-28T01:00"), at("2027-10-31T01:00")],
    "America/New_York": [at("2027-03-14T07:00"), at("2027-11-07T06:00")],
    "Australia/Lord_Howe": [at("2027-10-02T15:30"), at("2027-04-03T15:00")],
    "Asia/Kathmandu": [at("1985-12-31T18:30"), at("2027-10-31T01:00")],
    "UTC": [at("2027-03-28T01:00"), at("2027-10-31T01:00")],
    "America/Havana": [at("2027-03-14T05:00"), at("2027-11-07T05:00")],
    "Asia/Beirut": [at("2027-03-27T22:00"), at("2027-10-30T21:00")],
    "Pacific/Apia": [at("2011-12-30T10:00"), at("2011-04-02T14:00")],
}
ZONES = st.sampled_from(sorted(CHANGES))
ZONES_AND_CHANGES = ZONES.flatmap(lambda zone: st.tuples(st.just(zone), st.sampled_from(CHANGES[zone])))
TIMES = st.builds(time, st.integers(0, 23), st.integers(0, 59))
SMALL_HOURS = st.builds(time, st.integers(0, 3), st.integers(0, 59))
WEEKDAYS = st.frozensets(st.sampled_from(Weekday), min_size=1)
CRONS = st.tuples(
    st.sampled_from(["*", "*/5", "*/7", "*/20", "0", "30", "15,45", "5-20/5", "59"]),
    st.sampled_from(["*", "*/2", "*/6", "0", "1", "2", "0-3", "1,2,13"]),
    st.sampled_from(["*", "*/2", "1", "31", "L", "10-20"]),
    st.sampled_from(["*", "1,3,5,7,8,10,12"]),
    st.sampled_from(["*", "0", "7", "MON-FRI", "5L"]),
).map(" ".join)


def recurrences(zone: str):
    at_times = st.one_of(TIMES, SMALL_HOURS)
    days = st.one_of(st.integers(1, 31), st.just(LAST_DAY))
    minutes = st.one_of(st.sampled_from([15, 30, 45, 60, 90, 120, 360, 1440]), st.integers(15, 3000))
    walls = st.builds(
        lambda day, at_time: datetime.combine(day, at_time),
        st.dates(at("1985-12-01").date(), at("2028-01-01").date()),
        at_times,
    )
    return st.one_of(
        st.builds(OneOff, walls, st.just(zone)),
        st.builds(Interval, minutes, st.just(zone)),
        st.builds(Daily, at_times, st.just(zone)),
        st.builds(Weekly, WEEKDAYS, at_times, st.just(zone)),
        st.builds(Monthly, days, at_times, st.just(zone)),
        st.builds(Cron, CRONS, st.just(zone)),
    )


@st.composite
def recurrences_and_moments(draw):
    zone = draw(ZONES)
    offset = timedelta(seconds=draw(st.integers(-3 * 3600, 3 * 3600)), microseconds=draw(st.integers(0, 999_999)))
    whole_days = timedelta(days=draw(st.sampled_from([0, 0, 0, -1, 1, -30, 30])))
    return draw(recurrences(zone)), draw(st.sampled_from(CHANGES[zone])) + offset + whole_days


@settings(max_examples=300, deadline=None)
@given(recurrences_and_moments())
def test_due_instants_are_later_in_order_and_whole_minutes(case) -> None:
    recurrence, moment = case

    due = upcoming(recurrence, moment, 12)

    assert all(earlier < later for earlier, later in pairwise([moment, *due]))
    assert all(instant.tzinfo is UTC and instant.second == instant.microsecond == 0 for instant in due)


@settings(max_examples=300, deadline=None)
@given(recurrences_and_moments())
def test_no_due_instant_is_skipped_from_wherever_one_asks(case) -> None:
    recurrence, moment = case

    due = upcoming(recurrence, moment, 12)

    for earlier, later in pairwise([moment, *due]):
        between = earlier + (later - earlier) / 3
        assert recurrence.next_after(later - MICROSECOND) == later
        assert recurrence.next_after(between) == later
        assert recurrence.next_after(earlier.astimezone(ZoneInfo("Asia/Tokyo"))) == later


@settings(max_examples=300, deadline=None)
@given(recurrences_and_moments())
def test_storage_and_words_hold_for_every_recurrence(case) -> None:
    recurrence, _ = case

    assert from_dict(to_dict(recurrence)) == recurrence
    assert describe(recurrence).endswith(f"({recurrence.zone})")


@settings(max_examples=150, deadline=None)
@given(ZONES_AND_CHANGES.filter(lambda case: case[0] != "Pacific/Apia"), SMALL_HOURS)  # Apia left out a whole day
def test_a_daily_time_fires_once_for_each_local_day_across_a_change(zone_and_change, at_time) -> None:
    zone, change = zone_and_change
    first_day = change.astimezone(ZoneInfo(zone)).date() - timedelta(days=3)
    start = datetime.combine(first_day, time(), ZoneInfo(zone)) - MICROSECOND
    days = [first_day + timedelta(days=number) for number in range(7)]

    due = upcoming(Daily(at_time, zone), start, 7)

    local_days = [instant.astimezone(ZoneInfo(zone)).date() for instant in due]
    assert local_days == days


@settings(max_examples=60, deadline=None)
@given(ZONES_AND_CHANGES, st.data())
def test_a_walk_minute_by_minute_finds_the_same_instants(zone_and_change, data) -> None:
    zone, change = zone_and_change
    recurrence, is_due, runs_again, every_gap = data.draw(with_predicates(zone))
    start, end = change - timedelta(hours=4), change + timedelta(hours=30)

    found = due_instants(is_due, zone, start, end, runs_again=runs_again, every_gap=every_gap)

    assert upcoming(recurrence, start, len(found)) == found
    assert missed_between(recurrence, start, end, limit=10_000) == len(found)


@st.composite
def with_predicates(draw, zone: str):
    """A recurrence with its meaning written a second time: due wall times, repeats in an overlap, all gaps made up."""
    at_time, days = draw(SMALL_HOURS), draw(WEEKDAYS)
    minutes = draw(st.sampled_from([15, 30, 45, 60, 120, 360, 420]))
    cron_minutes, cron_hours = (
        draw(st.sampled_from([{0}, {30}, {15, 45}])),
        draw(st.sampled_from([{1}, {0, 2}, set(range(24))])),
    )
    lists = ["*" if len(values) == 24 else ",".join(map(str, sorted(values))) for values in (cron_minutes, cron_hours)]
    starred = len(cron_hours) == 24
    month_day = draw(st.integers(1, 31))
    return draw(
        st.sampled_from(
            [
                (Daily(at_time, zone), lambda wall: wall.time() == at_time, never, True),
                (
                    Weekly(days, at_time, zone),
                    lambda wall: wall.time() == at_time and wall.weekday() in days,
                    never,
                    True,
                ),
                (
                    Monthly(month_day, at_time, zone),
                    lambda wall: wall.time() == at_time and wall.day == min(month_day, last_day(wall)),
                    never,
                    True,
                ),
                (
                    Interval(minutes, zone),
                    lambda wall: (wall - datetime(2001, 1, 1)) % timedelta(minutes=minutes) == timedelta(0),
                    lambda overlap: timedelta(minutes=minutes) <= overlap,
                    False,
                ),
                (
                    Cron(f"{lists[0]} {lists[1]} * * *", zone),
                    lambda wall: wall.minute in cron_minutes and wall.hour in cron_hours,
                    lambda _: starred,
                    not starred,
                ),
            ]
        )
    )


def never(_: timedelta) -> bool:
    return False


def last_day(wall: datetime) -> int:
    return calendar.monthrange(wall.year, wall.month)[1]
