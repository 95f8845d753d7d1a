"""The six words with their sub-states, and what a list of them costs."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.models import OutgoingEmail
from scheduling.models import Occurrence, Schedule
from scheduling.schedule_status import status_of, with_status
from tests.scheduling.schedules import DUE, make_enabled, make_schedule
from usage.models import FetchRun

pytestmark = pytest.mark.django_db
MANY = 50


def add(schedule: Schedule, state: str, *, minutes: int = 0, **fields: object) -> Occurrence:
    return Occurrence.objects.create(
        schedule=schedule, due_at=DUE + timedelta(minutes=minutes), asked_by="test", state=state, **fields
    )


def make_run(status: str = "success", **fields: object) -> FetchRun:
    return FetchRun.objects.create(asked_by="test", status=status, **fields)


def test_never_run() -> None:
    assert str(status_of(make_enabled("Enabled"))) == "Pending"
    assert str(status_of(make_schedule("Not enabled"))) == "Disabled"


@pytest.mark.parametrize(
    ("state", "message", "shown"),
    [
        ("success", "", "Success"),
        ("stopped", "Stopped by ann.", "Stopped"),
        ("error", "Stopped to avoid locking users.", "Error: Stopped to avoid locking users"),
        (
            "missed",
            "3 times missed while the service was down.",
            "Error: missed, 3 times missed while the service was down",
        ),
    ],
)
def test_after_a_run(state: str, message: str, shown: str) -> None:
    schedule = make_enabled()

    add(schedule, state, message=message)

    assert str(status_of(schedule)) == shown


def test_success_in_part() -> None:
    schedule = make_enabled()
    run = make_run(companies_failed=3, companies_total=500)
    occurrence = add(schedule, "success", run=run)
    occurrence.emails.add(
        OutgoingEmail.objects.create(dedupe_key="1", kind="report", state="failed"),
        OutgoingEmail.objects.create(dedupe_key="2", kind="report", state="pending"),
        OutgoingEmail.objects.create(dedupe_key="3", kind="report", state="sent"),
    )

    status = status_of(schedule)

    assert str(status) == "Success: 3 of 500 companies failed; delivery failed for 1 of 3; 1 mail waiting to be sent"


def test_a_mail_that_was_sent_again_with_success_is_no_trouble_any_more() -> None:
    schedule = make_enabled()
    failed, doubtful = (
        OutgoingEmail.objects.create(dedupe_key=state, kind="report", state=state) for state in ("failed", "unknown")
    )
    add(schedule, "success").emails.add(failed, doubtful)
    before = str(status_of(schedule))

    OutgoingEmail.objects.create(dedupe_key="again:1", kind="report", state="sent", resend_of=failed)

    assert before == "Success: delivery failed for 1 of 2; delivery in doubt for 1 of 2"
    assert str(status_of(schedule)) == "Success: delivery in doubt for 1 of 2"


@pytest.mark.parametrize(
    ("occurrence", "run", "shown"),
    [
        ("fetching", {"status": "queued"}, "Running: queued behind run {ahead}"),
        ("reporting", {"status": "success"}, "Running: making reports"),
    ],
)
def test_while_it_runs(occurrence: str, run: dict[str, object], shown: str) -> None:
    schedule = make_enabled()
    ahead = make_run("running")

    add(schedule, occurrence, run=make_run(**run))

    assert str(status_of(schedule)) == shown.format(ahead=ahead.pk)


def test_while_it_is_being_stopped_and_disabled_running_comes_first() -> None:
    schedule = make_schedule()

    add(schedule, "fetching", run=make_run("running", stop_requested_at=DUE))

    assert str(status_of(schedule)) == "Running: stopping"


def test_a_skipped_time_is_told_beside_the_last_result() -> None:
    schedule = make_enabled()
    add(schedule, "success")
    add(schedule, "skipped", minutes=15)

    assert str(status_of(schedule)) == ("Success: 2026-03-02 02:45 UTC was skipped, the run before it was still going")


def test_disabled_tells_how_the_last_run_went() -> None:
    one_off, daily = make_schedule("Once", kind="one_off", timing="2026-03-02T02:30"), make_schedule("Daily")
    add(one_off, "success", origin="schedule")
    add(daily, "stopped")

    assert [str(status_of(schedule)) for schedule in (one_off, daily)] == [
        "Disabled: ran: Success",
        "Disabled: last run: Stopped",
    ]


def test_a_schedule_whose_times_cannot_be_worked_out() -> None:
    schedule = make_enabled()
    Schedule.objects.update(error_at=DUE, error_message="Its times could not be worked out: never.")

    assert str(status_of(schedule)) == "Error: Its times could not be worked out: never"


def test_a_list_costs_the_same_for_one_and_for_fifty() -> None:
    add(make_enabled("First"), "success", run=make_run())
    with CaptureQueriesContext(connection) as one:
        with_status(Schedule.objects.all())
    for number in range(MANY):
        schedule = make_enabled(f"Schedule {number}")
        add(schedule, "success", run=make_run())
    with CaptureQueriesContext(connection) as many:
        assert len(with_status(Schedule.objects.all())) == MANY + 1

    assert len(one) == len(many) == 4


@pytest.mark.parametrize(
    ("before", "then", "after", "shown"),
    [
        (
            "success",
            "skipped",
            "",
            "last run: Success; 2026-03-02 02:30 UTC was skipped, the run before it was still going",
        ),
        (
            "",
            "skipped",
            "success",
            "last run: Success; 2026-03-02 02:30 UTC was skipped, the run before it was still going",
        ),
        ("success", "missed", "", "2026-03-02 02:30 UTC was missed, the service was down"),
        ("", "missed", "success", "last run: Success; 2026-03-02 02:30 UTC was missed, the service was down"),
        ("stopped", "success", "", "ran: Success"),
        ("", "success", "stopped", "ran: Stopped"),
    ],
)
def test_of_a_one_off_only_its_own_time_counts_as_ran(before: str, then: str, after: str, shown: str) -> None:
    schedule = make_schedule(kind="one_off", timing="2026-03-02T02:30")
    for minutes, state in ((-5, before), (0, then), (5, after)):
        if state:
            add(schedule, state, minutes=minutes, origin="manual" if minutes else "schedule")

    assert str(status_of(schedule)) == f"Disabled: {shown}"


def test_a_daily_schedule_that_was_disabled_names_the_time_that_was_skipped() -> None:
    schedule = make_schedule()
    add(schedule, "success")
    add(schedule, "skipped", minutes=1440)

    assert str(status_of(schedule)) == (
        "Disabled: last run: Success; 2026-03-03 02:30 UTC was skipped, the run before it was still going"
    )
