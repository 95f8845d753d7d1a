"""Firing: each due time once, downtime caught up at most once, one schedule's trouble is its own."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import LazySettings
from django.db import IntegrityError, transaction
from django.utils import timezone

from scheduling.dispatch import dispatch_due
from scheduling.models import Occurrence, Schedule
from tests.scheduling.schedules import DUE, make_enabled, make_fetchable, make_schedule
from usage.fetching.needs import COMPANIES, CREDENTIALS
from usage.models import ApiCredential, FetchRun

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def _fetchable(db: None) -> None:
    make_fetchable()


@pytest.mark.usefixtures("_fetchable")
def test_a_due_schedule_makes_one_occurrence_and_one_queued_run() -> None:
    schedule = make_enabled()

    [occurrence] = dispatch_due(DUE + SECOND)

    schedule.refresh_from_db()
    assert (occurrence.due_at, occurrence.state, occurrence.message) == (DUE, "fetching", "")
    assert (occurrence.run.status, occurrence.run.asked_by) == ("queued", "schedule “Nightly”")
    assert (schedule.next_run_at, schedule.enabled) == (DUE + DAY, True)


@pytest.mark.usefixtures("_fetchable")
def test_looking_again_fires_nothing_again() -> None:
    make_enabled()
    dispatch_due(DUE)

    assert dispatch_due(DUE + SECOND) == []
    assert FetchRun.objects.count() == 1


@pytest.mark.usefixtures("_fetchable")
def test_nothing_fires_before_its_time_or_while_disabled() -> None:
    make_enabled("Later", DUE + HOUR)
    make_schedule("Disabled")

    assert dispatch_due(DUE) == []


@pytest.mark.django_db(transaction=True)
def test_the_table_refuses_a_second_occurrence_of_one_due_time() -> None:
    schedule = make_schedule()
    Occurrence.objects.create(schedule=schedule, due_at=DUE, asked_by="a", state="success")

    with pytest.raises(IntegrityError), transaction.atomic():
        Occurrence.objects.create(schedule=schedule, due_at=DUE, asked_by="b", state="success")


@pytest.mark.usefixtures("_fetchable")
def test_reports_only_needs_no_run_and_waits_for_none() -> None:
    make_enabled(mode="reports_only")
    FetchRun.objects.create(asked_by="somebody", status="running")

    [occurrence] = dispatch_due(DUE)

    assert (occurrence.state, occurrence.run) == ("reporting", None)


@pytest.mark.parametrize(
    ("credentials", "message"),
    [(False, CREDENTIALS.sentence), (True, COMPANIES.sentence)],
    ids=["no credentials", "no companies"],
)
def test_a_run_that_cannot_be_asked_for_is_an_error_with_the_reason(db: None, credentials: bool, message: str) -> None:
    make_enabled()
    if credentials:
        ApiCredential.objects.create(sender_id="s", user_id="u")

    [occurrence] = dispatch_due(DUE)

    assert (occurrence.state, occurrence.message, occurrence.finished_at is not None) == ("error", message, True)


@pytest.mark.parametrize("server_zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
@pytest.mark.usefixtures("_fetchable")
def test_the_zone_of_the_server_moves_no_schedule(server_zone: str, settings: LazySettings) -> None:
    settings.TIME_ZONE = server_zone
    schedule = make_enabled(timing="03:30", zone="Europe/Berlin")

    with timezone.override(server_zone):
        dispatch_due(DUE + SECOND)

    schedule.refresh_from_db()
    assert (Occurrence.objects.get().due_at, schedule.next_run_at) == (DUE, DUE + DAY)


@pytest.mark.usefixtures("_fetchable")
def test_a_one_off_fires_once_and_is_disabled() -> None:
    schedule = make_enabled(kind="one_off", timing="2026-03-02T02:30")

    [occurrence] = dispatch_due(DUE + SECOND)

    schedule.refresh_from_db()
    assert (occurrence.state, schedule.enabled, schedule.next_run_at) == ("fetching", False, None)


@pytest.mark.usefixtures("_fetchable")
def test_a_schedule_whose_times_cannot_be_worked_out_is_set_to_error_and_the_others_fire() -> None:
    bad = make_enabled("Bad", DUE - HOUR)
    Schedule.objects.filter(pk=bad.pk).update(kind="cron", timing="0 0 30 2 *")
    make_enabled("Good")

    [occurrence] = dispatch_due(DUE)

    bad.refresh_from_db()
    assert occurrence.schedule_name == "Good"
    assert (bad.enabled, bad.next_run_at, bad.error_at) == (True, DUE + HOUR, DUE)
    assert bad.error_message.startswith("Its times could not be worked out: ")


@pytest.mark.usefixtures("_fetchable")
def test_a_repaired_schedule_fires_again_and_loses_its_error() -> None:
    schedule = make_enabled()
    Schedule.objects.filter(pk=schedule.pk).update(error_at=DUE - DAY, error_message="bad")

    dispatch_due(datetime(2026, 3, 2, 2, 31, tzinfo=UTC))

    schedule.refresh_from_db()
    assert (schedule.error_at, schedule.error_message) == (None, "")
