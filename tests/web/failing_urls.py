"""The site's addresses and some that fail, each in its own way."""

from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path

from intacct_usage.lib.refusals import NotUnderstoodError, TooManyRequestsError
from intacct_usage.urls import handler400, handler403, handler404, handler500
from intacct_usage.urls import urlpatterns as site

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

FAILURES = {
    "400": BadRequest("secret-detail"),
    "400-told": NotUnderstoodError("The day is not valid."),
    "403": PermissionDenied("Ask the owner."),
    "413": RequestDataTooBig("secret-detail"),
    "429": TooManyRequestsError("Ten tests an hour are possible.", 600),
    "500": RuntimeError("secret-detail in /srv/app/settings.py"),
    "503": OperationalError("database is locked"),
}


def fail(request: HttpRequest, kind: str) -> HttpResponse:
    raise FAILURES[kind]


urlpatterns = [*site, path("fail/<str:kind>", fail), path("fail/<str:kind>/data.json", fail)]
