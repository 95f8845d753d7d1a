"""What is said of a run of one company reads like a sentence."""

import logging

import pytest
from django.utils import timezone

from tests.factories import make_company
from usage.companies.actions import remove_from_list, skip, unskip
from usage.fetching.runs import finish_run
from usage.models import Company, CompanyFetch, FetchRun


def ended_run(*statuses: str, **fields: object) -> FetchRun:
    run = FetchRun.objects.create(
        asked_by="ann", status="running", started_at=timezone.now(), companies_total=len(statuses), **fields
    )
    for status in statuses:
        CompanyFetch.objects.create(run=run, company=make_company(), status=status)
    finish_run(run.pk)
    run.refresh_from_db()
    return run


@pytest.mark.parametrize(
    ("statuses", "fields", "message"),
    [
        (["done"], {}, "1 company was fetched."),
        (["done", "done"], {}, "2 of 2 companies were fetched."),
        (["failed"], {}, "The company failed. The Exceptions report says why."),
        (["failed", "done"], {}, "1 of 2 companies failed. The Exceptions report says why."),
        (
            ["done", "pending"],
            {"stop_requested_by": "ann", "stop_requested_at": timezone.now()},
            "Stopped by ann; 1 of 2 companies were fetched and kept.",
        ),
        (
            ["pending"],
            {"halted_at": timezone.now(), "message": "The password is wrong."},
            "The password is wrong. 1 company was not tried.",
        ),
    ],
)
def test_a_run_says_what_became_of_it(db, statuses: list[str], fields: dict[str, object], message: str) -> None:
    assert ended_run(*statuses, **fields).message == message


def test_one_company_is_one_company_in_the_log(db, caplog) -> None:
    make_company()

    with caplog.at_level(logging.INFO, logger="usage.companies.actions"):
        skip(Company.objects.all(), by="ann")
        unskip(Company.objects.all(), by="ann")
        remove_from_list(Company.objects.all(), by="ann")

    assert [record.getMessage() for record in caplog.records if record.name == "usage.companies.actions"] == [
        "1 company is skipped from now on, by ann.",
        "1 company is no longer skipped, by ann.",
        "1 company was removed from the list by ann; the history is kept.",
    ]
