"""Running a schedule by the API: the same rules as the button."""

import logging

import pytest

from scheduling.models import Occurrence
from tests.api.conftest import Caller, make_token
from tests.factories import make_company
from tests.operate.rows import make_schedule
from usage.models import ApiCredential, FetchRun


@pytest.fixture
def _ready(db: None) -> None:
    ApiCredential.objects.create(sender_id="s", user_id="u")
    make_company("UK_1")


def test_a_run_is_queued_and_can_be_watched(_ready: None, runner: Caller) -> None:
    schedule = make_schedule("Nightly")

    answer = runner.post(f"schedules/{schedule.pk}/run")

    started = answer.json()
    assert (answer.status_code, started["schedule"]) == (202, "Nightly")
    assert started["message"] == "The schedule “Nightly” was started."
    assert runner.get(f"runs/{started['run']}").json()["status"] == "queued"


def test_the_history_and_the_log_name_the_owner_and_the_token(_ready: None, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    (row, text), schedule = make_token(scope="run"), make_schedule("Nightly")

    Caller(text).post(f"schedules/{schedule.pk}/run")

    acting = f"{row.owner.username} (API token Data warehouse)"
    assert Occurrence.objects.get().asked_by == acting
    assert f"{acting} started the schedule “Nightly”" in caplog.text
    assert text not in caplog.text


def test_asking_twice_starts_one(_ready: None, runner: Caller) -> None:
    schedule = make_schedule("Nightly")

    first, second = (runner.post(f"schedules/{schedule.pk}/run") for _ in range(2))

    assert (first.status_code, second.status_code) == (202, 409)
    assert second.json()["error"] == f"The schedule “Nightly” is running already (Run {first.json()['run']})."
    assert FetchRun.objects.count() == 1


def test_what_cannot_run_is_refused_with_what_to_do_first(db: None, runner: Caller) -> None:
    schedule = make_schedule("Nightly")

    answer = runner.post(f"schedules/{schedule.pk}/run")

    assert (answer.status_code, FetchRun.objects.count()) == (409, 0)
    assert answer.json()["error"].startswith("No credentials configured.")
