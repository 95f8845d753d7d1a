"""The filters above the delivery log."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from notifications.models import EmailConfiguration, OutgoingEmail
from usage.forms.layout import text_input


class DeliveryFilterForm(forms.Form):
    """Bound to the address. What it cannot read it ignores."""

    q = forms.CharField(
        label="Search",
        required=False,
        max_length=200,
        widget=text_input(type="search", placeholder="Subject, schedule or message"),
    )
    configuration = forms.ChoiceField(label="Email configuration", required=False)
    state = forms.ChoiceField(
        label="Result", required=False, choices=[("", "Any result"), *OutgoingEmail.State.choices]
    )
    kind = forms.ChoiceField(label="Kind", required=False, choices=[("", "Any kind"), *OutgoingEmail.Kind.choices])
    run = forms.IntegerField(label="Run", required=False, min_value=1, widget=forms.NumberInput(attrs={"min": 1}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: as Django declares it
        super().__init__(*args, **kwargs)
        field = self.fields["configuration"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  # narrows the type
        names = EmailConfiguration.objects.values_list("pk", "name")
        field.choices = [("", "All"), *((str(pk), name) for pk, name in names)]

    @property
    def is_filtering(self) -> bool:
        return any(self.data.get(name) for name in self.fields)

    def emails(self) -> QuerySet[OutgoingEmail]:
        self.full_clean()
        wanted, found = self.cleaned_data, OutgoingEmail.objects.all()
        exact = {"configuration": "configuration_id", "state": "state", "kind": "kind", "run": "run_id"}
        found = found.filter(**{column: wanted[name] for name, column in exact.items() if wanted.get(name)})
        if text := wanted.get("q"):
            found = found.filter(
                Q(subject__icontains=text) | Q(schedule_name__icontains=text) | Q(message__icontains=text)
            )
        return found
