"""The filter and range above every report, chart and download; its fields are the parameters of the address."""

from datetime import date
from typing import Any

from django import forms

from intacct_usage.lib import clock
from intacct_usage.lib.redaction import escape_line
from usage.models import QueryFilter
from usage.models.company import OTHER
from usage.periods import EARLIEST_DAY, LATEST_DAY, PeriodPreset, ReportPeriod, period_for, preset_period
from usage.reports import ReportScope
from usage.reports.scope import ALL_FILTERS

YES = frozenset({"1", "on", "true", "yes"})
NOT_VALID = "The filter or the range of days is not valid."
NO = frozenset({"", "0", "off", "false", "no", "none"})


class DayField(forms.DateField):
    """A day typed or picked in the browser's own control."""

    def __init__(self, label: str) -> None:
        attributes = {"type": "date", "min": EARLIEST_DAY.isoformat(), "max": LATEST_DAY.isoformat()}
        super().__init__(label=label, required=False, widget=forms.DateInput(attrs=attributes, format="%Y-%m-%d"))

    def clean(self, value: Any) -> date | None:  # Any: as Django declares it
        day: date | None = super().clean(value)
        if day is not None and not EARLIEST_DAY <= day <= LATEST_DAY:
            raise forms.ValidationError(f"Enter a day from {EARLIEST_DAY.year} to {LATEST_DAY.year}.")
        return day


class SwitchInput(forms.CheckboxInput):
    """A checkbox that keeps what stands in the address, for `SwitchField` to read."""

    def __init__(self) -> None:
        super().__init__(check_test=lambda value: value is True or str(value).lower() in YES)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:  # Any: as Django declares it
        return data.get(name, "")


class SwitchField(forms.BooleanField):
    """On or off, also in addresses that a script wrote: `complete_months=0` must not switch anything on."""

    def __init__(self, label: str) -> None:
        super().__init__(label=label, required=False, widget=SwitchInput())

    def to_python(self, value: Any) -> bool:  # Any: as Django declares it
        word = str(value).lower()
        if word not in YES | NO:
            raise forms.ValidationError("Write 1 for yes or 0 for no.")
        return word in YES


class ReportScopeForm(forms.Form):
    """Bound to the address. Without `from` and `to`, `preset` decides; without any of them it is all data."""

    filter = forms.ChoiceField(required=False, label="Filter")
    complete_months = SwitchField("Complete months only")
    preset = forms.ChoiceField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: as Django declares it
        super().__init__(*args, **kwargs)
        self.fields["from"] = DayField("From (first day)")
        self.fields["to"] = DayField("To (last day)")
        self.order_fields(["filter", "from", "to", "complete_months", "preset"])
        self._filters = {one.name: one for one in QueryFilter.objects.all()}
        names = [(name, escape_line(name, 80)) for name in self._filters]
        self._choices("filter", [("", ALL_FILTERS), *names, (OTHER, OTHER)])
        self._choices("preset", [("", ""), *((preset.value, preset.label) for preset in PeriodPreset)])

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  # narrows the type
        field.choices = choices

    def clean(self) -> dict[str, Any]:  # Any: cleaned values of several types
        cleaned = super().clean() or {}
        first, last = cleaned.get("from"), cleaned.get("to")
        if first and last and first > last:
            self.add_error("to", "The last day is before the first.")
        return cleaned

    @property
    def is_filtering(self) -> bool:
        return any(self.data.get(name) for name in ("filter", "from", "to", "complete_months", "preset"))

    @property
    def active_preset(self) -> str:
        """The preset to mark; empty when days were entered."""
        if self.data.get("from") or self.data.get("to"):
            return ""
        return str(self.cleaned_data.get("preset") or PeriodPreset.ALL.value)

    @property
    def scope(self) -> ReportScope:
        """Only of a valid form."""
        cleaned = self.cleaned_data
        chosen = str(cleaned["filter"])
        return ReportScope(self._filters.get(chosen), self._period(), other_only=chosen == OTHER)

    @property
    def days(self) -> ReportPeriod:
        """What was entered or what the preset stands for today, whole months or not. Only of a valid form."""
        cleaned = self.cleaned_data
        if cleaned["from"] is None and cleaned["to"] is None and cleaned["preset"]:
            return preset_period(PeriodPreset(cleaned["preset"]), clock.today())
        return ReportPeriod(cleaned["from"], cleaned["to"])

    def values_with_days(self) -> dict[str, Any]:  # Any: values of several types
        """The same scope for the fields of another form, with days instead of a preset. Only of a valid form."""
        kept = {name: self.cleaned_data[name] for name in ("filter", "complete_months")}
        return kept | {"from": self.days.first_day, "to": self.days.last_day}

    def _period(self) -> ReportPeriod:
        days, whole = self.days, self.cleaned_data["complete_months"]
        return period_for(days.first_day, days.last_day, complete_months=whole, today=clock.today())
