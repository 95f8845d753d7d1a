"""The form of Send Reports: what, of which companies and days, to whom."""

from typing import Any

from django import forms

from intacct_usage.lib.plurals import counted
from notifications.models import EmailConfiguration
from notifications.report_delivery import ReportMailing
from usage.forms.report_scope import ReportScopeForm
from usage.reports import ReportFormat, ReportKind

TICK = {"class": "form-check-input"}


class ConfigurationChoiceField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # not subscriptable at run time
    """Email configurations as switches, each with the number of its recipients."""

    def label_from_instance(self, obj: Any) -> str:  # Any: as Django declares it
        return f"{obj.name} ({obj.get_provider_display()}, {counted(len(obj.recipients), 'recipient')})"


class SendReportsForm(ReportScopeForm):
    """The scope of the reports page, and what is sent to whom."""

    reports = forms.MultipleChoiceField(
        label="Report Attachments",
        required=False,
        choices=ReportKind.choices,
        widget=forms.CheckboxSelectMultiple(attrs=TICK),
        initial=[ReportKind.SUMMARY],
        help_text="None: the summary stands in the mail, without a file.",
    )
    report_format = forms.ChoiceField(
        label="Format", choices=ReportFormat.choices, widget=forms.RadioSelect(attrs=TICK), initial=ReportFormat.XLSX
    )
    configurations = ConfigurationChoiceField(
        label="Email Configurations",
        queryset=EmailConfiguration.objects.none(),
        widget=forms.CheckboxSelectMultiple(attrs=TICK | {"role": "switch"}),
        error_messages={"required": "Choose at least one email configuration."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: as Django declares it
        super().__init__(*args, **kwargs)
        configurations = self.fields["configurations"]
        assert isinstance(configurations, ConfigurationChoiceField)  # noqa: S101  # narrows the type
        configurations.queryset = EmailConfiguration.objects.order_by("name")

    def clean(self) -> dict[str, Any]:  # Any: cleaned values of several types
        cleaned = super().clean()
        if not self.errors and self.scope.period.is_empty:
            self.add_error("complete_months", "No complete month lies in this range. Choose an earlier first day.")
        return cleaned

    @property
    def kinds(self) -> list[ReportKind]:
        return [ReportKind(kind) for kind in self.cleaned_data["reports"]]

    @property
    def chosen_format(self) -> ReportFormat:
        return ReportFormat(self.cleaned_data["report_format"])

    def mailing(self, asked_by: str) -> ReportMailing:
        """What would be sent, for a preview. Only of a valid form."""
        return ReportMailing(self.kinds, self.chosen_format, self.scope, asked_by)
