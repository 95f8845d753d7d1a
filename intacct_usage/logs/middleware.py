"""Gives every request an id: in each of its log lines and in the answer's X-Request-ID header."""

import secrets
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from intacct_usage.logs.context import log_context

HEADER = "X-Request-ID"


class RequestIdMiddleware:
    """Ids are made here and never taken from outside, where they could be forged to blur the trace."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = secrets.token_hex(8)
        with log_context(request_id=request_id):
            response = self.get_response(request)
        response.headers[HEADER] = request_id
        return response
