"""48 months (2026 to 2029, with a leap year) x days 28 to 31 and the last day; month lengths written by hand."""

from datetime import UTC, datetime

import pytest

from scheduling.recurrence import parse_cron, parse_monthly, upcoming

COMMON_YEAR = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
LEAP_YEAR = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
MONTH_LENGTHS = {2026: COMMON_YEAR, 2027: COMMON_YEAR, 2028: LEAP_YEAR, 2029: COMMON_YEAR}
BEFORE_2026 = datetime(2025, 12, 31, 23, 59, tzinfo=UTC)


def day_in_each_month(wanted: int) -> list[datetime]:
    return [
        datetime(year, month, min(wanted, length), 2, 30, tzinfo=UTC)
        for year, lengths in MONTH_LENGTHS.items()
        for month, length in enumerate(lengths, start=1)
    ]


@pytest.mark.parametrize("day", [28, 29, 30, 31])
def test_a_day_that_a_month_lacks_runs_on_its_last_day_and_is_kept_for_the_next(day) -> None:
    recurrence = parse_monthly(f"{day}@02:30", "UTC")

    due = upcoming(recurrence, BEFORE_2026, 48)

    assert due == day_in_each_month(day)


@pytest.mark.parametrize("timing", ["last@02:30", "31@02:30"])
def test_the_last_day_is_the_last_of_each_of_48_months(timing) -> None:
    recurrence = parse_monthly(timing, "UTC")

    due = upcoming(recurrence, BEFORE_2026, 48)

    assert due == day_in_each_month(31)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2028, 2, 28, 23, 59, tzinfo=UTC), datetime(2028, 2, 29, 2, 30, tzinfo=UTC)),
        (datetime(2028, 2, 29, 2, 30, tzinfo=UTC), datetime(2028, 3, 29, 2, 30, tzinfo=UTC)),
        (datetime(2027, 2, 1, tzinfo=UTC), datetime(2027, 2, 28, 2, 30, tzinfo=UTC)),
        (datetime(2100, 2, 1, tzinfo=UTC), datetime(2100, 2, 28, 2, 30, tzinfo=UTC)),
        (datetime(2026, 12, 29, 2, 30, tzinfo=UTC), datetime(2027, 1, 29, 2, 30, tzinfo=UTC)),
    ],
)
def test_day_29_meets_the_leap_day(moment, expected) -> None:
    recurrence = parse_monthly("29@02:30", "UTC")

    due = recurrence.next_after(moment)

    assert due == expected


def test_a_cron_on_29_february_waits_for_the_leap_year() -> None:
    recurrence = parse_cron("0 6 29 2 *", "UTC")

    due = upcoming(recurrence, datetime(2026, 1, 1, tzinfo=UTC), 3)

    assert due == [datetime(year, 2, 29, 6, tzinfo=UTC) for year in (2028, 2032, 2036)]


def test_the_month_ends_in_the_zone_of_the_schedule() -> None:
    recurrence = parse_monthly("last@23:30", "America/New_York")

    due = recurrence.next_after(datetime(2027, 2, 28, 12, tzinfo=UTC))

    assert due == datetime(2027, 3, 1, 4, 30, tzinfo=UTC)
