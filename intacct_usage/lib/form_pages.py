"""Addresses that take a form which stands on another page."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, resolve_url

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
METHODS = ["GET", "HEAD", "POST"]


def form_of(page: str, part: str = "") -> Callable[[View[P]], View[P]]:
    """For a view that answers a POST with a page: whoever then opens its address is led to the `part` of the page
    (an address's name) on which the form stands. An address that only acts and redirects takes `require_POST`.
    """

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if request.method == "POST":
                return view(request, *args, **kwargs)
            if request.method not in METHODS:
                return HttpResponseNotAllowed(METHODS)
            return redirect(resolve_url(page) + (f"#{part}" if part else ""))

        return guarded

    return decorate
