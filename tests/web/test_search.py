"""The search of the header: every kind of thing is found, and only what the person may open."""

import pytest

from notifications.models import EmailConfiguration
from scheduling.models import Schedule
from tests.factories import make_company, make_filter
from tests.web.conftest import ClientAs
from tests.web.full_site import HOSTILE
from usage.models import FetchRun


@pytest.fixture
def one_of_each(db) -> None:
    make_company("UK_Acme", name="Acme Limited", sage_account_number="0012345", reseller="North", query_filter=None)
    make_company("Gone_Acme", removed_at="2026-11-20T00:00Z")
    make_filter("Acme group", "UK_")
    Schedule.objects.create(name="Acme nightly", kind="daily", timing="02:30", zone="UTC")
    EmailConfiguration.objects.create(name="Acme finance", host="mail.example.com", to="a@b.example")


def found(page: str) -> list[str]:
    kinds = ("Companies", "Schedules", "Runs", "Query filters", "Email configurations")
    return [kind for kind in kinds if f"</svg> {kind}</h2>" in page]


@pytest.mark.parametrize(("role", "missing"), [("Viewer", ["Email configurations"]), ("Operator", []), ("Manager", [])])
def test_every_kind_is_found_that_the_person_may_see(
    client_as: ClientAs, one_of_each: None, role: str, missing: list[str]
) -> None:
    page = client_as(role).get("/search/?q=acme").content.decode()

    everything = ("Companies", "Schedules", "Query filters", "Email configurations")
    assert found(page) == [one for one in everything if one not in missing]
    assert "Gone_Acme" not in page


@pytest.mark.parametrize("text", ["0012345", "north", " Acme   Limited ", "uk_ACME"])
def test_a_company_is_found_by_each_of_its_names(client_as: ClientAs, one_of_each: None, text: str) -> None:
    assert "UK_Acme" in client_as("Viewer").get("/search/", {"q": text}).content.decode()


@pytest.mark.parametrize("text", ["7", "#7", "run 7", "Run #7", "RUN7"])
def test_a_run_is_found_by_its_number(client_as: ClientAs, text: str) -> None:
    FetchRun.objects.create(pk=7, asked_by="ada")

    assert 'href="/runs/7/"' in client_as("Viewer").get("/search/", {"q": text}).content.decode()


@pytest.mark.parametrize("text", ["9" * 19, "9" * 400, HOSTILE, "\x00", "%", "_", "\\", "⁷", " "])
def test_what_nobody_is_named_like_finds_nothing_and_breaks_nothing(client_as: ClientAs, text: str) -> None:
    answer = client_as("Viewer").get("/search/", {"q": text})

    assert answer.status_code == 200
    assert found(answer.content.decode()) == []


def test_ten_are_shown_with_the_way_to_all_of_them(client_as: ClientAs) -> None:
    for number in range(12):
        make_company(f"Acme_{number:02}")

    manager, viewer = (client_as(role).get("/search/?q=acme").content.decode() for role in ("Manager", "Viewer"))

    assert manager.count("/companies/") - manager.count("/configuration/companies/") == 10
    assert '<a href="/configuration/companies/?q=acme">all of them</a>' in manager
    assert "the first 10" in viewer
    assert "all of them" not in viewer
