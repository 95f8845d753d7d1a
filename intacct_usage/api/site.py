"""Puts the API together: version, sign-in, limits, answers to errors, and the addresses."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from intacct_usage.api import companies, runs, schedules, usage
from intacct_usage.api.access import MAY_READ, READ_LIMIT
from intacct_usage.api.paging import CursorError
from intacct_usage.api.scopes import BadParametersError

VERSION = "1.0.0"
DESCRIPTION = """\
Usage, companies, fetch runs and deliveries of this installation; read-only but for running a schedule.

Every call needs a token in the header `Authorization: Bearer iau_…`. An administrator makes tokens; each belongs to an
account and can do what that account can do, never more than its scope. Lists come in pages: pass `next` as `after`
until it is null. A token may make 120 calls a minute, and start 20 runs an hour; beyond that the answer is 429 with
`Retry-After`.
"""

api = NinjaAPI(
    title="Intacct API Usage",
    version=VERSION,
    description=DESCRIPTION,
    auth=MAY_READ,
    throttle=[READ_LIMIT],
    docs_url=None,  # its pages load scripts from elsewhere, which the site's policy forbids
    openapi_url=None,
    urls_namespace="api",
)
api.add_router("/companies", companies.router)
api.add_router("/usage", usage.router)
api.add_router("/runs", runs.router)
api.add_router("/deliveries", runs.deliveries)
api.add_router("/schedules", schedules.router)


@api.get("/openapi.json", include_in_schema=False, operation_id="openapi")
def openapi(request: HttpRequest) -> dict[str, Any]:  # Any: JSON
    """The description of this API."""
    return schema()


def schema() -> dict[str, Any]:  # Any: JSON
    return dict(api.get_openapi_schema(path_prefix="/api/v1/"))


def urls() -> tuple[list[URLPattern | URLResolver], str, str]:
    """The addresses, for `path()`. The sign-in page of the site has no say here: each operation asks for a token."""
    patterns, app_name, namespace = api.urls
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            login_not_required(pattern.callback)
    return [one for one in patterns if getattr(one, "name", "") != "api-root"], app_name, namespace


def _answer(request: HttpRequest, status: int, sentence: str, fields: dict[str, str] | None = None) -> HttpResponse:
    response = api.create_response(request, {"error": sentence, "fields": fields or {}}, status=status)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


SENTENCES = {
    401: "A valid token is needed: Authorization: Bearer iau_…",
    429: "Too many calls with this token. Wait as long as Retry-After says.",
}


@api.exception_handler(HttpError)
def _refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    return _answer(request, error.status_code, SENTENCES.get(error.status_code, str(error)))


@api.exception_handler(Http404)
def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return _answer(request, 404, "There is no such thing.")


@api.exception_handler(CursorError)
def _bad_cursor(request: HttpRequest, error: CursorError) -> HttpResponse:
    return _answer(request, 400, error.message, {"after": error.message})


@api.exception_handler(BadParametersError)
def _bad_parameters(request: HttpRequest, error: BadParametersError) -> HttpResponse:
    return _answer(request, 400, str(error), error.fields)


@api.exception_handler(ValidationError)
def _malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields = {str(one["loc"][-1]): str(one["msg"]) for one in error.errors}
    return _answer(request, 422, "A parameter is not valid.", fields)
