"""What becomes of due times that nobody saw, and of those that come while the last run is still going."""

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django_q.models import OrmQ

from notifications.models import OutgoingEmail
from scheduling.clock_watch import note_time
from scheduling.database_clock import database_now
from scheduling.dispatch import dispatch_due
from scheduling.models import DispatchClock, Occurrence, RunLane, Schedule
from scheduling.run_requests import run_now
from scheduling.schedule_status import status_of
from tests.scheduling.schedules import DUE, make_configuration, make_enabled, make_fetchable, make_schedule
from usage.models import Company, CompanyFetch, FetchRun

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_fetchable")]


@pytest.fixture
def _fetchable(db: None) -> None:
    make_fetchable()


@pytest.mark.parametrize(
    ("kind", "timing", "down_for", "due_at", "missed"),
    [
        ("daily", "02:30", 10 * MINUTE, DUE, 0),
        ("interval", "15m", 10 * MINUTE, DUE, 0),
        ("interval", "15m", HOUR, DUE + HOUR, 4),
        ("daily", "02:30", 4 * DAY + HOUR, DUE + 4 * DAY, 4),
        ("interval", "1h", 4 * DAY + 30 * MINUTE, DUE + 4 * DAY + 30 * MINUTE, 96),
        ("interval", "15m", 40 * DAY, DUE + 40 * DAY, 1000),
        ("cron", "30 2 * * *", 40 * DAY + HOUR, DUE + 40 * DAY, 40),
    ],
)
def test_after_downtime_one_run_catches_up(
    kind: str, timing: str, down_for: timedelta, due_at: object, missed: int
) -> None:
    schedule = make_enabled(kind=kind, timing=timing)

    dispatch_due(DUE + down_for)
    dispatch_due(DUE + down_for + MINUTE)

    occurrence = Occurrence.objects.get(schedule=schedule)
    assert (occurrence.state, occurrence.due_at, occurrence.missed_count) == ("fetching", due_at, missed)
    assert ("missed while the service was down" in occurrence.message) == bool(missed)


def test_beyond_the_grace_nothing_runs_and_the_count_is_told() -> None:
    schedule = make_enabled(kind="weekly", timing="mon@02:30")

    [occurrence] = dispatch_due(DUE + 16 * DAY)

    schedule.refresh_from_db()
    assert (occurrence.state, occurrence.missed_count) == ("missed", 3)
    assert occurrence.message == "3 times missed while the service was down."
    assert schedule.next_run_at == DUE + 21 * DAY
    assert FetchRun.objects.count() == 0


@pytest.mark.parametrize(("late", "state"), [(23 * HOUR, "fetching"), (25 * HOUR, "missed")])
def test_a_one_off_runs_late_within_the_grace_and_is_disabled_either_way(late: timedelta, state: str) -> None:
    schedule = make_enabled(kind="one_off", timing="2026-03-02T02:30")

    [occurrence] = dispatch_due(DUE + late)

    schedule.refresh_from_db()
    assert (occurrence.state, schedule.enabled) == (state, False)


def test_a_schedule_due_while_its_last_run_goes_on_is_skipped_with_the_reason() -> None:
    schedule = make_enabled(kind="interval", timing="15m")
    [first] = dispatch_due(DUE)

    [second] = dispatch_due(DUE + 15 * MINUTE)
    dispatch_due(DUE + 16 * MINUTE)

    assert (second.state, second.run) == ("skipped", None)
    assert second.message == f"Skipped: the previous run (Run {first.run_id}) was still going."
    assert Occurrence.objects.filter(schedule=schedule).count() == 2
    assert FetchRun.objects.count() == 1


@pytest.mark.parametrize(("kind", "timing", "told"), [("one_off", "2026-03-02T02:30", 1), ("daily", "02:30", 0)])
def test_a_time_that_is_skipped_for_good_is_told(kind: str, timing: str, told: int) -> None:
    schedule = make_schedule(kind=kind, timing=timing)
    schedule.alerts.add(make_configuration("Operations"))
    Schedule.objects.update(enabled=True, next_run_at=DUE)
    run = run_now(schedule, by="ann").run

    [occurrence] = dispatch_due(DUE)
    Occurrence.objects.filter(run=run).update(state="success")

    assert (occurrence.state, occurrence.emails.count()) == ("skipped", told)
    for email in OutgoingEmail.objects.all():
        assert email.subject == "Nightly: Skipped"
        assert "It has no further time and is disabled; run it by hand if it is still wanted." in str(email.content)
        assert "was skipped" in str(status_of(schedule))


@pytest.mark.parametrize("jump", [HOUR, DAY])
def test_a_clock_set_back_fires_no_time_again_and_leaves_no_gap(jump: timedelta) -> None:
    schedule = make_enabled(kind="interval", timing="15m", next_run_at=DUE + jump)
    note_time(DUE + jump)
    dispatch_due(DUE + jump)
    Occurrence.objects.update(state="success")

    moved = note_time(DUE + MINUTE)
    fired = [dispatch_due(DUE + MINUTE * minute) for minute in range(1, 40)]

    schedule.refresh_from_db()
    assert moved
    assert [occurrence.due_at for written in fired for occurrence in written][:1] == [DUE + 15 * MINUTE]
    assert schedule.next_run_at == DUE + 45 * MINUTE


def test_times_that_are_shown_again_do_not_run_again() -> None:
    schedule = make_enabled()
    note_time(DUE + HOUR)
    dispatch_due(DUE + HOUR)
    Occurrence.objects.update(state="success")

    note_time(DUE - HOUR)
    written = dispatch_due(DUE + MINUTE)

    schedule.refresh_from_db()
    assert written == []
    assert schedule.next_run_at == DUE + DAY
    assert FetchRun.objects.count() == 1


def test_a_clock_set_forward_runs_once_and_counts_what_it_jumped_over() -> None:
    schedule = make_enabled(kind="interval", timing="15m")
    note_time(DUE - MINUTE)

    note_time(DUE + HOUR)
    dispatch_due(DUE + HOUR)

    assert Occurrence.objects.get(schedule=schedule).missed_count == 4
    assert Schedule.objects.get().next_run_at == DUE + HOUR + 15 * MINUTE


def test_a_clock_set_back_lets_nothing_wait_for_the_old_time(settings: LazySettings) -> None:
    run = FetchRun.objects.create(asked_by="test", status="running")
    old, now = database_now() + HOUR, database_now()
    RunLane.objects.create(run=run, number=0, lease_until=old)
    CompanyFetch.objects.create(run=run, company=Company.objects.get(), status="running", lease_until=old)
    OrmQ.objects.create(key="intacct_usage", payload="", lock=old)
    DispatchClock.objects.create(slot=1, seen_at=old)

    note_time(now)

    latest = now + timedelta(seconds=settings.LEASE_SECONDS)
    assert RunLane.objects.get().lease_until <= latest
    assert CompanyFetch.objects.get().lease_until <= latest
    assert OrmQ.objects.get().lock <= now


@pytest.mark.parametrize(("attempts", "longest"), [(1, MINUTE), (2, 5 * MINUTE), (5, 3 * HOUR)])
@pytest.mark.parametrize("wait", [MINUTE / 2, DAY])
def test_a_clock_set_back_lets_no_mail_wait_longer_than_before_an_ordinary_attempt(
    attempts: int, longest: timedelta, wait: timedelta
) -> None:
    now = database_now()
    email = OutgoingEmail.objects.create(dedupe_key="1", kind="report", attempts=attempts, next_attempt_at=now + wait)
    DispatchClock.objects.create(slot=1, seen_at=now + DAY)

    note_time(now)

    email.refresh_from_db()
    assert email.next_attempt_at == now + min(wait, longest)
