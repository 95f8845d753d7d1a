"""Every failure has a plain page with a reference number, found again in the log, and tells nothing else."""

import logging
import re

import pytest
from django.test import Client

from tests.web.conftest import ClientAs

TITLES = {
    "400": "This request could not be understood",
    "403": "You may not do this",
    "413": "That was too much at once",
    "429": "Too many requests",
    "500": "Something failed on our side",
    "503": "The database is busy",
}
REFERENCE = re.compile(r"Reference number <code>([0-9A-F]{8})</code>")

pytestmark = pytest.mark.urls("tests.web.failing_urls")


@pytest.mark.parametrize("kind", TITLES)
def test_a_failure_shows_its_page_and_logs_the_reference(client_as: ClientAs, caplog, kind: str) -> None:
    with caplog.at_level(logging.WARNING, logger="intacct_usage.errors"):
        answer = client_as("Viewer").get(f"/fail/{kind}")

    page = answer.content.decode()
    assert answer.status_code == int(kind)
    assert f"<h1>{TITLES[kind]}</h1>" in page
    assert "secret-detail" not in page
    assert f"reference {REFERENCE.search(page).group(1)}" in caplog.text


@pytest.mark.parametrize("kind", TITLES)
def test_a_script_gets_the_same_as_data(client_as: ClientAs, kind: str) -> None:
    answer = client_as("Viewer").get(f"/fail/{kind}/data.json")

    assert answer.status_code == int(kind)
    assert answer.json()["error"] == TITLES[kind]
    assert re.fullmatch("[0-9A-F]{8}", answer.json()["reference"])
    assert "secret-detail" not in answer.content.decode()


def test_an_unknown_address_has_the_plain_page_for_strangers_too(db) -> None:
    answer = Client().get("/no/such/page")

    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()


def test_what_may_be_tried_again_says_when(client_as: ClientAs) -> None:
    client = client_as("Viewer")

    assert client.get("/fail/429").headers["Retry-After"] == "600"
    assert client.get("/fail/503").headers["Retry-After"] == "10"
    assert "Ten tests an hour are possible." in client.get("/fail/429").content.decode()


def test_what_was_not_understood_is_told_where_it_is_known(client_as: ClientAs) -> None:
    told = client_as("Viewer").get("/fail/400-told")

    assert told.status_code == 400
    assert "The day is not valid." in told.content.decode()


@pytest.mark.parametrize(
    "address",
    ["/reports/download/detailed.csv?from=x", "/reports/usage-by-month.csv?filter=gone", "/reports/send/?to=x"],
)
def test_a_bad_filter_or_range_is_named(client_as: ClientAs, address: str) -> None:
    refused = client_as("Operator").get(address)

    assert refused.status_code == 400
    assert "The filter or the range of days is not valid." in refused.content.decode()


def test_a_form_that_is_too_large_is_told_so(client_as: ClientAs, settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

    answer = client_as("Viewer").post("/accounts/sessions/end/", {"handle": "x" * 500})

    assert answer.status_code == 413


def test_a_form_without_its_token_is_explained_and_keeps_nothing(db, django_user_model) -> None:
    client = Client(enforce_csrf_checks=True)

    answer = client.post("/accounts/login/", {"username": "ada", "password": "hunter2 hunter2"})

    assert answer.status_code == 403
    assert "This form is no longer valid" in answer.content.decode()
    assert "hunter2" not in answer.content.decode()


def test_an_account_without_a_role_can_leave_from_the_refusal(client_as: ClientAs) -> None:
    page = client_as("").get("/").content.decode()

    assert "Ask an administrator for the role you need." in page
    assert 'action="/accounts/logout/"' in page
