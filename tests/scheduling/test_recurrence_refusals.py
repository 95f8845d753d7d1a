"""What a new or changed schedule may not have; what is stored already goes on with it."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError

from scheduling.forms.schedule import ScheduleForm, new_initial
from scheduling.models import Schedule
from scheduling.recurrence import parse_cron, parse_one_off, refusal_of_new
from scheduling.recurrence.refusing import PASSED
from scheduling.schedules import Recipients, enable_schedule, save_schedule
from tests.scheduling.schedules import make_schedule

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "minutes"),
    [
        ("* * * * *", 1),
        ("*/14 * * * *", 4),
        ("*/15 * * * *", 15),
        ("0,14 2 * * *", 14),
        ("0,15 2 * * *", 15),
        ("0 2 * * *", 24 * 60),
        ("0,50 0,23 * * *", 10),
        ("0,50 0,23 * * MON", 50),
        ("0,50 0,23 28 2 *", 50),
        ("0,50 0,23 29 2 SUN", 10),
        ("0,50 0,23 L,1 * *", 10),
        ("0,50 0,23 * * 1#1", 50),
    ],
)
def test_the_closest_two_runs_of_an_expression_are_known(expression: str, minutes: int) -> None:
    assert parse_cron(expression, "UTC").closest_minutes == minutes


def test_an_expression_that_runs_too_often_is_refused_in_a_sentence() -> None:
    assert refusal_of_new(parse_cron("* * * * *", "UTC"), NOON) == (
        "Two runs of this cron expression are only 1 minute apart. Leave at least 15 minutes between them, for example "
        "by */15 * * * *: Intacct counts what a run fetches as usage."
    )
    assert refusal_of_new(parse_cron("*/15 * * * *", "UTC"), NOON) == ""


@pytest.mark.parametrize(("at", "refusal"), [("2026-03-10T12:00", PASSED), ("2026-03-10T12:01", "")])
def test_a_one_off_is_refused_once_its_time_has_passed(at: str, refusal: str) -> None:
    assert refusal_of_new(parse_one_off(at, "UTC"), NOON) == refusal


@pytest.mark.parametrize(("kind", "timing"), [("cron", "*/5 * * * *"), ("one_off", "2026-03-10T09:00")])
def test_neither_is_saved(db, time_machine, kind: str, timing: str) -> None:
    time_machine.move_to(NOON)

    with pytest.raises(ValidationError) as refused:
        save_schedule(Schedule(name="Often", kind=kind, timing=timing, zone="UTC"), Recipients(), by="ann")

    assert list(refused.value.message_dict) == ["timing"]
    assert not Schedule.objects.exists()


def test_the_form_says_it_beside_the_field(db) -> None:
    form = ScheduleForm({**new_initial(), "name": "Often", "kind": "cron", "cron": "*/5 * * * *", "zone": "UTC"})

    assert form.errors["cron"][0].startswith("Two runs of this cron expression are only 5 minutes apart.")


def test_a_stored_one_goes_on_until_it_is_changed(db) -> None:
    stored = make_schedule(kind="cron", timing="* * * * *")

    assert enable_schedule(stored, by="ann")
    assert stored.recurrence.next_after(NOON) == datetime(2026, 3, 10, 12, 1, tzinfo=UTC)
