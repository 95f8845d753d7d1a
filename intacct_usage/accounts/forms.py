"""The forms of signing in and of one's own account."""

from typing import Any, Final

from crispy_forms.helper import FormHelper
from crispy_forms.layout import LayoutObject
from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm, BaseUserCreationForm, PasswordChangeForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from intacct_usage.accounts.limits import TooManyAttemptsError
from usage.forms.layout import page_helper

LONGEST_CODE: Final = 60
LONGEST_TOKEN: Final = 200


class SignInForm(AuthenticationForm):
    """A wrong password and an unknown account are told the same; so is a limit that is reached."""

    def get_invalid_login_error(self) -> ValidationError:
        if getattr(self.request, "sign_in_is_blocked", False):
            return ValidationError(TooManyAttemptsError.message, code="blocked")
        return super().get_invalid_login_error()


class CodeForm(forms.Form):
    """A code of the authenticator app, or a recovery code."""

    code = forms.CharField(
        max_length=LONGEST_CODE,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "off",
                "spellcheck": "false",
                "autofocus": True,
            }
        ),
    )

    @property
    def helper(self) -> FormHelper:
        return page_helper("code")


class PasswordForm(forms.Form):
    """Asks for one's own password again, before the second factor changes. Counts as an attempt to sign in."""

    password = forms.CharField(
        label="Your password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:  # Any: as Django declares it
        super().__init__(*args, **kwargs)
        self._request = request

    def clean_password(self) -> str:
        return _own_password(self._request, str(self.cleaned_data["password"]))

    @property
    def helper(self) -> FormHelper:
        return page_helper("password")


class ChangePasswordForm(PasswordChangeForm):
    """Counts a wrong old password as an attempt to sign in, too."""

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:  # Any: as Django declares it
        super().__init__(*args, **kwargs)
        self._request = request

    def clean_old_password(self) -> str:
        return _own_password(self._request, str(self.cleaned_data["old_password"]))


def _own_password(request: HttpRequest, typed: str) -> str:
    """The password of who is signed in. Raises ValidationError."""
    if authenticate(request, username=request.user.get_username(), password=typed) is None:
        blocked = getattr(request, "sign_in_is_blocked", False)
        raise ValidationError(TooManyAttemptsError.message if blocked else "This is not your password.")
    return typed


class FirstAdministratorForm(BaseUserCreationForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """The token from the log, and the account that it makes."""

    token = forms.CharField(
        label="Token",
        max_length=LONGEST_TOKEN,
        help_text="The server printed it to its log. It is good for one account and for one day.",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false", "data-setup-token": True}
        ),
    )

    class Meta:
        model = User
        fields = ("username",)

    @property
    def helper(self) -> FormHelper:
        fields: tuple[str | LayoutObject, ...] = ("token", "username", "password1", "password2")
        return page_helper(*fields)
