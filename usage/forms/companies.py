"""The forms around the list of companies: its filters, adding, importing, skipping, removing, Clear All."""

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.db.models import Q, QuerySet

from usage.companies.csv_file import MOST_BYTES
from usage.forms.layout import page_helper, text_input
from usage.models import Company, QueryFilter
from usage.models.company import OTHER

CLEAR_WORD = "clear all"
STATES: dict[str, tuple[str, Q]] = {
    "active": ("Active", Q(skipped_at=None)),
    "skipped": ("Skipped", ~Q(skipped_at=None)),
    "failing": ("Failing", Q(skipped_at=None, health=Company.Health.FAILING)),
    "no_data": ("No data", Q(skipped_at=None, health=Company.Health.NO_DATA)),
    "unknown": ("Never fetched", Q(skipped_at=None, health=Company.Health.UNKNOWN)),
    "missing": ("Missing from the API", ~Q(missing_since=None)),
}


class CompanyFilterForm(forms.Form):
    """Above the list; bound to the address. What it cannot read it ignores."""

    states = tuple(STATES)

    q = forms.CharField(
        label="Search",
        required=False,
        max_length=200,
        widget=text_input(type="search", placeholder="ID, name, account number or reseller"),
    )
    state = forms.ChoiceField(label="Status", required=False)
    filter = forms.ChoiceField(label="Query filter", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: as Django declares it
        super().__init__(*args, **kwargs)
        names = list(QueryFilter.objects.values_list("name", flat=True))
        self._choices("filter", [("", "All filters"), *((name, name) for name in names), (OTHER, OTHER)])
        self._choices("state", [("", "Any status"), *((key, STATES[key][0]) for key in self.states)])

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  # narrows the type
        field.choices = choices

    @property
    def is_filtering(self) -> bool:
        return any(self.data.get(name) for name in self.fields)

    def companies(self) -> QuerySet[Company]:
        """The listed companies that fit."""
        self.full_clean()
        wanted = self.cleaned_data
        found = Company.objects.listed()
        if text := wanted.get("q"):
            fields = ("intacct_id", "name", "sage_account_number", "reseller", "skip_reason")
            found = found.filter(_any_of(fields, text))
        if state := wanted.get("state"):
            found = found.filter(STATES[state][1])
        if name := wanted.get("filter"):
            found = found.in_other() if name == OTHER else found.filter(query_filter__name=name)
        return found


class SkippedFilterForm(CompanyFilterForm):
    """Above the exceptions, with the one status that tells skipped companies apart."""

    states = ("missing",)

    def companies(self) -> QuerySet[Company]:
        return super().companies().exclude(skipped_at=None)


class AddCompaniesForm(forms.Form):
    ids = forms.CharField(
        label="Company IDs",
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocapitalize": "off"}),
        help_text="One or many: each on a line of its own, or separated by commas. Paste works.",
        max_length=2_000_000,
    )

    @property
    def helper(self) -> FormHelper:
        return page_helper("ids")


class ImportCompaniesForm(forms.Form):
    file = forms.FileField(
        label="CSV file",
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        help_text=(
            "Columns company_id, name, sage_account_number, reseller, skipped, skip_reason, separated by commas, "
            "semicolons or tabs; only company_id must be there. Companies of the list that the file lacks stay as "
            "they are."
        ),
    )

    def clean_file(self) -> Any:  # Any: Django's uploaded file
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(f"The file is larger than {MOST_BYTES // 1024 // 1024} MiB.")
        return file

    @property
    def helper(self) -> FormHelper:
        return page_helper("file")


class SkipForm(forms.Form):
    reason = forms.CharField(
        label="Reason",
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Optional, but others will ask. It is shown in the list and under Exceptions.",
    )

    @property
    def helper(self) -> FormHelper:
        return page_helper("reason")


class RemoveForm(forms.Form):
    """Keeping the history is the choice that is made already."""

    KEEP, DATA = "keep", "data"
    what = forms.ChoiceField(
        label="What happens to their data",
        choices=[
            (KEEP, "Remove from the list, keep the history"),
            (DATA, "Remove with all data"),
        ],
        initial=KEEP,
        widget=forms.RadioSelect,
    )

    @property
    def helper(self) -> FormHelper:
        return page_helper("what")

    @property
    def with_data(self) -> bool:
        return bool(self.cleaned_data["what"] == self.DATA)


class ClearAllForm(forms.Form):
    typed = forms.CharField(
        label=f"Type “{CLEAR_WORD}” to go on",
        widget=text_input(),
        error_messages={"required": f"Type “{CLEAR_WORD}” to go on."},
    )

    def clean_typed(self) -> str:
        typed = str(self.cleaned_data["typed"]).strip().lower()
        if typed != CLEAR_WORD:
            raise forms.ValidationError(f"Type exactly “{CLEAR_WORD}”.")
        return typed

    @property
    def helper(self) -> FormHelper:
        return page_helper("typed")


def _any_of(fields: tuple[str, ...], text: str) -> Q:
    found = Q()
    for name in fields:
        found |= Q(**{f"{name}__icontains": text})
    return found
