"""What holds for every answer: signed in, plain error pages, headers that keep pages out of caches and frames."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

from intacct_usage import errors
from intacct_usage.health import healthz, readyz
from intacct_usage.lib.refusals import TooManyRequestsError
from intacct_usage.metrics import metrics

GetResponse = Callable[[HttpRequest], HttpResponseBase]
BUSY_WORDS = ("locked", "timeout", "too many connections", "connection")

PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


PROBES: dict[str, GetResponse] = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}


class ProbesMiddleware:
    """Answers what machines ask before anything needs a session, or a Host from ALLOWED_HOSTS.

    A container's health check, a load balancer and Prometheus ask by address; none of these answers uses the Host.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return PROBES.get(request.path_info, self.get_response)(request)


class PageHeadersMiddleware:
    """Headers of pages and downloads that Django and django-csp do not set; a view's own value stays."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for name, value in PAGE_HEADERS.items():
            response.headers.setdefault(name, value)
        return response


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Every view needs a signed-in user; a script's request gets an answer it can act on, not a sign-in page."""

    def handle_no_permission(  # type: ignore[override]  # the base class promises a redirect, Django needs none
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponse:
        if getattr(request, "htmx", False):
            return HttpResponseClientRedirect(self._sign_in_address(request))
        if errors.wants_json(request):
            return JsonResponse({"error": "signed out", "sign_in": self._sign_in_address(request)}, status=401)
        if request.method not in ("GET", "HEAD"):
            return self._to_sign_in_from_a_form(request)
        return super().handle_no_permission(request, view_func)

    def _to_sign_in_from_a_form(self, request: HttpRequest) -> HttpResponse:
        """Back to the page with the form afterwards, because what takes the form need not be a page itself."""
        messages.warning(request, "You were signed out before this was sent, so nothing was saved or started.")
        sender, here = request.headers.get("Referer", ""), f"{request.scheme}://{request.get_host()}"
        return redirect_to_login(sender.removeprefix(here) if sender.startswith(f"{here}/") else "/")

    def _sign_in_address(self, request: HttpRequest) -> str:
        """The sign-in page that leads back to the page the browser shows."""
        page = getattr(getattr(request, "htmx", None), "current_url_abs_path", None) or "/"
        return f"{resolve_url('login')}?{urlencode({'next': page})}"


class ErrorPagesMiddleware:
    """Turn “too many requests”, a database that is busy and an address that is no page into their pages."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and request.method == "GET" and not response.content:
            return errors.not_a_page(request, response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, TooManyRequestsError):
            return errors.too_many_requests(request, exception)
        if isinstance(exception, OperationalError) and any(word in str(exception).lower() for word in BUSY_WORDS):
            return errors.busy(request, exception)
        return None
