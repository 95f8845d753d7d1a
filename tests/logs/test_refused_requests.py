"""A request that is refused leaves at most one line, and that one can be read by a person."""

import io
import logging
import re
from collections.abc import Callable

import pytest
from django.test import Client

from intacct_usage.logs.models import LogEntry
from tests.logs.log_lines import sign_in

DOWNLOAD = "/reports/download/detailed.csv"
Lines = Callable[[], list[LogEntry]]


def told(lines: Lines) -> list[tuple[str, str]]:
    return [
        (entry.level, re.sub(r"reference [0-9A-F]{8}", "reference …", entry.message))
        for entry in lines()
        if "signed in" not in entry.message
    ]


@pytest.mark.parametrize(
    ("method", "address", "expected"),
    [
        ("get", "/accounts/logout/", ["Error page 405 for GET /accounts/logout/, reference …"]),
        ("put", "/reports/", []),
        ("get", "/no/such/page", ["Error page 404 for GET /no/such/page, reference …"]),
        ("get", "/reports/?filter=Unknown", []),
        (
            "get",
            f"{DOWNLOAD}?filter=Unknown",
            [f"Error page 400 for GET {DOWNLOAD}, reference …: The filter or the range of days is not valid."],
        ),
    ],
)
def test_a_refusal_of_somebody_signed_in(lines: Lines, method: str, address: str, expected: list[str]) -> None:
    answer = getattr(sign_in("Manager"), method)(address)

    assert 400 <= answer.status_code < 500
    assert told(lines) == [("WARN", one) for one in expected]


def test_a_script_that_is_signed_out_leaves_no_line(lines: Lines) -> None:
    answer = Client().get("/accounts/still-here/", headers={"accept": "application/json"})

    assert answer.status_code == 401
    assert told(lines) == []


def test_a_wrong_name_of_the_site_leaves_one_line_for_people(lines: Lines) -> None:
    assert Client().get("/", headers={"host": "forged.example"}).status_code == 400

    assert told(lines) == [("WARN", "Error page 400 for GET /, reference …")]


def test_a_form_without_its_token_leaves_one_line_with_the_reason(lines: Lines) -> None:
    Client(enforce_csrf_checks=True).post("/accounts/login/", {"username": "ada"})

    ((level, message),) = told(lines)
    assert level == "WARN"
    assert message.startswith("Error page 403 for POST /accounts/login/, reference …: CSRF cookie not set")


def test_a_failure_on_our_side_keeps_its_cause(lines: Lines, monkeypatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a cause that only the log tells")

    monkeypatch.setattr("intacct_usage.logs.views.page_at", fail)
    sign_in("Viewer").get("/logs/")

    assert [level for level, _ in told(lines)] == ["ERROR", "ERROR"]
    assert any("a cause that only the log tells" in message for _, message in told(lines))


def test_the_console_has_one_line_too(db) -> None:
    said = logging.StreamHandler(io.StringIO())
    logging.getLogger().addHandler(said)

    sign_in("Manager").get(f"{DOWNLOAD}?filter=Unknown")

    logging.getLogger().removeHandler(said)
    lines = [line for line in said.stream.getvalue().splitlines() if not line.endswith("signed in")]
    assert len(lines) == 1
    assert lines[0].startswith(f"Error page 400 for GET {DOWNLOAD}, reference ")
