"""What cron expressions are taken, refused and how they are read."""

from datetime import UTC, datetime
from itertools import takewhile
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.recurrence import Cron, RecurrenceError, describe, parse_cron, upcoming

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize("sunday", ["0", "7", "sun", "SUN"])
def test_0_and_7_are_sunday(sunday) -> None:
    recurrence = parse_cron(f"0 2 * * {sunday}", "UTC")

    due = upcoming(recurrence, MONDAY, 2)

    assert due == [datetime(2026, 11, 29, 2, tzinfo=UTC), datetime(2026, 12, 6, 2, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("expression", "days"),
    [
        ("0 2 * * 5-7", [27, 28, 29]),
        ("0 2 * * mon,thu", [23, 26, 30]),
        ("0 2 29 * *", [29]),
        ("0 2 L * *", [30]),
        ("0 2 * * 5#4", [27]),
        ("0 2 */7 * *", [29]),
        ("0 2 25 11 5", [25, 27]),  # both days restricted: either is enough
        ("0 2 */2 * 5", [27]),  # one begins with a star: both must match
    ],
)
def test_days_are_read_as_debian_does(expression, days) -> None:
    recurrence = parse_cron(expression, "UTC")

    due = upcoming(recurrence, MONDAY, 40)

    assert [moment.day for moment in due if (moment.year, moment.month) == (2026, 11)] == days


@pytest.mark.parametrize(
    ("word", "expression"),
    [
        ("@hourly", "0 * * * *"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@weekly", "0 0 * * 0"),
        ("@Monthly", "0 0 1 * *"),
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
        ("  0  2 *  * mon ", "0 2 * * MON"),
    ],
)
def test_words_and_spaces_are_translated(word, expression) -> None:
    assert parse_cron(word, "UTC") == Cron(expression, "UTC")
    assert parse_cron(word, "UTC").expression == expression


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("61 * * * *", "The minute field “61” of the cron expression is wrong: write * or 0 to 59"),
        ("* 24 * * *", "The hour field “24” of the cron expression is wrong: write * or 0 to 23"),
        ("0 0 0 * *", "The day of the month field “0” of the cron expression is wrong: write * or 1 to 31"),
        ("0 0 1 13 *", "The month field “13” of the cron expression is wrong: write * or 1 to 12"),
        ("0 0 * * 8", "The day of the week field “8” of the cron expression is wrong: write * or 0 to 7"),
        ("0 0 * * FRI-MON", "The day of the week field “FRI-MON” of the cron expression is wrong"),
        ("*/0 * * * *", "The minute field “*/0” of the cron expression is wrong"),
        ("*/90 * * * *", "The minute field “*/90” of the cron expression is wrong: a step is at most 60 here"),
        ("? 0 * * *", "The minute field “?” of the cron expression is wrong"),
    ],
)
def test_the_wrong_field_is_named(expression, message) -> None:
    with pytest.raises(RecurrenceError) as refusal:
        parse_cron(expression, "UTC")

    assert refusal.value.message.startswith(message)


@pytest.mark.parametrize(
    "expression", ["0 6 30 2 *", "0 0 31 4 *", "0 0 31 2,4,6,9,11 *", "0 0 30-31 2 *", "0 0 */30 2 1#2"]
)
def test_a_date_that_never_comes_is_refused(expression) -> None:
    with pytest.raises(
        RecurrenceError, match=r"never comes round: the day of the month field .* Write a day that exists"
    ):
        parse_cron(expression, "UTC")


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("0 0 2 * * *", "this one has 6. Leave out the seconds or the year. Write for example 0 2 * * *."),
        ("0 2 * *", "this one has 4. Write for example 0 2 * * *."),
        ("", "this one has 0. Write for example 0 2 * * *."),
        ("@reboot", "“@reboot” is not a cron word known here. Write one of @yearly"),
        ("1," * 150 + "1 * * * *", "The cron expression is longer than 200 characters."),
    ],
)
def test_other_shapes_are_refused_with_what_to_write(expression, message) -> None:
    with pytest.raises(RecurrenceError) as refusal:
        parse_cron(expression, "UTC")

    assert message in refusal.value.message


@settings(max_examples=400, deadline=None)
@given(st.lists(st.text("0123456789*/-,#LWlw?sunMONjan@ é²٣", max_size=6), min_size=5, max_size=5).map(" ".join))
def test_whatever_is_typed_is_taken_or_refused_with_a_sentence(expression) -> None:
    try:
        recurrence = parse_cron(expression, "Europe/London")
    except RecurrenceError as refusal:
        assert refusal.message.endswith(".")
        return

    assert recurrence.next_after(MONDAY) > MONDAY
    assert describe(recurrence).endswith(f"cron {recurrence.expression} (Europe/London)")


# A lost 02:00 is made up for at the end of the gap. The others are due on any reading, but cronsim on its own passes
# over the next full hour after a change of half an hour (02:00, 02:20 and 06:00 at Lord Howe).
KEPT_BEYOND_CRONSIM = {
    ("America/New_York", "*/20 */2 * * *"): {"2027-03-14T07:00"},
    ("Australia/Lord_Howe", "*/20 */2 * * *"): {"2027-10-02T15:30", "2027-04-03T15:30", "2027-04-03T15:50"},
    ("Australia/Lord_Howe", "0 */6 * * *"): {"2027-04-03T19:30", "2027-10-02T19:00"},
}


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
@pytest.mark.parametrize(
    "expression", ["30 1 * * *", "15 2 * * *", "0 */6 * * *", "*/20 */2 * * *", "5,50 * * * 1-5", "0 2 L * *"]
)
def test_a_year_is_read_as_cronsim_reads_it_but_for_what_a_jump_loses(zone, expression) -> None:
    start, end = datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 11, 30, tzinfo=UTC)
    by_cronsim = CronSim(expression, start.astimezone(ZoneInfo(zone)))
    theirs = set(takewhile(lambda moment: moment <= end, (moment.astimezone(UTC) for moment in by_cronsim)))
    kept = {datetime.fromisoformat(text + "Z") for text in KEPT_BEYOND_CRONSIM.get((zone, expression), ())}

    ours = set(upcoming(parse_cron(expression, zone), start, len(theirs) + len(kept)))

    assert ours == theirs | kept


def test_cronsim_alone_goes_back_in_time_inside_a_repeated_hour_and_we_do_not() -> None:
    second_pass = datetime(2027, 10, 31, 1, 15, tzinfo=UTC)
    theirs = next(CronSim("30 1 * * *", second_pass.astimezone(ZoneInfo("Europe/London"))))

    ours = parse_cron("30 1 * * *", "Europe/London").next_after(second_pass)

    assert theirs.astimezone(UTC) < second_pass
    assert ours == datetime(2027, 11, 1, 1, 30, tzinfo=UTC)
