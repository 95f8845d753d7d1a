"""The forms of the API credentials and of the proxy."""

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms

from usage.forms.layout import SecretField, SecretRow, page_helper, text_input
from usage.models import ApiCredential, Company, OutboundProxy

COMPANIES_OFFERED = 50


class CredentialsForm(forms.Form):
    """Sender and user with their passwords, and the company they are tried with."""

    prefix = "credentials"
    sender_id = forms.CharField(label="Sender ID", max_length=100, widget=text_input())
    sender_password = SecretField("Sender Password")
    user_id = forms.CharField(label="User ID", max_length=100, widget=text_input())
    user_password = SecretField("User Password")
    company_id = forms.CharField(
        label="Company to sign in to", max_length=100, required=False, widget=text_input(list="credentials-companies")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: as Django declares it
        stored = ApiCredential.current()
        initial = {}
        if stored is not None:
            initial = {
                "sender_id": stored.sender_id,
                "user_id": stored.user_id,
                "company_id": stored.validated_company,
            }
        kwargs.setdefault("initial", initial)
        super().__init__(*args, **kwargs)
        for name in ("sender_password", "user_password"):
            field = self.fields[name]
            assert isinstance(field, SecretField)  # noqa: S101  # narrows the type
            field.describe(stored, name)
        self.companies = list(
            Company.objects.queryable().order_by("intacct_id").values_list("intacct_id", flat=True)[:COMPANIES_OFFERED]
        )
        company = self.fields["company_id"]
        company.required = not self.companies
        company.help_text = (
            "The credentials are tried with one sign-in to this company. Empty takes the first company of the list."
            if self.companies
            else "The credentials are tried with one sign-in to this company; no company is loaded yet, so name one."
        )

    @property
    def helper(self) -> FormHelper:
        return page_helper(
            "sender_id", SecretRow("sender_password"), "user_id", SecretRow("user_password"), "company_id"
        )


class ProxyForm(forms.Form):
    """The proxy's address and sign-in; on and off is a switch of its own."""

    prefix = "proxy"
    url = forms.CharField(
        label="Proxy URL",
        max_length=300,
        widget=text_input(inputmode="url", placeholder="http://proxy.example.com:8080"),
        help_text="With http:// or https:// and the port.",
    )
    username = forms.CharField(
        label="Username",
        max_length=200,
        required=False,
        widget=text_input(),
        help_text="Only if the proxy asks for it.",
    )
    password = SecretField("Password")

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: as Django declares it
        stored = OutboundProxy.current()
        initial = {"url": stored.url, "username": stored.username} if stored else {}
        kwargs.setdefault("initial", initial)
        super().__init__(*args, **kwargs)
        field = self.fields["password"]
        assert isinstance(field, SecretField)  # noqa: S101  # narrows the type
        field.describe(stored, "password", otherwise="Only if the proxy asks for it.")

    @property
    def helper(self) -> FormHelper:
        return page_helper("url", "username", SecretRow("password"))
