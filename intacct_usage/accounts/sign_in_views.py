"""Coming in and going out: the password, the code of the second factor, the sign-out."""

from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import login
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.utils.crypto import constant_time_compare
from django.utils.dateparse import parse_datetime
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from intacct_usage.accounts.backends import BACKEND
from intacct_usage.accounts.first_administrator import there_is_an_administrator
from intacct_usage.accounts.forms import CodeForm, SignInForm
from intacct_usage.accounts.limits import TooManyAttemptsError
from intacct_usage.accounts.second_factor import factor_of, is_passed
from intacct_usage.lib import clock
from intacct_usage.lib.crypto import SecretUnreadableError

HALF_WAY: Final = "half_way_in"
"""In the session of somebody whose password was right and whose code is still asked for."""

HALF_WAY_FOR: Final = timedelta(minutes=10)
TOO_MANY: Final = 429
WRONG_CODE: Final = "This code is wrong, too old, or was used before."
CANNOT_CHECK: Final = "Codes of your app cannot be checked at the moment. Use a recovery code, or ask an administrator."
TOO_LATE: Final = "That took too long. Please start again."
CLEAR_AT_SIGN_OUT: Final = '"cache", "storage"'
"""Not "cookies": that would sign people out of every other site of the same domain. Our own cookie is deleted."""


@method_decorator(login_not_required, name="dispatch")  # an overridden dispatch loses the mark
class SignInView(auth_views.LoginView):
    """The door of the pages; `next` is followed only to an address of this site."""

    http_method_names = ["get", "head", "post", "options"]
    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # Any: as in Django
        if str(request.method).lower() not in self.http_method_names:
            return self.http_method_not_allowed(request)
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:  # Any: Django declares the base class of its own form
        user = form.get_user()
        if factor_of(user) is None:
            return super().form_valid(form)
        _remember_half_way(self.request, user, self.get_success_url())
        return redirect("sign_in_code")

    def form_invalid(self, form: Any) -> HttpResponse:  # Any: see above
        response = super().form_invalid(form)
        return _too_many(response) if getattr(self.request, "sign_in_is_blocked", False) else response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:  # Any: template context
        context = super().get_context_data(**kwargs)
        context["entra"] = settings.ENTRA
        context["needs_administrator"] = not there_is_an_administrator()
        return context


@method_decorator(login_not_required, name="dispatch")  # an overridden dispatch loses the mark
class AdminSignInView(SignInView):
    """The door of the administration is the same door. Who is in and may not enter is told so, not asked again."""

    next_page = "admin:index"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # Any: as in Django
        if request.user.is_authenticated and not admin.site.has_permission(request):
            raise PermissionDenied("The administration is for superusers. Ask one of them for what you need there.")
        return super().dispatch(request, *args, **kwargs)


@login_not_required
@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The second step: a code of the app, or a recovery code."""
    user = _half_way_user(request)
    if user is None:
        messages.warning(request, TOO_LATE)
        return redirect("login")
    form = CodeForm(request.POST or None)
    if not form.is_valid():
        return render(request, "accounts/code.html", {"form": form})
    try:
        is_right = _is_right(request, user, form)
    except TooManyAttemptsError as error:
        form.add_error("code", error.message)
        return _too_many(render(request, "accounts/code.html", {"form": form}))
    if not is_right:
        return render(request, "accounts/code.html", {"form": form})
    target = request.session.pop(HALF_WAY)["next"]
    login(request, user, backend=BACKEND)
    return redirect(target)


class SignOutView(auth_views.LogoutView):
    """Only by POST; the browser is told to forget what it kept of these pages."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:  # Any: as in Django
        response: HttpResponse = super().post(request, *args, **kwargs)
        response.headers["Clear-Site-Data"] = CLEAR_AT_SIGN_OUT
        return response


def _remember_half_way(request: HttpRequest, user: User, target: str) -> None:
    request.session.cycle_key()
    request.session[HALF_WAY] = {
        "user": user.pk,
        "password": user.get_session_auth_hash(),
        "until": (clock.now() + HALF_WAY_FOR).isoformat(),
        "next": resolve_url(target),
    }


def _half_way_user(request: HttpRequest) -> User | None:
    """Whose code is asked for; nobody if that is too long ago, or the password was changed meanwhile."""
    found = request.session.get(HALF_WAY)
    until = parse_datetime(found["until"]) if found else None
    if found is None or until is None or until < clock.now():
        request.session.pop(HALF_WAY, None)
        return None
    user = User.objects.filter(pk=found["user"], is_active=True).first()
    if user is None or not constant_time_compare(user.get_session_auth_hash(), found["password"]):
        return None
    return user


def _is_right(request: HttpRequest, user: User, form: CodeForm) -> bool:
    """Whether the second step is passed; if not, the form says why. Raises TooManyAttemptsError."""
    factor = factor_of(user)
    if factor is None:  # switched off a moment ago, by an administrator
        return True
    try:
        if is_passed(factor, form.cleaned_data["code"], address=request.META.get("REMOTE_ADDR", "")):
            return True
        form.add_error("code", WRONG_CODE)
    except SecretUnreadableError:
        form.add_error("code", CANNOT_CHECK)
    user_login_failed.send(sender=__name__, credentials={"username": user.get_username()}, request=request)
    return False


def _too_many(response: HttpResponse) -> HttpResponse:
    response.status_code = TOO_MANY
    response.headers["Retry-After"] = str(TooManyAttemptsError.retry_after_seconds)
    return response
