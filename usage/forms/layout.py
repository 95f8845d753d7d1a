"""How forms of several pages are laid out: one helper, secrets that are only ever written, day and switch fields."""

from datetime import datetime
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Field, Layout, LayoutObject
from django import forms
from django.utils import timezone

from intacct_usage.lib.crypto import SecretUnreadableError
from intacct_usage.lib.fields import SecretBearingModel

SECRET_TEMPLATE = "includes/secret_field.html"  # noqa: S105 - a template
REENTER = "Enter it again: what was typed here is never sent back to the browser."


def page_helper(*fields: str | LayoutObject) -> FormHelper:
    """A form inside a <form> of the page, which holds the tokens and the buttons."""
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    helper.include_media = False
    helper.layout = Layout(*fields)
    return helper


class SecretField(forms.CharField):
    """A password that is never rendered; empty means: keep the stored one."""

    def __init__(self, label: str, *, max_length: int = 1000) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password", "spellcheck": "false"}, render_value=False)
        super().__init__(label=label, required=False, strip=False, max_length=max_length, widget=widget)

    def describe(self, row: SecretBearingModel | None, field_name: str, *, otherwise: str = "") -> None:
        """Say below the field whether a secret is stored, since when, and what an empty field means."""
        self.help_text = _stored_sentence(row, field_name) or otherwise


class SecretRow(Field):  # type: ignore[misc]  # crispy-forms has no types
    """A secret with the button that shows what is being typed."""

    def __init__(self, name: str) -> None:
        super().__init__(name, template=SECRET_TEMPLATE)


def ask_again(form: forms.BaseForm, *names: str) -> None:
    """After a refused save: say at each secret that was typed why it is empty now."""
    for name in names:
        if form.data.get(form.add_prefix(name)):
            form[name].help_text = REENTER


def said_day(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{local.day} {local:%B %Y}"


def _stored_sentence(row: SecretBearingModel | None, field_name: str) -> str:
    try:
        set_at = row.secret_set_at(field_name) if row else None
    except SecretUnreadableError:
        return "A secret is stored, but it cannot be read with the present ENCRYPTION_KEY. Enter it again."
    return f"Set on {said_day(set_at)}. Leave it empty to keep it." if set_at else ""


def text_input(**attributes: Any) -> forms.TextInput:  # Any: HTML attributes
    """A text box without the browser's corrections, for IDs, addresses and host names."""
    plain = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
    return forms.TextInput(attrs={**plain, **attributes})
