"""The written forms of the command line. Every function raises RecurrenceError that says what to write instead."""

import re
from datetime import date, datetime, time
from typing import Literal

from scheduling.recurrence.cron import Cron
from scheduling.recurrence.errors import RecurrenceError
from scheduling.recurrence.kinds import LAST_DAY, Daily, Interval, Monthly, OneOff, Weekday, Weekly

WEEKDAY_NAMES = {
    Weekday.MON: "Monday",
    Weekday.TUE: "Tuesday",
    Weekday.WED: "Wednesday",
    Weekday.THU: "Thursday",
    Weekday.FRI: "Friday",
    Weekday.SAT: "Saturday",
    Weekday.SUN: "Sunday",
}
SHOWN_LENGTH = 40


def parse_one_off(text: str, zone: str) -> OneOff:
    """`2026-12-01T09:00`, a wall time of the zone. Whether it is past is for the caller to say."""
    match = re.fullmatch(r"(\d{4}-\d{2}-\d{2})[T ](\d{1,2}:\d{2})", text.strip(), re.ASCII)
    if not match:
        raise RecurrenceError(f"“{_shown(text)}” is not a date and time. Write it as 2026-12-01T09:00.")
    return OneOff(datetime.combine(_parse_day(match[1]), parse_time_of_day(match[2])), zone)


def parse_interval(text: str, zone: str) -> Interval:
    """`30m` or `6h`."""
    match = re.fullmatch(r"(\d{1,6})\s*([mh])", text.strip().lower(), re.ASCII)
    if not match:
        raise RecurrenceError(
            f"“{_shown(text)}” is not an interval. Write minutes or hours, at least 15 minutes, for example 30m or 6h."
        )
    return Interval(int(match[1]) * (60 if match[2] == "h" else 1), zone)


def parse_daily(text: str, zone: str) -> Daily:
    """`02:30`."""
    return Daily(parse_time_of_day(text), zone)


def parse_weekly(text: str, zone: str) -> Weekly:
    """`mon,thu@02:30`; names in any case, short or in full, in any order."""
    days, at = _split_at(text, example="mon,thu@02:30")
    return Weekly(frozenset(parse_weekday(day) for day in days.split(",") if day.strip()), at, zone)


def parse_monthly(text: str, zone: str) -> Monthly:
    """`31@02:30` or `last@02:30`."""
    day, at = _split_at(text, example="31@02:30 or last@02:30")
    return Monthly(_parse_day_of_month(day.strip().lower()), at, zone)


def parse_cron(text: str, zone: str) -> Cron:
    """`0 2 * * *`, or a word such as `@daily`."""
    return Cron(text, zone)


def _parse_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise RecurrenceError(f"There is no day {text} in the calendar. Write it as 2026-12-01.") from error


def parse_time_of_day(text: str) -> time:
    match = re.fullmatch(r"(\d{1,2}):(\d{2})", text.strip(), re.ASCII)
    if match and int(match[1]) < 24 and int(match[2]) < 60:
        return time(int(match[1]), int(match[2]))
    raise RecurrenceError(f"“{_shown(text)}” is not a time of day. Write 00:00 to 23:59, for example 02:30.")


def parse_weekday(text: str) -> Weekday:
    wanted = text.strip().lower()
    for weekday, name in WEEKDAY_NAMES.items():
        if wanted in (weekday.name.lower(), name.lower()):
            return weekday
    raise RecurrenceError(
        f"“{_shown(text)}” is not a day of the week. Write mon, tue, wed, thu, fri, sat or sun, with commas between."
    )


def _split_at(text: str, *, example: str) -> tuple[str, time]:
    days, separator, at = text.partition("@")
    if not separator:
        raise RecurrenceError(f"“{_shown(text)}” lacks the time of day. Write for example {example}.")
    return days, parse_time_of_day(at)


def _parse_day_of_month(text: str) -> int | Literal["last"]:
    if text == LAST_DAY:
        return LAST_DAY
    if re.fullmatch(r"\d{1,2}", text, re.ASCII):
        return int(text)
    raise RecurrenceError(f"“{_shown(text)}” is not a day of the month. Write 1 to 31, or last.")


def _shown(text: str) -> str:
    return text if len(text) <= SHOWN_LENGTH else text[:SHOWN_LENGTH] + "…"
