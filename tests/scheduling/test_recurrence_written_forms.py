"""The forms of the command line, what is said when they are wrong, and how recurrences are stored."""

import json
from datetime import datetime, time

import pytest

from scheduling.recurrence import (
    Cron,
    Daily,
    Interval,
    Monthly,
    OneOff,
    RecurrenceError,
    RecurrenceKind,
    Weekday,
    Weekly,
    from_dict,
    parse_timing,
    to_dict,
)

ZONE = "Europe/London"
FORMS = [
    ("one_off", "2026-12-01T09:00", OneOff(datetime(2026, 12, 1, 9, 0), ZONE)),
    ("interval", "30m", Interval(30, ZONE)),
    ("interval", "6h", Interval(360, ZONE)),
    ("daily", "02:30", Daily(time(2, 30), ZONE)),
    ("weekly", "mon,thu@02:30", Weekly(frozenset({Weekday.MON, Weekday.THU}), time(2, 30), ZONE)),
    ("monthly", "31@02:30", Monthly(31, time(2, 30), ZONE)),
    ("monthly", "last@02:30", Monthly("last", time(2, 30), ZONE)),
    ("cron", "0 2 * * *", Cron("0 2 * * *", ZONE)),
]
LOOSE_FORMS = [
    ("one_off", " 2026-12-01 9:00 ", "2026-12-01T09:00"),
    ("interval", "60M", "1h"),
    ("daily", "2:30", "02:30"),
    ("weekly", "Thursday, MON, thu @ 2:30", "mon,thu@02:30"),
    ("monthly", "LAST@2:30", "last@02:30"),
    ("monthly", "05@02:30", "5@02:30"),
    ("cron", "@daily", "0 0 * * *"),
]
REFUSALS = [
    ("one_off", "tomorrow", "“tomorrow” is not a date and time. Write it as 2026-12-01T09:00."),
    ("one_off", "2026-12-01T09:00+01:00", "“2026-12-01T09:00+01:00” is not a date and time."),
    ("one_off", "2026-02-30T09:00", "There is no day 2026-02-30 in the calendar. Write it as 2026-12-01."),
    ("one_off", "9999-12-31T23:59", "The year 9999 is out of range. Write one from 1970 to 2199."),
    ("interval", "14m", "An interval is at least 15 minutes. Write for example 15m, 30m or 6h."),
    ("interval", "0h", "An interval is at least 15 minutes. Write for example 15m, 30m or 6h."),
    ("interval", "745h", "An interval is at most 31 days (744h). Use a monthly schedule for longer ones."),
    ("interval", "1d", "“1d” is not an interval. Write minutes or hours, at least 15 minutes, for example 30m or 6h."),
    ("daily", "24:00", "“24:00” is not a time of day. Write 00:00 to 23:59, for example 02:30."),
    ("daily", "02:60", "“02:60” is not a time of day. Write 00:00 to 23:59, for example 02:30."),
    ("daily", "٠٢:٣٠", "“٠٢:٣٠” is not a time of day. Write 00:00 to 23:59, for example 02:30."),
    ("weekly", "mon", "“mon” lacks the time of day. Write for example mon,thu@02:30."),
    ("weekly", "funday@02:30", "“funday” is not a day of the week. Write mon, tue, wed, thu, fri, sat or sun,"),
    ("weekly", "@02:30", "A weekly schedule needs at least one day of the week. Write for example mon,thu@02:30."),
    ("monthly", "32@02:30", "There is no day 32 in a month. Write 1 to 31, or last."),
    ("monthly", "0@02:30", "There is no day 0 in a month. Write 1 to 31, or last."),
    ("monthly", "first@02:30", "“first” is not a day of the month. Write 1 to 31, or last."),
    ("monthly", "31", "“31” lacks the time of day. Write for example 31@02:30 or last@02:30."),
    (
        "yearly",
        "1",
        "“yearly” is not a kind of schedule. Write one of one_off, interval, daily, weekly, monthly, cron.",
    ),
]
WRONG_ZONES = [
    ("Europe/Londn", "“Europe/Londn” is not a time zone. Did you mean Europe/London?"),
    ("new york", "“new york” is not a time zone. Did you mean America/New_York?"),
    ("localtime", "“localtime” is not a time zone. Write a name such as Europe/London, America/New_York or UTC."),
    ("../../etc/passwd", "“../../etc/passwd” is not a time zone."),
    ("Europe", "“Europe” is not a time zone."),
    ("", "“” is not a time zone. Write a name such as Europe/London, America/New_York or UTC."),
]


@pytest.mark.parametrize(("kind", "timing", "recurrence"), FORMS)
def test_each_written_form_gives_its_recurrence_and_is_stored_as_written(kind, timing, recurrence) -> None:
    assert parse_timing(kind, timing, ZONE) == recurrence
    assert to_dict(recurrence) == {"kind": kind, "timing": timing, "zone": ZONE}


@pytest.mark.parametrize(("kind", "typed", "stored"), LOOSE_FORMS)
def test_loosely_typed_forms_are_stored_in_one_way(kind, typed, stored) -> None:
    assert to_dict(parse_timing(kind, typed, ZONE))["timing"] == stored


@pytest.mark.parametrize(("kind", "timing", "message"), REFUSALS)
def test_a_wrong_form_is_refused_with_what_to_write(kind, timing, message) -> None:
    with pytest.raises(RecurrenceError) as refusal:
        parse_timing(kind, timing, ZONE)

    assert refusal.value.message.startswith(message)


@pytest.mark.parametrize("kind", list(RecurrenceKind))
@pytest.mark.parametrize(("zone", "message"), WRONG_ZONES)
def test_a_wrong_zone_is_refused_by_every_kind(kind, zone, message) -> None:
    timing = next(timing for form, timing, _ in FORMS if form == kind)

    with pytest.raises(RecurrenceError) as refusal:
        parse_timing(kind, timing, zone)

    assert refusal.value.message.startswith(message)


@pytest.mark.parametrize(("kind", "timing", "recurrence"), FORMS)
def test_what_is_stored_survives_json(kind, timing, recurrence) -> None:
    assert from_dict(json.loads(json.dumps(to_dict(recurrence)))) == recurrence


@pytest.mark.parametrize("stored", [{}, {"kind": "daily", "timing": 5, "zone": ZONE}, {"kind": "daily", "zone": ZONE}])
def test_damaged_storage_is_refused_with_a_sentence(stored) -> None:
    with pytest.raises(RecurrenceError, match=r"^The stored timing lacks .*timing.*\. Enter the timing"):
        from_dict(stored)


@pytest.mark.parametrize(
    "make", [lambda: Daily(time(2, 30, 15), ZONE), lambda: OneOff(datetime(2026, 1, 1, 9, 0, 1), ZONE)]
)
def test_seconds_are_refused(make) -> None:
    with pytest.raises(RecurrenceError, match="Write it as"):
        make()
