"""Schedules in the administration: read there, run and switched in bulk, never edited past the rules of the tab."""

from django.contrib.auth.models import Permission, User
from django.test import Client

from scheduling.models import Occurrence, Schedule
from tests.factories import make_company
from tests.operate.rows import make_occurrence, make_schedule
from tests.web.conftest import ClientAs
from tests.web.posting import text_of

LIST = "/admin/scheduling/schedule/"


def act(client: Client, action: str, *schedules: Schedule) -> str:
    """The page that follows."""
    data = {"action": action, "_selected_action": [one.pk for one in schedules]}
    return text_of(client.post(LIST, data, follow=True))


def test_schedules_are_enabled_and_disabled_in_bulk(client_as: ClientAs) -> None:
    client, two = client_as("superuser"), [make_schedule("One"), make_schedule("Two")]

    said = act(client, "enable", *two)
    enabled = Schedule.objects.enabled().count()
    act(client, "disable", two[0])

    assert "“One” is enabled." in said
    assert enabled == 2
    assert [one.name for one in Schedule.objects.enabled()] == ["Two"]


def test_what_cannot_start_says_why_and_the_others_start(client_as: ClientAs) -> None:
    make_company("A")
    running, ready = (make_schedule(name, mode="reports_only") for name in ("Running", "Ready"))
    make_occurrence(running, "fetching")

    said = act(client_as("superuser"), "start_runs", running, ready)

    assert "The schedule “Running” is running already." in said
    assert "“Ready” has started." in said
    assert Occurrence.objects.get(schedule=ready).asked_by == "someone-superuser"


def test_who_may_only_look_is_offered_no_action_and_has_none(db) -> None:
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_schedule"))
    client, schedule = Client(), make_schedule("Nightly")
    client.force_login(user)

    act(client, "enable", schedule)

    assert "Run now" not in text_of(client.get(LIST))
    assert not Schedule.objects.enabled().exists()


def test_a_schedule_is_neither_changed_nor_deleted_here(client_as: ClientAs) -> None:
    client, schedule = client_as("superuser"), make_schedule("Nightly")

    answers = [
        client.post(f"{LIST}{schedule.pk}/{what}/", {"name": "X", "post": "yes"}) for what in ("change", "delete")
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert Schedule.objects.get().name == "Nightly"
