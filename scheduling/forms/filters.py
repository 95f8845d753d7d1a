"""The filters above the lists of schedules, of runs and of the companies of a run; all of them in the address."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone

from scheduling.models import Occurrence, Schedule
from usage.forms.report_scope import DayField
from usage.models import CompanyFetch

State = Occurrence.State
PARTLY: Final = "partly"
OUTCOMES: Final[Mapping[str, tuple[str, Q]]] = {
    "running": ("Running", Q(state__in=Occurrence.OPEN_STATES)),
    "success": ("Success", Q(state=State.SUCCESS)),
    PARTLY: ("Success, some companies failed", Q(state=State.SUCCESS, run__companies_failed__gt=0)),
    "error": ("Error", Q(state=State.ERROR)),
    "stopped": ("Stopped", Q(state=State.STOPPED)),
    "missed": ("Missed", Q(state=State.MISSED)),
    "skipped": ("Skipped", Q(state=State.SKIPPED)),
}


def _search(label: str) -> forms.CharField:
    return forms.CharField(required=False, label=label, max_length=100, widget=forms.TextInput({"type": "search"}))


class FilterForm(forms.Form):
    """Bound to the address; what it asks wrongly is shown beside the field and finds nothing."""

    @property
    def is_filtering(self) -> bool:
        return any(self.data.get(name) for name in self.fields)


class ScheduleListForm(FilterForm):
    q = _search("Search by name")
    enabled = forms.ChoiceField(
        required=False, label="State", choices=[("", "All"), ("yes", "Enabled"), ("no", "Disabled")]
    )

    def schedules(self) -> QuerySet[Schedule]:
        found = Schedule.objects.annotate(name_key=Lower("name"))
        if not self.is_valid():
            return found.none()
        if self.cleaned_data["q"]:
            found = found.filter(name__icontains=self.cleaned_data["q"])
        if self.cleaned_data["enabled"]:
            found = found.filter(enabled=self.cleaned_data["enabled"] == "yes")
        return found


class RunHistoryForm(FilterForm):
    schedule = _search("Schedule")
    status = forms.ChoiceField(
        required=False, choices=[("", "All"), *((key, label) for key, (label, _) in OUTCOMES.items())]
    )
    origin = forms.ChoiceField(required=False, label="Started by", choices=[("", "All"), *Occurrence.Origin.choices])

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

    def occurrences(self) -> QuerySet[Occurrence]:
        """Days are days of the installation's zone."""
        found = Occurrence.objects.select_related("run", "schedule")
        if not self.is_valid():
            return found.none()
        wanted = self.cleaned_data
        if wanted["schedule"]:
            found = found.filter(schedule_name__icontains=wanted["schedule"])
        if wanted["status"]:
            found = found.filter(OUTCOMES[wanted["status"]][1])
        if wanted["origin"]:
            found = found.filter(origin=wanted["origin"])
        if wanted["from"]:
            found = found.filter(due_at__gte=_start_of(wanted["from"]))
        if wanted["to"]:
            found = found.filter(due_at__lt=_start_of(wanted["to"] + timedelta(days=1)))
        return found


class CompanyFetchForm(FilterForm):
    q = _search("Company or error")
    status = forms.ChoiceField(required=False, choices=[("", "All"), *CompanyFetch.Status.choices])

    def fetches(self, run_id: int) -> QuerySet[CompanyFetch]:
        found = CompanyFetch.objects.filter(run=run_id).select_related("company")
        if not self.is_valid():
            return found.none()
        text, status = self.cleaned_data["q"], self.cleaned_data["status"]
        if text:
            in_company = Q(company__intacct_id__icontains=text) | Q(company__name__icontains=text)
            in_error = Q(error_number__icontains=text) | Q(error_text__icontains=text) | Q(message__icontains=text)
            found = found.filter(in_company | in_error)
        return found.filter(status=status) if status else found


def _start_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
