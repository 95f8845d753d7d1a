"""Who may call what: by token alone, by its scope, and by its owner's role."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import get_resolver

from intacct_usage.api.site import urls
from intacct_usage.roles import ROLES
from tests.api.conftest import Caller, make_token
from tests.operate.rows import make_run, make_schedule

READING = {
    "companies": "companies",
    "companies/<company_id>": "companies/UK_1",
    "usage/days": "usage/days",
    "usage/months": "usage/months",
    "runs": "runs",
    "runs/<int:run_id>": "runs/1",
    "runs/<int:run_id>/companies": "runs/1/companies",
    "deliveries": "deliveries",
    "schedules": "schedules",
    "openapi.json": "openapi.json",
}
RUNNING = {"schedules/<int:schedule_id>/run": "schedules/1/run"}
FINE = {200, 404, 409}


def statuses(caller: Caller) -> dict[str, int]:
    reading = {address: caller.get(address).status_code for address in READING.values()}
    return reading | {address: caller.post(address).status_code for address in RUNNING.values()}


def test_every_address_of_the_api_is_named_here() -> None:
    patterns, _, _ = urls()
    site = {str(entry.pattern) for entry in get_resolver().url_patterns}

    found = {str(entry.pattern) for entry in patterns}
    assert {address for address in site if address.startswith("api")} == {"api/v1/"}
    assert found == READING.keys() | RUNNING.keys()


def test_without_a_token_nothing_is_told(db: None) -> None:
    answers = [Client().get(f"/api/v1/{address}") for address in READING.values()]
    answers += [Client().post(f"/api/v1/{address}") for address in RUNNING.values()]

    assert {answer.status_code for answer in answers} == {401}
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {"Bearer"}
    assert answers[0].json()["error"] == "A valid token is needed: Authorization: Bearer iau_…"


def test_a_session_of_the_site_opens_nothing(db: None) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))

    assert {client.get(f"/api/v1/{address}").status_code for address in READING.values()} == {401}
    assert client.post("/api/v1/schedules/1/run").status_code == 401


def test_the_scope_read_reads_and_runs_nothing(reader: Caller) -> None:
    answers = statuses(reader)

    assert {answers[address] for address in READING.values()} <= FINE
    assert answers["schedules/1/run"] == 403
    refusal = reader.post("schedules/1/run").json()["error"]
    assert refusal == "The scope of this token does not include: Run now, stop, enable and disable schedules."


@pytest.mark.parametrize(("role", "reads", "runs"), [("", False, False), ("Viewer", True, False)] + [
    (role, True, True) for role in ("Operator", "Manager")
])  # fmt: skip
def test_a_token_can_never_do_more_than_its_owner(db: None, role: str, reads: bool, runs: bool) -> None:
    answers = statuses(Caller(make_token(role, scope="run")[1]))

    assert {answers[address] in FINE for address in READING.values()} == {reads}
    assert (answers["schedules/1/run"] in FINE) is runs
    assert role in {*ROLES, ""}


def test_a_role_taken_away_takes_effect_at_once(db: None) -> None:
    row, text = make_token("Viewer")
    before = Caller(text).get("runs").status_code
    row.owner.groups.clear()

    after = Caller(text).get("runs")

    assert (before, after.status_code) == (200, 403)
    assert after.json()["error"].startswith("The owner of this token lacks the right “See the overview")


@pytest.mark.parametrize("method", ["put", "delete", "patch", "post"])
def test_reading_addresses_refuse_other_methods(reader: Caller, method: str) -> None:
    make_run(pk=1)

    answers = {getattr(reader.client, method)(f"/api/v1/{address}").status_code for address in READING.values()}

    assert answers == {405}


def test_running_by_get_is_refused(runner: Caller) -> None:
    make_schedule("Nightly", pk=1)

    assert runner.get("schedules/1/run").status_code == 405
