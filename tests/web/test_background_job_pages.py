"""Large workbooks and removals are handed to the worker, and a page tells how far it is."""

import io
from datetime import date

import openpyxl
import pytest

from tests.factories import make_company, make_filter, make_records
from tests.web.conftest import ClientAs
from tests.web.posting import post, text_of
from usage.background_jobs import work_at
from usage.background_work import WORKS
from usage.models import BackgroundJob, Company

REPORTS, MAKE = "/reports/", "/reports/workbooks/make/detailed/"


@pytest.fixture
def few_is_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows, companies or records are a large installation."""
    monkeypatch.setattr("usage.views.reports.LARGE_WORKBOOK_ROWS", 2)
    monkeypatch.setattr("usage.companies.removal.MOST_AT_ONCE", (1, 1))


def two_companies() -> list[Company]:
    uk = make_filter("UK", "UK_")
    companies = [make_company("UK_one", query_filter=uk), make_company("two")]
    for company in companies:
        make_records(company, date(2026, 1, 15), 2)
    return companies


@pytest.mark.usefixtures("few_is_many")
def test_a_large_workbook_is_made_by_the_worker_in_the_scope_of_the_page(client_as: ClientAs) -> None:
    two_companies()
    client = client_as("Viewer")

    page = text_of(client.get(f"{REPORTS}?filter=UK"))
    asked = post(client, f"{MAKE}?filter=UK")
    waiting = client.get(asked.url, headers={"HX-Request": "true"})
    work_at(BackgroundJob.objects.get().pk, WORKS)
    done = client.get(asked.url, headers={"HX-Request": "true"})
    file = client.get(f"{asked.url}file/")

    assert f'action="{MAKE}?filter=UK"' in page
    assert (waiting.status_code, done.status_code) == (200, 286)
    assert "Waiting for the worker" in text_of(waiting)
    book = openpyxl.load_workbook(io.BytesIO(b"".join(file.streaming_content)))
    assert {row[0].value for row in book["Detailed"].iter_rows(min_row=2)} == {"UK_one"}


def test_a_small_workbook_stays_a_plain_download(client_as: ClientAs) -> None:
    two_companies()

    page = text_of(client_as("Viewer").get(REPORTS))

    assert MAKE not in page
    assert 'href="/reports/download/detailed.xlsx"' in page


def test_a_file_that_was_removed_is_missing_in_words(client_as: ClientAs) -> None:
    job = BackgroundJob.objects.create(kind="report", asked_by="ada", state="done", file="gone/detailed.xlsx")
    client = client_as("Viewer")

    page = text_of(client.get(f"/reports/workbooks/{job.pk}/"))

    assert "made reports wait for 48 hours" in page
    assert client.get(f"/reports/workbooks/{job.pk}/file/").status_code == 404


@pytest.mark.usefixtures("few_is_many")
def test_clear_all_of_many_companies_leaves_the_request_at_once(client_as: ClientAs) -> None:
    two_companies()
    client = client_as("Manager")

    asked = post(client, "/configuration/companies/clear/", typed="clear all")
    listed = Company.objects.listed().count()
    work_at(BackgroundJob.objects.get().pk, WORKS)
    page = text_of(client.get(asked.url))

    assert (listed, Company.objects.listed().count()) == (2, 0)
    assert "Removed 2 companies and 4 records." in page
    assert 'href="/configuration/companies/removed/"' in page


@pytest.mark.usefixtures("few_is_many")
def test_removing_and_restoring_many_companies_are_jobs_too(client_as: ClientAs) -> None:
    pks = [company.pk for company in two_companies()]
    client = client_as("Manager")

    post(client, "/configuration/companies/remove/", company=pks, confirmed="yes", what="data")
    work_at(BackgroundJob.objects.get(kind="remove").pk, WORKS)
    removed = Company.objects.listed().count()
    post(client, "/configuration/companies/restore/", company=pks)
    work_at(BackgroundJob.objects.get(kind="restore").pk, WORKS)

    assert (removed, Company.objects.listed().count()) == (0, 2)


@pytest.mark.parametrize(("role", "status"), [("Viewer", 403), ("Operator", 403), ("Manager", 200)])
def test_removals_are_shown_to_those_who_may_remove(client_as: ClientAs, role: str, status: int) -> None:
    job = BackgroundJob.objects.create(kind="clear_all", asked_by="ada")

    assert client_as(role).get(f"/configuration/companies/job/{job.pk}/").status_code == status
    assert client_as("superuser").get(f"/reports/workbooks/{job.pk}/").status_code == 404
