"""Where the company list is loaded from."""

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms

from usage.companies.list_loading import list_request
from usage.companies.list_source import ListRequest
from usage.forms.layout import SecretField, page_helper, text_input
from usage.models import CompanySource

MAPPED = {
    "list": ("List", "The field that holds the list, if it is not found by itself. Use dots for nested fields."),
    "company_id": ("Company ID", ""),
    "name": ("Name", ""),
    "sage_account_number": ("Sage Account Number", ""),
    "reseller": ("Reseller", ""),
}


class CompanySourceForm(forms.Form):
    """The companies API: its address, its token, and how its answer is read."""

    prefix = "source"
    url = forms.CharField(
        label="API URL",
        max_length=500,
        widget=text_input(inputmode="url", placeholder="https://companies.example.com/api/companies"),
    )
    token = SecretField("API Token")
    token_header = forms.CharField(
        label="Header of the token", max_length=100, initial="Authorization", widget=text_input()
    )
    token_scheme = forms.CharField(
        label="Word before the token",
        max_length=50,
        required=False,
        initial="Bearer",
        widget=text_input(),
        help_text="Empty sends the token alone.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: as Django declares it
        stored = CompanySource.current()
        initial: dict[str, Any] = {}  # Any: values of several fields
        if stored is not None:
            initial = {name: getattr(stored, name) for name in ("url", "token_header", "token_scheme")}
            initial |= {f"map_{key}": name for key, name in stored.field_mapping.items()}
        kwargs.setdefault("initial", initial)
        super().__init__(*args, **kwargs)
        for key, (label, help_text) in MAPPED.items():
            self.fields[f"map_{key}"] = forms.CharField(
                label=label, max_length=200, required=False, widget=text_input(), help_text=help_text
            )
        token = self.fields["token"]
        assert isinstance(token, SecretField)  # noqa: S101  # narrows the type
        token.describe(stored, "token", otherwise="Only if the API asks for one.")
        self.stored = stored

    def request(self) -> ListRequest:
        """What to ask for, of a valid form. Raises CompanyListError."""
        cleaned = self.cleaned_data
        return list_request(
            url=cleaned["url"],
            token=cleaned["token"],
            token_header=cleaned["token_header"],
            token_scheme=cleaned["token_scheme"],
            field_mapping={key: cleaned[f"map_{key}"] for key in MAPPED if cleaned[f"map_{key}"]},
        )

    @property
    def drops_token(self) -> bool:
        """Whether another address was entered while a token is stored: that token does not go there."""
        stored = self.stored
        return bool(
            stored and stored.token and not self.cleaned_data["token"] and self.cleaned_data["url"] != stored.url
        )

    @property
    def has_details(self) -> bool:
        """Whether the rarely used settings differ from their defaults or are wrong: then they are shown open."""
        names = ("token_header", "token_scheme", *(f"map_{key}" for key in MAPPED))
        usual = {"token_header": "Authorization", "token_scheme": "Bearer"}
        return any(self[name].errors or (self[name].value() or "") != usual.get(name, "") for name in names)

    @property
    def detail_helper(self) -> FormHelper:
        return page_helper("token_header", "token_scheme", *(f"map_{key}" for key in MAPPED))
