"""When a schedule runs, as fields of a form; read by the same code that the worker runs by."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from zoneinfo import available_timezones

from django import forms
from django.conf import settings

from intacct_usage.lib import clock
from scheduling.models import Schedule
from scheduling.recurrence import (
    LAST_DAY,
    Cron,
    Daily,
    Interval,
    Monthly,
    OneOff,
    Recurrence,
    RecurrenceError,
    Weekday,
    Weekly,
    parse_timing,
    refusal_of_new,
    time_zone,
)
from scheduling.recurrence.parsing import WEEKDAY_NAMES
from usage.forms.layout import text_input

Kind = Schedule.Kind
Values = Mapping[str, Any]  # Any: cleaned values of several types

FIELDS_OF_KIND: Final[Mapping[str, tuple[str, ...]]] = {
    Kind.ONE_OFF: ("one_off_at",),
    Kind.INTERVAL: ("interval_every",),
    Kind.DAILY: ("at",),
    Kind.WEEKLY: ("weekdays", "at"),
    Kind.MONTHLY: ("month_day", "at"),
    Kind.CRON: ("cron",),
}
"""What must be filled in; the last field takes the sentence when the whole cannot be read."""

WRITTEN_FORMS: Final[Mapping[str, Callable[[Values], str]]] = {
    Kind.ONE_OFF: lambda values: str(values["one_off_at"]),
    Kind.INTERVAL: lambda values: f"{values['interval_every']}{values['interval_unit'] or 'm'}",
    Kind.DAILY: lambda values: str(values["at"]),
    Kind.WEEKLY: lambda values: f"{','.join(values['weekdays'])}@{values['at']}",
    Kind.MONTHLY: lambda values: f"{values['month_day']}@{values['at']}",
    Kind.CRON: lambda values: str(values["cron"]),
}
MISSING: Final = {
    "one_off_at": "Enter the date and the time.",
    "interval_every": "Enter how many minutes or hours lie between two runs.",
    "at": "Enter the time of day.",
    "weekdays": "Choose at least one day of the week.",
    "month_day": "Choose the day of the month.",
    "cron": "Enter a cron expression, for example 0 2 * * *.",
}
DAYS_OF_MONTH: Final = [*((str(day), str(day)) for day in range(1, 32)), (LAST_DAY, "Last day of the month")]


class TimingForm(forms.Form):
    """The kind of a schedule, its zone and the fields of that kind; the fields of other kinds are left unread."""

    kind = forms.ChoiceField(label="Schedule Type", choices=Kind.choices, widget=forms.RadioSelect)
    one_off_at = forms.CharField(
        label="Date and time",
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}),
        help_text="It runs once, then the schedule is disabled by itself.",
    )
    interval_every = forms.CharField(
        label="Every",
        required=False,
        max_length=6,
        widget=text_input(inputmode="numeric", size="6"),
        help_text="At least 15 minutes. Counted from midnight, so restarts never shift it.",
    )
    interval_unit = forms.ChoiceField(
        label="Unit", required=False, choices=[("m", "minutes"), ("h", "hours")], initial="h"
    )
    weekdays = forms.MultipleChoiceField(
        label="Days of the week",
        required=False,
        choices=[(day.name.lower(), WEEKDAY_NAMES[day]) for day in Weekday],
        widget=forms.CheckboxSelectMultiple,
    )
    month_day = forms.ChoiceField(
        label="Day of the month",
        required=False,
        choices=DAYS_OF_MONTH,
        help_text="In a month that is too short it runs on the last day.",
    )
    at = forms.CharField(label="Time of day", required=False, max_length=8, widget=forms.TimeInput({"type": "time"}))
    cron = forms.CharField(
        label="Cron expression",
        required=False,
        max_length=200,
        widget=text_input(placeholder="0 2 * * *"),
        help_text="Five fields: minute, hour, day of the month, month, day of the week. Two runs are at least "
        "15 minutes apart.",
    )
    zone = forms.CharField(label="Time Zone", max_length=64, widget=forms.Select)

    recurrence: Recurrence | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: as Django declares it
        super().__init__(*args, **kwargs)
        zone = self.fields["zone"]
        zone.initial = settings.TIME_ZONE
        stored = str(self.initial.get("zone") or settings.TIME_ZONE)
        assert isinstance(zone.widget, forms.Select)  # noqa: S101  # narrows the type
        zone.widget.choices = zone_choices(stored)

    def clean_zone(self) -> str:
        zone = str(self.cleaned_data["zone"])
        try:
            time_zone(zone)
        except RecurrenceError as error:
            raise forms.ValidationError(error.message) from error
        return zone

    def clean(self) -> dict[str, Any]:  # Any: cleaned values of several types
        cleaned = super().clean() or {}
        kind = cleaned.get("kind")
        if kind:
            self._drop_errors_of_other_kinds(kind)
            self._read(kind, cleaned)
        return cleaned

    def _drop_errors_of_other_kinds(self, kind: str) -> None:
        others = {name for names in FIELDS_OF_KIND.values() for name in names} - set(FIELDS_OF_KIND[kind])
        for name in others & self.errors.keys():
            del self.errors[name]

    def _read(self, kind: str, cleaned: Values) -> None:
        needed = FIELDS_OF_KIND[kind]
        missing = [name for name in needed if name not in self.errors and not cleaned.get(name)]
        for name in missing:
            self.add_error(name, MISSING[name])
        if missing or any(name in self.errors for name in (*needed, "zone")):
            return
        try:
            recurrence = parse_timing(kind, WRITTEN_FORMS[kind](cleaned), cleaned["zone"])
        except RecurrenceError as error:
            self.add_error(needed[-1], error.message)
            return
        if refusal := refusal_of_new(recurrence, clock.now()):
            self.add_error(needed[-1], refusal)
            return
        self.recurrence = recurrence


def timing_initial(schedule: Schedule) -> dict[str, Any]:  # Any: initial values of several types
    """The fields of a stored timing; of one that cannot be read (any more), kind and zone alone."""
    initial: dict[str, Any] = {"kind": schedule.kind, "zone": schedule.zone}  # Any: as above
    try:
        recurrence = schedule.recurrence
    except RecurrenceError:
        return initial
    return initial | _fields_of(recurrence)


def _fields_of(recurrence: Recurrence) -> dict[str, Any]:  # Any: as above
    match recurrence:
        case OneOff(at=moment):
            return {"one_off_at": moment.isoformat(timespec="minutes")}
        case Interval(minutes=minutes):
            whole = minutes % 60 == 0
            return {"interval_every": minutes // 60 if whole else minutes, "interval_unit": "h" if whole else "m"}
        case Daily(at=at):
            return {"at": f"{at:%H:%M}"}
        case Weekly(weekdays=weekdays, at=at):
            return {"weekdays": [day.name.lower() for day in sorted(weekdays)], "at": f"{at:%H:%M}"}
        case Monthly(day=day, at=at):
            return {"month_day": str(day), "at": f"{at:%H:%M}"}
        case Cron(expression=expression):
            return {"cron": expression}
    raise TypeError(recurrence)


def zone_choices(stored: str) -> list[tuple[str, Any]]:  # Any: a value, or a group of choices
    """Zones by region, the installation's and UTC first; `stored` is among them even if it is an old name."""
    first = list(dict.fromkeys([settings.TIME_ZONE, stored, "UTC"]))
    return [("Usual", [(zone, zone) for zone in first]), *_regions(tuple(first))]


@lru_cache(maxsize=32)
def _regions(left_out: tuple[str, ...]) -> list[tuple[str, list[tuple[str, str]]]]:
    regions: dict[str, list[tuple[str, str]]] = {}
    for zone in sorted(available_timezones()):
        region, slash, _place = zone.partition("/")
        if slash and region not in ("Etc", "SystemV", "posix", "right", "US") and zone not in left_out:
            regions.setdefault(region, []).append((zone, zone))
    return list(regions.items())


def in_zone(moment: datetime, zone: str) -> datetime:
    """The moment on the clocks of a zone that was checked before."""
    return moment.astimezone(time_zone(zone))
