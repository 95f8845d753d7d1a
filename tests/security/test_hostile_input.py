"""Whatever is sent to whatever address by whomever: never a failure of ours, a trace of it, or markup that works."""

import socket
from collections.abc import Callable

import pytest
from django.core.cache import cache

from tests.operate.rows import make_beat, make_tick
from tests.security.attack import Attack, bad_paths, rotated
from tests.security.hostile_values import ADDRESSES, ALL, BODIES, LOOKUPS
from tests.security.installation import Installation, fill_installation
from tests.security.plain_client import PlainClient
from tests.security.sweep import Route, api_targets, forms_of, routes, targets
from tests.web.conftest import client_as

__all__ = ["client_as"]

AREAS = ("overview", "reports", "configuration", "notifications", "schedules", "runs", "logs", "accounts")
ADMIN_PARTS = ("auth", "usage", "notifications", "others")
ROLES = ("Manager", "Operator", "Viewer", "")
pytestmark = pytest.mark.django_db


def area_of(pattern: str) -> str:
    first, _, rest = pattern.partition("/")
    if first == "admin":
        app = rest.partition("/")[0]
        return f"admin {app if app in ADMIN_PARTS else 'others'}"
    if first == "api":
        return "api"
    return {"audit": "logs"}.get(first, first if first in AREAS else "overview")


@pytest.fixture(autouse=True)
def _no_network_and_no_limits(monkeypatch: pytest.MonkeyPatch, settings) -> None:
    """Names lead nowhere at once; what is limited by the hour is let through, or the rest would be 429 and no test."""
    real = socket.getaddrinfo

    def look_up(host: str, port: int, **options: int) -> object:
        if options.get("flags", 0) & socket.AI_NUMERICHOST:
            return real(host, port, **options)
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr("intacct_usage.lib.outbound_guard.socket.getaddrinfo", look_up)
    monkeypatch.setattr("usage.views.once.limit_submissions", lambda *given, **named: None)
    monkeypatch.setattr("intacct_usage.api.access.READ_LIMIT.most", 10**6)
    monkeypatch.setattr("intacct_usage.api.access.RUN_LIMIT.most", 10**6)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()


@pytest.fixture
def made(db: None, settings) -> Installation:
    settings.METRICS_TOKEN = "metrics-token-of-the-sweep"
    make_beat(age_seconds=-3600)  # alive until the sweep has ended
    make_tick(age_seconds=-3600)
    return fill_installation("A name")


@pytest.fixture
def superuser(client_as: Callable) -> PlainClient:
    return PlainClient(client_as("superuser"), HTTP_AUTHORIZATION="Bearer metrics-token-of-the-sweep")


def of_area(made: Installation, area: str) -> list[Route]:
    found = [route for route in routes(made) if area_of(route.pattern) == area]
    assert found
    return found


@pytest.mark.parametrize("area", AREAS)
def test_no_value_of_a_parameter_breaks_a_page(made: Installation, superuser: PlainClient, area: str) -> None:
    attack, known = Attack(superuser), of_area(made, area)

    for number, target in enumerate(targets(superuser, known, forms_of(superuser, known))):
        attack.each_value(target, rotated(ALL, number, 8))
        attack.one_at_a_time(target, 2)
        attack.parameter_names(target, rotated(LOOKUPS, number, 4))

    assert attack.summary() == []
    assert len(attack.tried) >= (0 if area == "overview" else 8)


@pytest.mark.parametrize("part", ADMIN_PARTS)
def test_no_value_of_a_parameter_breaks_the_administration(made, superuser: PlainClient, part: str) -> None:
    attack, known = Attack(superuser), of_area(made, f"admin {part}")

    for number, target in enumerate(targets(superuser, known, forms_of(superuser, known))):
        attack.each_value(target, rotated(ALL, number, 4))
        attack.parameter_names(target, rotated(LOOKUPS, number, 3))

    assert attack.summary() == []
    assert len(attack.tried) > 100


def test_no_value_of_a_parameter_breaks_the_api(made: Installation) -> None:
    client = PlainClient(HTTP_AUTHORIZATION=f"Bearer {made.token}", HTTP_ACCEPT="application/json")
    attack = Attack(client)

    for number, target in enumerate(api_targets(of_area(made, "api"))):
        attack.each_value(target, rotated(ALL, number, 20))
        attack.one_at_a_time(target, 5)
        attack.parameter_names(target, rotated(LOOKUPS, number, 4))

    assert attack.summary() == []
    assert len(attack.tried) > 400


def test_no_role_finds_an_address_that_breaks(made: Installation, client_as: Callable) -> None:
    superuser = PlainClient(client_as("superuser"))
    everybody = [Attack(PlainClient(client_as(role))) for role in ROLES] + [Attack(PlainClient())]

    for number, target in enumerate(targets(superuser, routes(made), {})):
        asking = target._replace(names=target.names or ("q",))
        for place, attack in enumerate(everybody):
            attack.each_value(asking, rotated(ALL, number * len(everybody) + place, 1))

    assert [attack.summary() for attack in everybody] == [[]] * len(everybody)
    assert all(attack.client.sent > 200 for attack in everybody)


def test_no_address_that_nobody_linked_to_breaks(made: Installation, superuser: PlainClient) -> None:
    attack = Attack(superuser)
    bad = [path for number, route in enumerate(routes(made)) for path in bad_paths(route, number)]

    for path in (*ADDRESSES, *bad):
        attack.send("GET", path)
        attack.send("POST", path, {"csrfmiddlewaretoken": "x"})

    assert attack.summary() == []
    assert superuser.sent > 600


@pytest.mark.parametrize("path", ["/configuration/filters/", "/accounts/login/", "/reports/send/", "/api/v1/companies"])
def test_no_body_that_is_no_form_breaks(made: Installation, superuser: PlainClient, path: str) -> None:
    attack = Attack(superuser)

    for kind, body in BODIES:
        for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"):
            attack.judge(superuser.send_body(path, body, kind, method=method), f"{method} {path}", (kind, body[:50]))

    assert attack.summary() == []
