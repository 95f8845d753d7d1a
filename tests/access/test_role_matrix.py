"""Every address, every role, every method. An address that the table does not name fails here.

The table is written by hand from what the roles are to be; nothing of it is read from the code.
"""

import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from intacct_usage.roles import ROLES
from tests.access.matrix_rows import KEY, make_rows
from tests.web.conftest import ClientAs

SIGNED_IN = ("", "Viewer", "Operator", "Manager", "superuser")
VIEWER, OPERATOR, MANAGER = SIGNED_IN[1:], SIGNED_IN[2:], SIGNED_IN[3:]
ANYBODY = (None, *SIGNED_IN)
SIGN_OUT = "accounts/logout/"
METHODS = ("HEAD", "GET", "POST", "PUT", "DELETE")
READ, WRITE, FORM = {"HEAD", "GET"}, {"POST"}, {"HEAD", "GET", "POST"}
VALUES = {"pk": "1", "uuid:pk": str(KEY), "report": "summary", "extension": "csv", "provider": "smtp", "token": "x"}

TABLE: dict[str, tuple[tuple, set[str]]] = {
    "": (VIEWER, READ),
    "search/": (VIEWER, READ),
    "guide/": (SIGNED_IN, READ),
    "about/": (SIGNED_IN, READ),
    "reports/": (VIEWER, READ),
    "reports/download/<slug:report>.<slug:extension>": (VIEWER, READ),
    "reports/usage-by-month.csv": (VIEWER, READ),
    "reports/files/<str:token>/": (VIEWER, READ),
    "reports/send/": (OPERATOR, FORM),
    "reports/send/<int:pk>/": (OPERATOR, READ),
    "reports/workbooks/<int:pk>/": (VIEWER, READ),
    "reports/workbooks/<int:pk>/file/": (VIEWER, READ),
    "reports/workbooks/make/<slug:report>/": (VIEWER, WRITE),
    "companies/<int:pk>/": (VIEWER, READ),
    "companies/<int:pk>/usage-by-month.csv": (VIEWER, READ),
    "companies/<int:pk>/restore/": (MANAGER, WRITE),
    "configuration/": (OPERATOR, READ),
    "configuration/credentials/": (MANAGER, FORM),
    "configuration/proxy/": (MANAGER, FORM),
    "configuration/proxy/test/": (MANAGER, FORM),
    "configuration/proxy/switch/": (MANAGER, WRITE),
    "configuration/filters/": (MANAGER, FORM),
    "configuration/filters/preview/": (MANAGER, WRITE),
    "configuration/companies/": (OPERATOR, READ),
    "configuration/companies/load/": (MANAGER, FORM),
    "configuration/companies/apply/": (MANAGER, FORM),
    "configuration/companies/add/": (MANAGER, FORM),
    "configuration/companies/import/": (MANAGER, FORM),
    "configuration/companies/export.csv": (OPERATOR, READ),
    "configuration/companies/skip/": (OPERATOR, FORM),
    "configuration/companies/unskip/": (OPERATOR, FORM),
    "configuration/companies/remove/": (MANAGER, FORM),
    "configuration/companies/clear/": (MANAGER, FORM),
    "configuration/companies/removed/": (MANAGER, READ),
    "configuration/companies/restore/": (MANAGER, WRITE),
    "configuration/companies/job/<int:pk>/": (MANAGER, READ),
    "configuration/exceptions/": (OPERATOR, READ),
    "notifications/": (OPERATOR, READ),
    "notifications/add/<slug:provider>/": (MANAGER, FORM),
    "notifications/deliveries/": (OPERATOR, READ),
    "notifications/deliveries/<int:pk>/": (OPERATOR, READ),
    "notifications/deliveries/<int:pk>/again/": (OPERATOR, WRITE),
    "notifications/<uuid:pk>/": (MANAGER, FORM),
    "notifications/<uuid:pk>/test/": (MANAGER, WRITE),
    "notifications/<uuid:pk>/delete/": (MANAGER, WRITE),
    "schedules/": (VIEWER, READ),
    "schedules/live/": (VIEWER, READ),
    "schedules/new/": (MANAGER, FORM),
    "schedules/preview/": (MANAGER, WRITE),
    "schedules/sizes/": (MANAGER, WRITE),
    "schedules/<int:pk>/": (VIEWER, READ),
    "schedules/<int:pk>/edit/": (MANAGER, FORM),
    "schedules/<int:pk>/delete/": (MANAGER, FORM),
    "schedules/<int:pk>/enable/": (OPERATOR, WRITE),
    "schedules/<int:pk>/disable/": (OPERATOR, WRITE),
    "schedules/<int:pk>/run/": (OPERATOR, WRITE),
    "schedules/<int:pk>/stop/": (OPERATOR, WRITE),
    "schedules/<int:pk>/later/": (VIEWER, WRITE),
    "runs/": (VIEWER, READ),
    "runs/companies/": (OPERATOR, WRITE),
    "runs/<int:pk>/": (VIEWER, READ),
    "runs/<int:pk>/live/": (VIEWER, READ),
    "runs/<int:pk>/status.json": (VIEWER, READ),
    "runs/<int:pk>/stop/": (OPERATOR, WRITE),
    "runs/<int:pk>/retry/": (OPERATOR, WRITE),
    "runs/reports/<int:pk>/": (VIEWER, READ),
    "runs/reports/<int:pk>/live/": (VIEWER, READ),
    "runs/reports/<int:pk>/stop/": (OPERATOR, WRITE),
    "logs/": (VIEWER, READ),
    "logs/lines/": (VIEWER, READ),
    "logs/download.txt": (VIEWER, READ),
    "logs/download.jsonl": (VIEWER, READ),
    "audit/": (MANAGER, READ),
    "audit/export.csv": (MANAGER, READ),
    "accounts/": (SIGNED_IN, READ),
    "accounts/still-here/": (SIGNED_IN, READ),
    "accounts/login/": (ANYBODY, FORM),
    "accounts/login/code/": (ANYBODY, FORM),
    "accounts/logout/": (SIGNED_IN, WRITE),
    "accounts/first-administrator/": (ANYBODY, FORM),
    "accounts/entra/": (ANYBODY, READ),
    "accounts/entra/callback/": (ANYBODY, READ),
    "accounts/password/": (SIGNED_IN, FORM),
    "accounts/second-factor/": (SIGNED_IN, FORM),
    "accounts/second-factor/confirm/": (SIGNED_IN, FORM),
    "accounts/second-factor/codes/": (SIGNED_IN, FORM),
    "accounts/second-factor/off/": (SIGNED_IN, FORM),
    "accounts/sessions/end/": (SIGNED_IN, WRITE),
    "accounts/people/": (MANAGER, READ),
    "accounts/people/end/": (MANAGER, WRITE),
    "healthz": (ANYBODY, READ),
    "readyz": (ANYBODY, READ),
    "metrics": (ANYBODY, READ),
}
ADMINISTERED = {
    *("auth/user", "auth/group", "audit/auditevent", "api/apitoken"),
    *(f"usage/{name}" for name in ("company", "queryfilter", "apicredential", "outboundproxy", "companysource")),
    *(f"usage/{name}" for name in ("usagerecord", "fetchrun", "companyfetch")),
    *(f"scheduling/{name}" for name in ("schedule", "occurrence")),
    *(f"notifications/{name}" for name in ("emailconfiguration", "outgoingemail", "deliveryattempt")),
}


def addresses(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """Every pattern of the site, of the administration and of the API too."""
    for entry in (resolver or get_resolver()).url_patterns:
        address = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield address
        else:
            yield from addresses(entry, address)


def filled(pattern: str) -> str:
    def value(match: re.Match[str]) -> str:
        return VALUES.get(match[1]) or VALUES.get(match[1].rpartition(":")[2]) or "1"

    return "/" + re.sub(r"<([^>]+)>", value, pattern)


def browser_of(client_as: ClientAs, role: str | None) -> Client:
    """Of a stranger, or of somebody who signed in with a password."""
    if role is None:
        return Client(raise_request_exception=False)
    client = client_as(role)
    user = User.objects.get()
    user.set_password("correct horse battery staple")
    user.save()
    client.force_login(user)
    return client


def asked(client: Client, method: str, address: str) -> int:
    return client.generic(method, address, content_type="application/x-www-form-urlencoded").status_code


def expected(role: str | None, address: str, method: str) -> set[int]:
    allowed, methods = TABLE[address]
    if role is None and role not in allowed:
        return {401} if address.endswith(".json") else {302}
    if role not in allowed:
        return {403} if method in methods else {403, 405}
    return {200, 302, 400, 404} if method in methods else {405}


def test_the_table_names_every_address() -> None:
    ours = {address for address in addresses() if not address.startswith(("admin/", "api/"))}

    assert ours == TABLE.keys()


def test_the_table_speaks_of_every_role() -> None:
    assert set(SIGNED_IN) == {"", *ROLES, "superuser"}


@pytest.mark.parametrize("role", ANYBODY, ids=["stranger", "no role", *SIGNED_IN[1:]])
def test_every_address_answers_this_role_as_it_is_to(client_as: ClientAs, role: str | None) -> None:
    make_rows()
    client, wrong = browser_of(client_as, role), {}

    for address in sorted(TABLE, key=lambda each: each == SIGN_OUT):
        for method in sorted(METHODS, key=lambda each: (address == SIGN_OUT, each == "POST")):
            status = asked(client, method, filled(address))
            if status not in expected(role, address, method):
                wrong[f"{method} /{address}"] = status

    assert wrong == {}


@pytest.mark.parametrize("role", ANYBODY, ids=["stranger", "no role", *SIGNED_IN[1:]])
def test_the_administration_opens_for_superusers_alone(client_as: ClientAs, role: str | None) -> None:
    make_rows()
    client = browser_of(client_as, role)
    doors = {"admin/login/", "admin/logout/", "admin/password_change/", "admin/^(?P<app_label>"}
    inside = [each for each in addresses() if each.startswith("admin/") and not each.startswith(tuple(doors))]
    found: dict[str, int] = {}

    for address in inside:
        for method in METHODS:
            found[f"{method} {address}"] = asked(client, method, filled(address.replace("(?P<url>.*)$", "nowhere")))

    assert len(found) > 400
    if role == "superuser":
        assert {name: status for name, status in found.items() if status >= 500} == {}
        assert found["GET admin/auth/user/"] == 200
    else:
        assert set(found.values()) <= {302, 403}


def test_the_administration_has_these_tables_and_no_others() -> None:
    tables = {match[1] for each in addresses() if (match := re.fullmatch(r"admin/(\w+/\w+)/add/", each))}

    assert tables == ADMINISTERED


@pytest.mark.parametrize("role", ANYBODY, ids=["stranger", "no role", *SIGNED_IN[1:]])
def test_no_session_opens_the_api(client_as: ClientAs, role: str | None) -> None:
    client = browser_of(client_as, role)
    api = [each for each in addresses() if each.startswith("api/")]

    found = {f"{method} {each}": asked(client, method, filled(each)) for each in api for method in METHODS}

    assert len(api) > 10
    assert set(found.values()) <= {401, 405}
    assert found["GET api/v1/runs"] == found["POST api/v1/schedules/<int:schedule_id>/run"] == 401
