"""The Audit record page: filters in the address, pages, and the same as CSV."""

import csv
from datetime import UTC, datetime

import pytest

from intacct_usage.audit.models import Action, AuditEvent
from intacct_usage.audit.recording import Change, record
from tests.web.conftest import ClientAs, client_as

__all__ = ["client_as"]

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def three_events(db) -> None:
    record("ada", Action.RUN_STARTED, target="Run 1")
    record("grace", Action.DATA_REMOVED, target="Company UK_100%", change=Change({"records": 5}), reason="left")
    record("ada", Action.CHANGED, target=f"=cmd {HOSTILE}", change=Change({"name": HOSTILE}, {"name": "x"}))


def exported(answer: object) -> list[list[str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(text.splitlines()))[1:]


@pytest.mark.parametrize(
    ("query", "targets"),
    [
        ("who=ADA", ["=cmd", "Run 1"]),
        ("action=data_removed", ["Company UK_100%"]),
        ("q=100%25", ["Company UK_100%"]),
        ("q=left", ["Company UK_100%"]),
        ("from=2099-01-01", []),
        ("action=nonsense", []),
        ("from=2026-13-99", []),
    ],
)
def test_filters_in_the_address_choose_events(
    client_as: ClientAs, three_events: None, query: str, targets: list
) -> None:
    page = client_as("Manager").get(f"/audit/?{query}&sort=-at")

    found = [event.target.split(" <")[0] for event in page.context["listing"].page]
    assert page.status_code == 200
    assert [target for target in found if "someone" not in target] == targets


def test_what_is_shown_is_escaped(client_as: ClientAs, three_events: None) -> None:
    page = client_as("Manager").get("/audit/").content.decode()

    assert HOSTILE not in page
    assert "&lt;script&gt;" in page


def test_the_csv_holds_what_the_filters_choose_and_no_formula(client_as: ClientAs, three_events: None) -> None:
    rows = exported(client_as("Manager").get("/audit/export.csv?who=ada"))

    assert [(row[1], row[3], row[4][:7]) for row in rows] == [
        ("ada", "Run started", "Run 1"),
        ("ada", "Changed", "'=cmd <"),
    ]
    assert datetime.strptime(rows[0][0], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) <= datetime.now(UTC)


def test_a_filter_that_is_not_understood_gives_no_file(client_as: ClientAs) -> None:
    assert client_as("Manager").get("/audit/export.csv?action=nonsense").status_code == 400


def test_the_export_is_itself_on_record(client_as: ClientAs) -> None:
    client_as("Manager").get("/audit/export.csv")

    assert AuditEvent.objects.filter(action=Action.DOWNLOADED, target="/audit/export.csv").count() == 1


@pytest.mark.parametrize(("role", "status"), [("", 403), ("Viewer", 403), ("Operator", 403), ("Manager", 200)])
def test_only_managers_see_it(client_as: ClientAs, role: str, status: int) -> None:
    client = client_as(role)

    assert [client.get(address).status_code for address in ("/audit/", "/audit/export.csv")] == [status] * 2


def test_the_page_costs_the_same_for_one_event_and_for_fifty(client_as: ClientAs, django_assert_num_queries) -> None:
    client = client_as("Manager")
    client.get("/audit/")
    with django_assert_num_queries(8, exact=False) as few:
        client.get("/audit/")
    for number in range(49):
        record("ada", Action.CHANGED, target=f"Object {number}")

    with django_assert_num_queries(len(few)):
        client.get("/audit/")
