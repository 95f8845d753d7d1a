"""The rows of the query filters: name, kind and value, in their order."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.formsets import BaseFormSet, formset_factory

from intacct_usage.lib.typed_numbers import typed_number
from usage.filters.assignment import MOST_FILTERS, FilterSetError, current_rules, preview_rules
from usage.filters.grouping import FilterRule
from usage.forms.layout import text_input
from usage.models import QueryFilter

PREFIX = "filters"


class FilterRowForm(forms.Form):
    """One filter. What a value may be is decided where filters are saved, so that every way in has the same rules."""

    pk = forms.IntegerField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(label="Filter Name", max_length=100, strip=True, widget=text_input())
    kind = forms.ChoiceField(label="Kind", choices=QueryFilter.Kind.choices, initial=QueryFilter.Kind.PREFIX)
    value = forms.CharField(label="Prefix or pattern", max_length=200, strip=False, widget=text_input())

    count: "RowCount | None" = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: as Django declares it
        super().__init__(*args, **kwargs)
        for name, css in (("name", "form-control"), ("kind", "form-select"), ("value", "form-control")):
            self.fields[name].widget.attrs["class"] = css

    def has_changed(self) -> bool:
        """A new row counts once something was typed into it; its place and its kind are always there."""
        return any(self[name].data for name in ("pk", "name", "value"))


class BaseFilterFormSet(BaseFormSet):  # type: ignore[type-arg]  # not subscriptable at run time
    """All filters of the installation in one form. The order of the rows decides between equally long matches."""

    def add_fields(self, form: FilterRowForm, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["ORDER"].widget = forms.NumberInput(attrs={"class": "form-control filter-order", "min": "1"})
        form.fields["ORDER"].label = "Position"
        form.fields["DELETE"].label = "Remove"

    def kept_forms(self) -> list[FilterRowForm]:
        """The rows to save of a valid formset, in their order; untouched new rows are left out."""
        return list(self.ordered_forms)

    def rules(self) -> list[FilterRule]:
        return [
            FilterRule(data.get("pk"), data["name"], data["kind"], data["value"], place)
            for place, data in enumerate(form.cleaned_data for form in self.kept_forms())
        ]

    def show_counts(self, preview: "TypedPreview") -> None:
        """Give every row its count, for the page; rows that match nothing yet have none."""
        counts = {row.place: row for row in preview.rows}
        for place, form in enumerate(self.forms):
            form.count = counts.get(place)

    def take_errors(self, refusal: FilterSetError) -> None:
        """Put the sentences of a refused save beside their rows."""
        rows = self.kept_forms()
        for place, sentence in refusal.rows.items():
            rows[place].add_error(None, sentence)
        general = refusal.message.removesuffix(" ".join(refusal.rows.values())).strip()
        if general:
            self.non_form_errors().append(general)


FilterFormSet: type[BaseFilterFormSet] = formset_factory(  # type: ignore[assignment]  # it returns a subclass of `formset`
    FilterRowForm,
    formset=BaseFilterFormSet,
    extra=0,
    can_order=True,
    can_delete=True,
    max_num=MOST_FILTERS,
    validate_max=True,
)


@dataclass(frozen=True)
class RowCount:
    """What one row of the page matches now: `place` is its number in the form."""

    place: int
    companies: int
    error: str

    @property
    def prefix(self) -> str:
        return f"{PREFIX}-{self.place}"


@dataclass(frozen=True)
class TypedPreview:
    """The counts of all rows as they are typed, with the companies that no row gets."""

    rows: list[RowCount]
    other: int
    total: int


def stored_filter_formset() -> BaseFilterFormSet:
    """The saved filters; an empty installation starts with one empty row."""
    initial = [
        {"pk": rule.pk, "name": rule.name, "kind": rule.kind, "value": rule.value, "ORDER": place}
        for place, rule in enumerate(current_rules(), start=1)
    ]
    formset = FilterFormSet(initial=initial, prefix=PREFIX)
    formset.extra = 0 if initial else 1
    return formset


def preview_stored() -> TypedPreview:
    return _preview(list(enumerate(current_rules())))


def preview_typed(data: Mapping[str, str]) -> TypedPreview:
    """The counts for rows that may still be half typed; rows without a value are left out. Writes nothing."""
    try:
        total = min(int(data.get(f"{PREFIX}-TOTAL_FORMS", "0")), MOST_FILTERS)
    except ValueError:
        total = 0
    typed = [(place, _typed_rule(data, place)) for place in range(total) if not data.get(f"{PREFIX}-{place}-DELETE")]
    rows = [(place, rule) for place, rule in typed if rule.value]
    return _preview(sorted(rows, key=lambda row: row[1].position))


def _preview(rows: list[tuple[int, FilterRule]]) -> TypedPreview:
    preview = preview_rules([rule for _, rule in rows])
    counted = zip((place for place, _ in rows), preview.rules, strict=True)
    return TypedPreview(
        [RowCount(place, count.companies, count.error) for place, count in counted], preview.other, preview.total
    )


def _typed_rule(data: Mapping[str, str], place: int) -> FilterRule:
    def typed(name: str) -> str:
        return data.get(f"{PREFIX}-{place}-{name}", "")

    position = typed_number(typed("ORDER"))
    return FilterRule(
        None, typed("name"), typed("kind"), typed("value"), MOST_FILTERS if position is None else position
    )
