"""Dates and times in every format Intacct sends."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from usage.gateway.objects import format_date, format_datetime, parse_date, parse_datetime

PACIFIC = timezone(timedelta(hours=-8))


@pytest.mark.parametrize("text", ["08/31/2026", "8/31/2026", "2026-08-31", " 08/31/2026 ", "08/31/2026 02:14:09",
                                  "2026-08-31T02:14:09Z"])  # fmt: skip
def test_a_day_is_read_in_each_format(text: str) -> None:
    assert parse_date(text) == date(2026, 8, 31)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("08/31/2026 02:14:09", datetime(2026, 8, 31, 2, 14, 9)),
        ("8/1/2026 2:14:09", datetime(2026, 8, 1, 2, 14, 9)),
        ("08/31/2026 02:14", datetime(2026, 8, 31, 2, 14)),
        ("08/31/2026", datetime(2026, 8, 31)),
        ("2026-08-31", datetime(2026, 8, 31)),
        ("2026-08-31 02:14:09", datetime(2026, 8, 31, 2, 14, 9)),
        ("2026-08-31T02:14:09", datetime(2026, 8, 31, 2, 14, 9)),
        ("2026-08-31T02:14:09Z", datetime(2026, 8, 31, 2, 14, 9, tzinfo=UTC)),
        ("2026-08-31T02:14:09-08:00", datetime(2026, 8, 31, 2, 14, 9, tzinfo=PACIFIC)),
    ],
)
def test_a_moment_is_read_in_each_format_with_a_zone_only_where_one_is_given(text: str, moment: datetime) -> None:
    assert parse_datetime(text) == moment
    assert parse_datetime(text).tzinfo == moment.tzinfo


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "31/08/2026", "02/30/2026", "2026-02-30", "08/31/26", "08-31-2026", "٠٨/٣١/٢٠٢٦"),
        *("00/00/0000", "08/31/2026 25:00:00", "08/31/2026 02:14:09 PM", "9999-99-99", "08/31/2026\n" * 2),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_datetime(text)
    with pytest.raises(ValueError, match=r"."):
        parse_date(text)


def test_days_and_moments_are_written_as_filters_want_them() -> None:
    assert format_date(date(2026, 2, 3)) == "02/03/2026"
    assert format_datetime(datetime(2026, 2, 3, 4, 5, 6)) == "02/03/2026 04:05:06"
