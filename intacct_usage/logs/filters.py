"""What the Logs page shows: the filters, all of them in the address, and the query they stand for."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.http import urlencode

from intacct_usage.logs.models import LogEntry, LogEntryQuerySet
from intacct_usage.logs.records import LARGEST_ID, NAME_LENGTH

LONGEST_SEARCH = 200
PROBLEMS = "problems"
LEVELS = (("", "All levels"), *LogEntry.Level.choices, (PROBLEMS, "WARN and ERROR"))
EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)


class DayField(forms.DateField):
    def __init__(self, label: str) -> None:
        attributes = {"type": "date", "min": EARLIEST.isoformat(), "max": LATEST.isoformat()}
        super().__init__(label=label, required=False, widget=forms.DateInput(attrs=attributes, format="%Y-%m-%d"))

    def clean(self, value: Any) -> date | None:  # Any: as Django declares it
        day: date | None = super().clean(value)
        if day is not None and not EARLIEST <= day <= LATEST:
            raise forms.ValidationError(f"Enter a day from {EARLIEST.year} to {LATEST.year}.")
        return day


class LogFilterForm(forms.Form):
    """Bound to the address. Days are days of the installation's zone; both ends are included."""

    level = forms.ChoiceField(required=False, choices=LEVELS)
    q = forms.CharField(
        required=False,
        label="Search",
        max_length=LONGEST_SEARCH,
        strip=False,
        widget=forms.TextInput({"type": "search"}),
    )
    run = forms.IntegerField(required=False, min_value=0, max_value=LARGEST_ID)
    company = forms.CharField(required=False, label="Company ID", max_length=NAME_LENGTH)
    schedule = forms.CharField(required=False, max_length=NAME_LENGTH)

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: as Django declares it
        super().__init__(*args, **kwargs)
        self.fields["from"] = DayField("From (first day)")
        self.fields["to"] = DayField("To (last day)")

    def clean(self) -> dict[str, Any]:  # Any: cleaned values of several types
        cleaned = super().clean() or {}
        first, last = cleaned.get("from"), cleaned.get("to")
        if first and last and first > last:
            self.add_error("to", "The last day is before the first.")
        return cleaned

    @property
    def is_filtering(self) -> bool:
        return any(self.data.get(name) for name in self.fields)

    @property
    def term(self) -> str:
        return str(self.cleaned_data.get("q", ""))

    @property
    def query(self) -> str:
        """The filters as part of an address, without those that are empty."""
        return urlencode({name: self.data[name] for name in self.fields if self.data.get(name)})

    def entries(self) -> LogEntryQuerySet:
        """The lines that pass; none if a filter is not understood."""
        entries = LogEntry.objects.all()
        if not self.is_valid():
            return entries.none()
        wanted = self.cleaned_data
        if wanted["level"]:
            some = (LogEntry.Level.WARN, LogEntry.Level.ERROR) if wanted["level"] == PROBLEMS else (wanted["level"],)
            entries = entries.of_levels(*some)
        if wanted["run"] is not None:
            entries = entries.of_run(wanted["run"])
        if wanted["company"]:
            entries = entries.of_company(wanted["company"])
        if wanted["schedule"]:
            entries = entries.of_schedule(wanted["schedule"])
        if self.term:
            entries = entries.containing(self.term)
        return entries.between(_start_of(wanted["from"]), _end_of(wanted["to"]))


def _start_of(day: date | None) -> datetime | None:
    return None if day is None else timezone.make_aware(datetime.combine(day, time.min))


def _end_of(day: date | None) -> datetime | None:
    return None if day is None else _start_of(day + timedelta(days=1))
