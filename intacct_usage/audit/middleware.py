"""Tells the audit record who acts, and records every download by itself."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from intacct_usage.audit.models import Action
from intacct_usage.audit.recording import ACTING, record

ATTACHMENT = "attachment"
OK = 200


class AuditMiddleware:
    """After authentication: whatever is recorded while a request is answered was done by its person."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = ACTING.set(request)
        try:
            response = self.get_response(request)
            is_file = response.headers.get("Content-Disposition", "").startswith(ATTACHMENT)
            if is_file and response.status_code == OK and request.method != "HEAD":
                record(None, Action.DOWNLOADED, target=request.get_full_path())
        finally:
            ACTING.reset(token)
        return response
