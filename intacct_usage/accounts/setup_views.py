"""The page on which the token of the log becomes the first administrator."""

from typing import Final

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from intacct_usage.accounts.backends import BACKEND
from intacct_usage.accounts.first_administrator import (
    AdministratorExistsError,
    TokenRefusedError,
    make_first_administrator,
    there_is_an_administrator,
)
from intacct_usage.accounts.forms import FirstAdministratorForm
from intacct_usage.accounts.limits import PASSWORDS, TooManyAttemptsError, take_attempt
from intacct_usage.lib.refusals import TooManyRequestsError

ACCOUNT: Final = "the first administrator"


@login_not_required
@sensitive_post_parameters("token", "password1", "password2")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def first_administrator(request: HttpRequest) -> HttpResponse:
    """Not there any more once there is an administrator."""
    if there_is_an_administrator():
        raise Http404
    form = FirstAdministratorForm(request.POST or None)
    if form.is_valid():
        try:
            attempt = take_attempt(PASSWORDS, name=ACCOUNT, address=request.META.get("REMOTE_ADDR", ""))
            wanted = form.cleaned_data
            user = make_first_administrator(wanted["token"], username=wanted["username"], password=wanted["password1"])
        except TooManyAttemptsError as error:
            raise TooManyRequestsError(error.message, error.retry_after_seconds) from error
        except TokenRefusedError as error:
            form.add_error("token", error.message)
        except AdministratorExistsError as error:
            raise Http404 from error
        else:
            attempt.succeeded()
            login(request, user, backend=BACKEND)
            messages.success(request, "Welcome. You are the administrator of this installation.")
            return redirect("overview")
    return render(request, "accounts/first_administrator.html", {"form": form})
