"""Each recurrence in plain words."""

import pytest

from scheduling.recurrence import describe, parse_timing

WORDS = [
    ("one_off", "2026-12-01T09:00", "Once on 1 December 2026 at 09:00"),
    ("interval", "30m", "Every 30 minutes, counted from midnight"),
    ("interval", "1h", "Every hour, counted from midnight"),
    ("interval", "6h", "Every 6 hours, counted from midnight"),
    ("interval", "7h", "Every 7 hours"),
    ("interval", "90m", "Every 90 minutes, counted from midnight"),
    ("daily", "02:30", "Every day at 02:30"),
    ("weekly", "thu,mon@02:30", "Every Monday and Thursday at 02:30"),
    ("weekly", "sun@02:30", "Every Sunday at 02:30"),
    ("weekly", "mon,wed,fri@18:05", "Every Monday, Wednesday and Friday at 18:05"),
    ("weekly", "mon,tue,wed,thu,fri,sat,sun@02:30", "Every day at 02:30"),
    ("monthly", "5@02:30", "On day 5 of every month at 02:30"),
    ("monthly", "28@02:30", "On day 28 of every month at 02:30"),
    ("monthly", "29@02:30", "On day 29 of every month, or the last day of a shorter month, at 02:30"),
    ("monthly", "31@02:30", "On day 31 of every month, or the last day of a shorter month, at 02:30"),
    ("monthly", "last@02:30", "On the last day of every month at 02:30"),
    ("cron", "0 2 * * *", "At 02:00 every day, cron 0 2 * * *"),
    ("cron", "@hourly", "At the start of every hour, cron 0 * * * *"),
    ("cron", "30 1 21 * *", "At 01:30 on the 21st day of every month, cron 30 1 21 * *"),
    ("cron", "0 9 13 * FRI", "At 09:00 on the 13th day of month or on Friday, cron 0 9 13 * FRI"),
    (
        "cron",
        "0 9 1,2 * MON,FRI",
        "At 09:00 on the first and the second day of month or on Monday and Friday, cron 0 9 1,2 * MON,FRI",
    ),
    ("cron", "0 9 */2 * FRI", "At 09:00 on every second day of month if it's on Friday, cron 0 9 */2 * FRI"),
    ("cron", "30 1 11,22,23 * *", "At 01:30 on the 11th, the 22nd, and the 23rd day of month, cron 30 1 11,22,23 * *"),
]


@pytest.mark.parametrize(("kind", "timing", "words"), WORDS)
def test_a_recurrence_is_described_in_plain_words_with_its_zone(kind, timing, words) -> None:
    recurrence = parse_timing(kind, timing, "Europe/London")

    assert describe(recurrence) == f"{words} (Europe/London)"
