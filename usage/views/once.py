"""The decorator of views that change something: the same form sent twice has one effect."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from usage.form_submissions import TRIES_PER_HOUR, give_back_submission, limit_submissions, take_submission

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
ALREADY_SENT = "This form was sent before; its effect took place once. What you see is the present state."


def once(back_to: str) -> Callable[[View[P]], View[P]]:
    """Let a form through the first time; a second submit leads to the page named `back_to` and says why.

    The form carries `{% once_token %}`; a POST without a token is refused. A view that raises has not let the form
    through: the same form may be sent again.
    """

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if request.method != "POST":
                return view(request, *args, **kwargs)
            token = request.POST.get("once", "")
            if not token:
                raise BadRequest("The form holds no token.")
            if not take_submission(token, form=_name(request), by=request.user.get_username()):
                messages.info(request, ALREADY_SENT)
                return redirect(back_to)
            try:
                return view(request, *args, **kwargs)
            except Exception:  # whatever it was goes on to the error page
                give_back_submission(token)
                raise

        return guarded

    return decorate


def limit_tries(request: HttpRequest, what: str, *, most: int = TRIES_PER_HOUR) -> None:
    """Raise TooManyRequestsError when this person sends this form too often; `what` is plural (“tests of a proxy”)."""
    limit_submissions(_name(request), by=request.user.get_username(), what=what, most=most)


def _name(request: HttpRequest) -> str:
    return request.resolver_match.view_name if request.resolver_match else request.path[:60]
