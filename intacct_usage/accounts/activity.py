"""Keeps the sessions of people who do something from running out."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from django.db import OperationalError
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from intacct_usage.accounts.models import SignInSession
from intacct_usage.lib import clock

logger = logging.getLogger(__name__)

NOTED_EVERY: Final = timedelta(minutes=1)


class SessionActivityMiddleware:
    """Notes once a minute that a session is in use. A page that refreshes itself is no sign of a person before it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated and not _refreshes_itself(request):
            _note(request)
        return self.get_response(request)


def _note(request: HttpRequest) -> None:
    seen_at, key = getattr(request.session, "seen_at", None), request.session.session_key
    if key and seen_at is not None and clock.now() - seen_at >= NOTED_EVERY:
        try:
            SignInSession.objects.touch(key)
        except OperationalError:
            logger.debug("The database was busy; the next request notes that the session is in use.")


def _refreshes_itself(request: HttpRequest) -> bool:
    return request.method == "GET" and request.headers.get("HX-Request") == "true"
