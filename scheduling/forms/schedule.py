"""The form of a schedule: what it is called, when it runs, what it fetches, who gets which reports."""

from typing import Any, Final, cast

from crispy_forms.helper import FormHelper
from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import QueryDict

from notifications.models import EmailConfiguration
from notifications.report_mail import subject_problems
from scheduling.forms.layout import schedule_helper
from scheduling.forms.timing import FIELDS_OF_KIND, TimingForm, timing_initial
from scheduling.models import Schedule
from scheduling.recurrence import write_timing
from scheduling.schedules import Recipients, save_schedule
from usage.forms.layout import text_input
from usage.forms.report_scope import DayField
from usage.models import QueryFilter
from usage.reports.kinds import ReportFormat, ReportKind
from usage.reports.scope import ALL_FILTERS

Mode = Schedule.Mode
LONGEST_LOOKBACK_DAYS: Final = 60
BOTH_MODES: Final = "Full Refresh fetches everything, Reports Only fetches nothing. Switch one of them off."
NAME_TAKEN: Final = "Another schedule has this name. Names differ by more than upper and lower case."
CHANGED_MEANWHILE: Final = (
    "Somebody else saved this schedule after you opened it. Your input is kept here; open the schedule in a second "
    "tab to compare, then save again to replace it."
)


class ConfigurationsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # not subscriptable at run time
    """Email configurations as switches; the template shows how many recipients each has."""

    def __init__(self, label: str, help_text: str) -> None:
        super().__init__(
            EmailConfiguration.objects.all(),
            label=label,
            help_text=help_text,
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )


class ScheduleForm(TimingForm):
    """Bound to a schedule that exists, or to a new one. `save` leaves it disabled."""

    version = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    name = forms.CharField(
        label="Schedule Name",
        max_length=100,
        widget=text_input(),
        help_text="Stands in the subject of its mails and in the log.",
    )
    query_filter = forms.ModelChoiceField(
        QueryFilter.objects.all(),
        label="Query Filter",
        required=False,
        empty_label=ALL_FILTERS,
        help_text="Companies that no filter takes (“Other”) are fetched with All Filters only.",
    )
    reports_only = forms.BooleanField(
        label="Reports Only", required=False, help_text="Fetches nothing and sends reports from the data that is there."
    )
    full_refresh = forms.BooleanField(
        label="Full Refresh",
        required=False,
        help_text="Fetches everything Intacct keeps and replaces the data of the filter’s companies, each company "
        "only once its new data is complete. Without it, only what is new is fetched (Incremental).",
    )
    keep_history = forms.BooleanField(
        label="Keep history that Intacct no longer returns",
        required=False,
        help_text="Without it, such records go to the archive for 90 days.",
    )
    lookback_days = forms.IntegerField(
        label="Look-back days",
        required=False,
        min_value=0,
        max_value=LONGEST_LOOKBACK_DAYS,
        help_text="Incremental starts so many days earlier, for records that come late. Usually 0.",
    )
    emails = ConfigurationsField(
        "Email Configurations", "Each gets a mail of its own; one that fails holds up no other."
    )
    reports = forms.MultipleChoiceField(
        label="Report Attachments",
        required=False,
        choices=ReportKind.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text="None: the mail holds the summary itself.",
    )
    report_format = forms.ChoiceField(label="Format", choices=ReportFormat.choices, widget=forms.RadioSelect)
    complete_months = forms.BooleanField(
        label="Complete Months Only",
        required=False,
        help_text="Leaves out the current month, as it is in the schedule’s time zone.",
    )
    skip_empty = forms.BooleanField(
        label="Skip When Empty",
        required=False,
        help_text="Sends no mail when the range holds no records and no company failed or is still to be fetched.",
    )
    alerts = ConfigurationsField(
        "Tell about failures", "These get an alert when a run fails or was missed, the same one once in four hours."
    )
    subject_template = forms.CharField(
        label="Subject",
        required=False,
        max_length=250,
        widget=text_input(placeholder="Intacct API usage: {schedule}, {filter}, {period}, {date}"),
        help_text="Filled in when sent: {schedule}, {filter}, {period}, {date}, {status}. Empty: the usual subject.",
    )

    def __init__(self, *args: Any, schedule: Schedule | None = None, **kwargs: Any) -> None:  # Any: Django's own
        self.stored = schedule
        self.schedule = schedule or Schedule()
        kwargs.setdefault("initial", schedule_initial(self.schedule) if schedule else new_initial())
        super().__init__(*args, **kwargs)
        self.fields["report_start"] = DayField("Report Start Date")
        self.fields["report_start"].help_text = "Only data from this day on is in the reports, the day included."
        self.order_fields(["name"])

    @property
    def helper(self) -> FormHelper:
        return schedule_helper()

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if Schedule.objects.named(name).exclude(pk=self.schedule.pk).exists():
            raise ValidationError(NAME_TAKEN)
        return name

    def clean_subject_template(self) -> str:
        template = str(self.cleaned_data["subject_template"])
        problems = subject_problems(template)
        if problems:
            raise ValidationError(problems)
        return template

    def clean_lookback_days(self) -> int:
        return self.cleaned_data["lookback_days"] or 0

    def clean(self) -> dict[str, Any]:  # Any: cleaned values of several types
        cleaned = super().clean()
        if cleaned.get("reports_only") and cleaned.get("full_refresh"):
            self.add_error("full_refresh", BOTH_MODES)
        if cleaned.get("keep_history") and not cleaned.get("full_refresh"):
            self.add_error("keep_history", "This belongs to Full Refresh; the other modes take no records away.")
        return cleaned

    @property
    def mode(self) -> str:
        """Of a form in which the two switches were read."""
        if self.cleaned_data.get("reports_only"):
            return Mode.REPORTS_ONLY
        return Mode.FULL_REFRESH if self.cleaned_data.get("full_refresh") else Mode.INCREMENTAL

    def save(self, *, by: str) -> bool:
        """Save a valid form; False if it was refused, then the form says why. Raises ScheduleLockedError."""
        try:
            with transaction.atomic():
                if self._was_changed_meanwhile():
                    self.add_error(None, CHANGED_MEANWHILE)
                    return False
                self._fill()
                recipients = Recipients(self.cleaned_data["emails"], self.cleaned_data["alerts"])
                save_schedule(self.schedule, recipients, by=by)
        except ValidationError as refusal:
            self._take(refusal)
            return False
        return True

    def _was_changed_meanwhile(self) -> bool:
        if self.stored is None:
            return False
        stored = Schedule.objects.select_for_update().get(pk=self.stored.pk)
        if self.cleaned_data["version"] == version_of(stored):
            return False
        again = cast(QueryDict, self.data).copy()
        again["version"] = version_of(stored)  # whoever saves once more wants to replace it
        self.data = again
        return True

    def _fill(self) -> None:
        schedule, cleaned = self.schedule, self.cleaned_data
        assert self.recurrence is not None  # noqa: S101  # a valid form has read it
        for name in ("name", "kind", "zone", "query_filter", "keep_history", "lookback_days", "report_start"):
            setattr(schedule, name, cleaned[name])
        for name in ("complete_months", "skip_empty", "reports", "report_format", "subject_template"):
            setattr(schedule, name, cleaned[name])
        schedule.timing = write_timing(self.recurrence)
        schedule.mode = self.mode

    def _take(self, refusal: ValidationError) -> None:
        """Put what the rules of schedules refused beside its fields."""
        for name, sentences in refusal.message_dict.items():
            field = FIELDS_OF_KIND[self.schedule.kind][-1] if name == "timing" else name
            self.add_error(field if field in self.fields else None, sentences)


def version_of(schedule: Schedule) -> str:
    """Changes with each save."""
    return schedule.saved_at.isoformat()


def new_initial() -> dict[str, Any]:  # Any: initial values of several types
    return {
        "kind": Schedule.Kind.DAILY,
        "at": "02:30",
        "interval_every": 6,
        "interval_unit": "h",
        "month_day": "1",
        "lookback_days": 0,
        "reports": [ReportKind.SUMMARY.value, ReportKind.EXCEPTIONS.value],
        "report_format": ReportFormat.XLSX.value,
    }


def schedule_initial(schedule: Schedule) -> dict[str, Any]:  # Any: as above
    return {
        **timing_initial(schedule),
        "version": version_of(schedule),
        "name": schedule.name,
        "query_filter": schedule.query_filter_id,
        "reports_only": schedule.is_reports_only,
        "full_refresh": schedule.mode == Mode.FULL_REFRESH,
        "keep_history": schedule.keep_history,
        "lookback_days": schedule.lookback_days,
        "emails": list(schedule.emails.all()),
        "alerts": list(schedule.alerts.all()),
        "reports": schedule.reports,
        "report_format": schedule.report_format,
        "report_start": schedule.report_start,
        "complete_months": schedule.complete_months,
        "skip_empty": schedule.skip_empty,
        "subject_template": schedule.subject_template,
    }
