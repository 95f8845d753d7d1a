"""When schedules are due: six kinds of recurrence, pure (no database, no clock: the moment is a parameter)."""

from scheduling.recurrence.base import (
    Recurrence,
    RecurrenceKind,
    latest_between,
    missed_between,
    upcoming,
)
from scheduling.recurrence.cron import Cron
from scheduling.recurrence.errors import RecurrenceError
from scheduling.recurrence.kinds import LAST_DAY, Daily, Interval, Monthly, OneOff, Weekday, Weekly
from scheduling.recurrence.parsing import (
    parse_cron,
    parse_daily,
    parse_interval,
    parse_monthly,
    parse_one_off,
    parse_weekly,
)
from scheduling.recurrence.refusing import refusal_of_new
from scheduling.recurrence.storage import from_dict, parse_timing, to_dict, write_timing
from scheduling.recurrence.wall_clock import time_zone
from scheduling.recurrence.wording import describe

__all__ = [
    "LAST_DAY",
    "Cron",
    "Daily",
    "Interval",
    "Monthly",
    "OneOff",
    "Recurrence",
    "RecurrenceError",
    "RecurrenceKind",
    "Weekday",
    "Weekly",
    "describe",
    "from_dict",
    "latest_between",
    "missed_between",
    "parse_cron",
    "parse_daily",
    "parse_interval",
    "parse_monthly",
    "parse_one_off",
    "parse_timing",
    "parse_weekly",
    "refusal_of_new",
    "time_zone",
    "to_dict",
    "upcoming",
    "write_timing",
]
