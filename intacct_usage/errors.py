"""Plain error pages. Each shows a reference number and logs it, never what went wrong inside.

Those of 500 and above use no database and no context processor, so that they work when those are what failed.
"""

import logging
import secrets
from dataclasses import dataclass

from django.core.exceptions import BadRequest, RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.csrf import requires_csrf_token

from intacct_usage.lib.refusals import NotUnderstoodError, TooManyRequestsError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ErrorPage:
    status: int
    title: str
    what: str
    next_step: str


BAD_REQUEST = ErrorPage(
    400, "This request could not be understood", "The address or the form holds something this page cannot read.",
    "Go back, check what was entered and try again.",
)  # fmt: skip
NOT_ALLOWED = ErrorPage(
    403, "You may not do this", "Your account does not have the right for this page or action.",
    "Ask an administrator for the role you need.",
)  # fmt: skip
EXPIRED_FORM = ErrorPage(
    403, "This form is no longer valid",
    "The page was open for a long time, you signed in again in another tab, or your browser refuses cookies. "
    "Nothing was saved and nothing was sent.",
    "Go back, reload the page and send the form again.",
)  # fmt: skip
NOT_FOUND = ErrorPage(
    404, "There is no such page", "The address is wrong, or what it showed was removed.",
    "Check the address, or start from the overview.",
)  # fmt: skip
NOT_A_PAGE = ErrorPage(
    405, "This address takes a form", "It cannot be opened by itself, for example from a bookmark.",
    "Go back, or start from the overview.",
)  # fmt: skip
TOO_BIG = ErrorPage(
    413, "That was too much at once", "The form or file is larger than this page accepts. Nothing was saved.",
    "Send less at a time, for example a smaller file.",
)  # fmt: skip
TOO_MANY = ErrorPage(
    429, "Too many requests", "This action is limited and the limit is reached for now.", "Wait a moment and try again."
)
FAILED = ErrorPage(
    500, "Something failed on our side", "The page could not be made. What you entered may not have been saved.",
    "Try again. If it happens again, give the reference number to your system administrator: the log holds the cause.",
)  # fmt: skip
BUSY = ErrorPage(
    503, "The database is busy", "Another task is writing at this moment. Nothing was changed.",
    "Try again in a few seconds.",
)  # fmt: skip


def wants_json(request: HttpRequest) -> bool:
    return request.path.endswith(".json") or request.path.startswith("/api/") or not request.accepts("text/html")


def answer(request: HttpRequest, page: ErrorPage, *, detail: str = "", logged: str = "") -> HttpResponse:
    """The page, or its JSON. `detail` is shown, so it must be fit to show; the template escapes it.

    The line in the log is the only one about a request that is refused; `logged` is its reason there, in words.
    """
    reference = secrets.token_hex(4).upper()
    logger.log(
        logging.ERROR if page.status >= 500 and page is not BUSY else logging.WARNING,
        "Error page %d for %s %s, reference %s%s",
        *(page.status, request.method, request.path, reference, f": {logged}" if logged else ""),
        extra={"reference": reference},
    )
    if wants_json(request):
        return JsonResponse({"error": page.title, "detail": detail, "reference": reference}, status=page.status)
    shown = {"page": page, "reference": reference, "detail": detail}
    shell = request if page.status < 500 and hasattr(request, "user") else None
    return HttpResponse(_rendered(shown, shell) or f"{page.title}. Reference number {reference}.", status=page.status)


def _rendered(shown: dict[str, object], shell: HttpRequest | None) -> str:
    """Empty if even the error page fails, for example because the static files were not collected."""
    try:
        return render_to_string("errors/page.html", shown, shell)
    except Exception:  # whatever broke it, the reference number must reach the reader
        logger.exception("The error page itself failed")
        return ""


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent):
        return answer(request, TOO_BIG)
    known = str(exception) if isinstance(exception, BadRequest) else ""
    return answer(request, BAD_REQUEST, detail=known if isinstance(exception, NotUnderstoodError) else "", logged=known)


@requires_csrf_token
def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, NOT_ALLOWED, detail=str(exception))


@requires_csrf_token
def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, NOT_FOUND)


@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    return answer(request, FAILED)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return answer(request, EXPIRED_FORM, logged=reason)


def not_a_page(request: HttpRequest, refusal: HttpResponse) -> HttpResponse:
    """The page in place of Django's empty refusal of a GET."""
    response = answer(request, NOT_A_PAGE)
    response.headers["Allow"] = refusal.headers["Allow"]
    return response


def too_many_requests(request: HttpRequest, exception: TooManyRequestsError) -> HttpResponse:
    response = answer(request, TOO_MANY, detail=str(exception))
    response.headers["Retry-After"] = str(exception.retry_after_seconds)
    return response


def busy(request: HttpRequest, exception: Exception) -> HttpResponse:
    response = answer(request, BUSY)
    response.headers["Retry-After"] = "10"
    return response
