"""One's own account: password, second factor, sessions; and everybody's sessions for those who may end them."""

from typing import Any

import segno
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.models import User
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from intacct_usage.accounts import second_factor, totp
from intacct_usage.accounts.forms import ChangePasswordForm, CodeForm, PasswordForm
from intacct_usage.accounts.limits import TooManyAttemptsError
from intacct_usage.accounts.models import SecondFactor
from intacct_usage.accounts.sessions import (
    end_all_sessions,
    end_session,
    everybodys_sessions,
    sessions_of,
    signed_in_lately,
)
from intacct_usage.accounts.sign_in_views import WRONG_CODE
from intacct_usage.lib.access import Right, require
from intacct_usage.lib.crypto import SecretUnreadableError
from intacct_usage.lib.refusals import TooManyRequestsError

ISSUER = "Intacct API Usage"
AT_MICROSOFT = "This account has no password here: it signs in with Microsoft, which also keeps its second factor."
SIGN_IN_AGAIN = "Sessions are ended within 15 minutes of a sign-in only. Please sign in again, then end them."
UNREADABLE = "What was begun here cannot be read with the present encryption key. Please start again."


def person(request: HttpRequest) -> User:
    """The signed-in account; every page here has one."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def own_password(request: HttpRequest) -> User:
    """The signed-in account, if its password is kept here."""
    user = person(request)
    if not user.has_usable_password():
        raise PermissionDenied(AT_MICROSOFT)
    return user


@require_safe
def still_here(request: HttpRequest) -> JsonResponse:
    """For a page that is about to send a form: the person is signed in, and this is the token to send along."""
    return JsonResponse({"token": get_token(request)})


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    user = person(request)
    factor = second_factor.factor_of(user)
    context = {
        "factor": factor,
        "codes_left": factor.recovery_codes.left() if factor else 0,
        "sessions": sessions_of(user, request),
        "roles": [group.name for group in user.groups.order_by("name")],
        "has_password": user.has_usable_password(),
    }
    return render(request, "accounts/account.html", context)


@method_decorator(sensitive_post_parameters(), name="dispatch")
class ChangePasswordView(auth_views.PasswordChangeView):
    """Changing the password ends every other session of the account."""

    http_method_names = ["get", "head", "post", "options"]
    template_name = "accounts/change_password.html"
    form_class = ChangePasswordForm
    success_url = reverse_lazy("account")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # Any: as in Django
        own_password(request)
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:  # Any: arguments of the form
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        response = super().form_valid(form)
        messages.success(self.request, "Your password is changed. Other sessions of yours are signed out.")
        return response


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def begin_second_factor(request: HttpRequest) -> HttpResponse:
    """Asks for the password and makes the secret; it counts once a code of the app was entered."""
    user = own_password(request)
    if second_factor.factor_of(user):
        return redirect("account")
    form = PasswordForm(request, request.POST or None)
    if form.is_valid():
        second_factor.begin(user)
        return redirect("confirm_second_factor")
    return render(request, "accounts/second_factor_begin.html", {"form": form})


@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_second_factor(request: HttpRequest) -> HttpResponse:
    """Shows the QR code; a right code switches the second factor on and shows the recovery codes, once."""
    user = own_password(request)
    factor = SecondFactor.objects.filter(user=user, confirmed_at=None).first()
    if factor is None:
        return redirect("account")
    form = CodeForm(request.POST or None)
    try:
        if form.is_valid():
            codes = second_factor.confirm(factor, form.cleaned_data["code"], address=request.META["REMOTE_ADDR"])
            if codes is not None:
                return render(request, "accounts/recovery_codes.html", {"codes": codes, "is_new": True})
            form.add_error("code", WRONG_CODE)
        secret = factor.reveal("secret")
    except TooManyAttemptsError as error:
        raise TooManyRequestsError(error.message, error.retry_after_seconds) from error
    except SecretUnreadableError:
        messages.error(request, UNREADABLE)
        return redirect("begin_second_factor")
    return render(request, "accounts/second_factor_confirm.html", {"form": form, **_picture(user, secret)})


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def new_recovery_codes(request: HttpRequest) -> HttpResponse:
    factor = second_factor.factor_of(own_password(request))
    if factor is None:
        return redirect("account")
    form = PasswordForm(request, request.POST or None)
    if form.is_valid():
        codes = second_factor.renew_recovery_codes(factor)
        return render(request, "accounts/recovery_codes.html", {"codes": codes})
    return render(request, "accounts/recovery_codes_again.html", {"form": form})


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def switch_second_factor_off(request: HttpRequest) -> HttpResponse:
    user = own_password(request)
    if second_factor.factor_of(user) is None:
        return redirect("account")
    form = PasswordForm(request, request.POST or None)
    if form.is_valid():
        second_factor.switch_off(user)
        messages.success(request, "Your second factor is switched off.")
        return redirect("account")
    return render(request, "accounts/second_factor_off.html", {"form": form})


@require_POST
def end_own_session(request: HttpRequest) -> HttpResponse:
    """One session of one's own, or with `handle` “others” all but this one; soon after a sign-in only.

    Whoever found an open browser must not be able to shut its owner out of the others.
    """
    if not signed_in_lately(request):
        logout(request)
        messages.info(request, SIGN_IN_AGAIN)
        return redirect(f"{resolve_url('login')}?{urlencode({'next': resolve_url('account')})}")
    user, handle = person(request), request.POST.get("handle", "")
    if handle == "others":
        ended = end_all_sessions(user, but=request.session.session_key)
        messages.success(request, f"Sessions ended: {ended}. You are signed in here alone.")
    elif end_session(handle, of=user):
        messages.success(request, "The session is ended.")
    else:
        messages.info(request, "This session is over already.")
    return redirect("account")


@require(Right.END_SESSIONS)
@require_safe
def signed_in_people(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/people.html", {"sessions": everybodys_sessions(request)})


@require(Right.END_SESSIONS)
@require_POST
def end_anybodys_session(request: HttpRequest) -> HttpResponse:
    handle = request.POST.get("handle", "")
    if not handle:
        raise BadRequest("The form names no session.")
    owner = end_session(handle)
    if owner:
        messages.success(request, f"The session of {owner} is ended.")
    else:
        messages.info(request, "This session is over already.")
    return redirect("signed_in_people")


def _picture(user: User, secret: str) -> dict[str, object]:
    """The QR code as one path of squares, and the secret in groups of four for typing it."""
    uri = totp.provisioning_uri(secret, account=user.get_username(), issuer=ISSUER)
    rows = [list(row) for row in segno.make(uri, error="m", micro=False).matrix_iter(border=4)]
    squares = [f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark]
    groups = [secret[start : start + 4] for start in range(0, len(secret), 4)]
    return {"qr_path": "".join(squares), "qr_size": len(rows), "secret_groups": groups}
