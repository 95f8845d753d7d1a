"""Companies, runs, deliveries and schedules, page by page."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from tests.api.conftest import Caller
from tests.factories import make_company, make_failing_company, make_filter
from tests.operate.rows import make_mail, make_occurrence, make_run, make_schedule
from usage.models import CompanyFetch

SKIPPED = datetime(2026, 11, 1, tzinfo=UTC)


def test_companies_are_listed_with_their_state(reader: Caller) -> None:
    uk = make_filter("UK Companies", "UK_")
    make_company("UK_1", name="Acme", sage_account_number="S1", reseller="R", query_filter=uk)
    make_failing_company("US_2", skipped_at=SKIPPED, skip_reason="left")
    make_company("US_3", removed_at=SKIPPED)

    first, second = reader.items("companies")

    assert [first[name] for name in ("company_id", "name", "sage_account_number", "filter", "health")] == [
        *("UK_1", "Acme", "S1", "UK Companies", "healthy")
    ]
    assert (second["skipped"], second["skip_reason"], second["error_number"]) == (True, "left", "XL03000006")


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"filter": "UK Companies"}, ["UK_1"]),
        ({"filter": "Other"}, ["US_2", "US_3"]),
        ({"health": "failing"}, ["US_2"]),
        ({"skipped": "true"}, ["US_3"]),
        ({"skipped": "false"}, ["UK_1", "US_2"]),
    ],
)
def test_companies_are_filtered(reader: Caller, parameters: dict[str, str], expected: list[str]) -> None:
    make_company("UK_1", query_filter=make_filter("UK Companies", "UK_"))
    make_failing_company("US_2")
    make_company("US_3", skipped_at=SKIPPED)

    assert [row["company_id"] for row in reader.items("companies", **parameters)] == expected


def test_one_company_is_found_without_regard_to_case(reader: Caller) -> None:
    make_company("UK_1")

    assert reader.get("companies/uk_1").json()["company_id"] == "UK_1"
    assert reader.get("companies/none").status_code == 404


def test_runs_come_newest_first_with_what_asked_for_them(reader: Caller) -> None:
    nightly = make_run(companies_total=5, companies_failed=1)
    make_occurrence(make_schedule("Nightly"), run=nightly)
    alone = make_run(status="error", message="No gateway.")

    rows = reader.items("runs")

    assert [(row["id"], row["schedule"]) for row in rows] == [(alone.pk, ""), (nightly.pk, "Nightly")]
    assert reader.get(f"runs/{nightly.pk}").json() == rows[1]
    assert [row["message"] for row in reader.items("runs", status="error")] == ["No gateway."]


def test_the_companies_of_a_run_tell_what_became_of_each(reader: Caller) -> None:
    run = make_run()
    CompanyFetch.objects.create(run=run, company=make_company("UK_1"), status="done", inserted=7)
    CompanyFetch.objects.create(run=run, company=make_company("UK_2"), status="failed", error_number="XL03000006")

    rows = reader.items(f"runs/{run.pk}/companies")
    failed = reader.items(f"runs/{run.pk}/companies", status="failed")

    assert [(row["company_id"], row["inserted"]) for row in rows] == [("UK_1", 7), ("UK_2", 0)]
    assert [(row["company_id"], row["error_number"]) for row in failed] == [("UK_2", "XL03000006")]


def test_deliveries_tell_their_state_and_no_address(reader: Caller) -> None:
    make_mail("sent", run_id=4, recipients={"to": ["secret@example.com"]})
    make_mail("unknown", run_id=5, message="It may have been sent.")

    answer = reader.get("deliveries", run=5)

    [row] = answer.json()["items"]
    assert (row["state"], row["run"], row["message"]) == ("unknown", 5, "It may have been sent.")
    assert [row["state"] for row in reader.items("deliveries", state="sent")] == ["sent"]
    assert "example.com" not in reader.get("deliveries").content.decode()


def test_schedules_show_their_status(reader: Caller) -> None:
    make_occurrence(make_schedule("Nightly"), run=make_run(companies_failed=3, companies_total=9))

    [row] = reader.items("schedules")

    assert (row["name"], row["enabled"], row["status"]) == ("Nightly", False, "Disabled")
    assert "3 of 9 companies failed" in row["status_detail"]


def make_many(kind: str) -> None:
    for number in range(7):
        if kind == "companies":
            make_company()
        elif kind == "runs":
            make_occurrence(make_schedule(f"Schedule {number}"), run=make_run())
        elif kind == "deliveries":
            make_mail("sent")
        else:
            make_schedule(f"Schedule {number}")


@pytest.mark.parametrize("kind", ["companies", "runs", "deliveries", "schedules"])
def test_pages_hold_each_row_once_though_rows_come_in_between(reader: Caller, kind: str) -> None:
    make_many(kind)
    whole = reader.items(kind)

    first = reader.get(kind, limit=3).json()
    make_company() if kind == "companies" else make_run() if kind == "runs" else make_mail("sent")
    second = reader.get(kind, limit=4, after=first["next"]).json()

    assert [*first["items"], *second["items"]] == whole
    assert len(whole) == 7


@pytest.mark.parametrize("kind", ["companies", "runs", "deliveries", "schedules"])
def test_a_page_costs_the_same_for_one_row_and_for_many(
    reader: Caller, kind: str, django_assert_num_queries, django_assert_max_num_queries
) -> None:
    make_many(kind)
    reader.items(kind)
    with django_assert_max_num_queries(10) as few:
        reader.items(kind, limit=1)

    with django_assert_num_queries(len(few.captured_queries)):
        reader.items(kind, limit=500)
    assert timezone.now() > SKIPPED
