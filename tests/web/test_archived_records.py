"""Records that left by a fetch or a removal: the company's page shows them and brings them back."""

from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
import time_machine
from django.test import Client

from intacct_usage.audit.models import AuditEvent
from tests.factories import make_company, make_record
from tests.fetching.test_window_store import D10, D11, NOW, content, make_claim, row, stored
from tests.web.conftest import ClientAs
from tests.web.posting import post, said, text_of
from usage.background_jobs import work_at
from usage.background_work import WORKS, ask_for_company_job
from usage.companies.actions import remove_from_list
from usage.companies.archived_batches import batches_of, restorable, restore_batch, restore_company, revival_note
from usage.companies.entries import CompanyEntry
from usage.companies.list_diff import apply_changes
from usage.companies.removal import clear_all, remove_with_data
from usage.models import ArchivedUsageRecord, BackgroundJob, Company, FetchRun
from usage.records.window_store import store_window

LONG_AGO = date(2025, 6, 1)


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


def full_refresh(company: Company, *numbers: str, now: datetime = NOW) -> None:
    days = {"1": LONG_AGO, "2": D10, "3": D11}
    rows = [row(number, days[number], 5) for number in numbers]
    claim = make_claim(company, FetchRun.Mode.FULL_REFRESH)
    store_window(claim, content(rows, full=True), now=now)
    FetchRun.objects.update(status="success", companies_done=1, companies_total=1)


def figures(client: Client) -> list[bytes]:
    summary = client.get("/reports/download/summary.csv")
    return [b"".join(summary.streaming_content), client.get("/reports/usage-by-month.csv").content]


def test_what_a_full_refresh_took_away_comes_back_and_the_figures_are_those_from_before(client_as: ClientAs) -> None:
    company, client = make_company("acme"), client_as("Manager")
    full_refresh(company, "1", "2", "3")
    before, figures_before = stored(company), figures(client)
    full_refresh(company, "2")

    page = text_of(client.get(f"/companies/{company.pk}/"))
    (batch,) = batches_of(company)
    answer = post(client, f"/companies/{company.pk}/restore/", batch=batch.key)

    assert (batch.records, batch.reason_in_words, batch.kept_until) == (2, "Full Refresh", NOW + timedelta(days=90))
    assert f'value="{batch.key}"' in page
    assert (answer.url, said(answer)) == (f"/companies/{company.pk}/", ["Restored 2 records."])
    assert (stored(company), figures(client)) == (before, figures_before)
    assert not ArchivedUsageRecord.objects.exists()
    event = AuditEvent.objects.get(action="data_restored")
    assert (event.actor, event.target, event.after) == ("someone-Manager", "Company acme", {"records": 2})


def test_what_intacct_returned_again_is_not_doubled(client_as: ClientAs) -> None:
    company, client = make_company("acme"), client_as("Manager")
    full_refresh(company, "1", "2", "3")
    full_refresh(company, "2")
    make_record(company, D11, record_no="3", transactions=9)

    answer = post(client, f"/companies/{company.pk}/restore/", batch=batches_of(company)[0].key)

    assert said(answer) == ["Restored 1 record. What is stored again in a newer form (1) stays archived."]
    assert stored(company) == {"1": (LONG_AGO, 5), "2": (D10, 5), "3": (D11, 9)}


def test_one_batch_comes_back_without_the_others_and_without_the_list(db) -> None:
    company = make_company("acme")
    full_refresh(company, "1", "2", "3")
    full_refresh(company, "1", "2")
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        full_refresh(company, "2", now=NOW + timedelta(hours=1))
        remove_from_list(Company.objects.all(), by="ann")

        assert [batch.records for batch in batches_of(company)] == [1, 1]
        assert restore_batch(company, NOW) == 1

        assert (stored(company).keys(), Company.objects.listed().count()) == ({"2", "3"}, 0)
        assert len(batches_of(company)) == 1


def test_a_batch_is_shown_for_ninety_days(db) -> None:
    company = make_company("acme")
    full_refresh(company, "1", "2")
    full_refresh(company, "2")

    with time_machine.travel(NOW + timedelta(days=90), tick=False):
        assert len(batches_of(company)) == 1
    with time_machine.travel(NOW + timedelta(days=91), tick=False):
        assert batches_of(company) == []


def test_a_large_batch_is_brought_back_by_the_worker(client_as: ClientAs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("usage.companies.removal.MOST_AT_ONCE", (1, 1))
    company, client = make_company("acme"), client_as("Manager")
    full_refresh(company, "1", "2", "3")
    full_refresh(company, "2")

    answer = post(client, f"/companies/{company.pk}/restore/", batch=batches_of(company)[0].key)
    work_at(BackgroundJob.objects.get().pk, WORKS)

    assert "Restored 2 records of acme." in text_of(client.get(answer.url))
    assert stored(company).keys() == {"1", "2", "3"}


@pytest.mark.parametrize("key", ["", "nonsense", datetime(2026, 1, 1, tzinfo=UTC).isoformat()])
def test_a_batch_that_is_not_there_is_refused_in_words(client_as: ClientAs, key: str) -> None:
    answer = post(client_as("Manager"), f"/companies/{make_company('acme').pk}/restore/", batch=key)

    assert said(answer) == ["The archive no longer holds these records. Nothing was changed."]


def test_nothing_is_restored_during_a_run(client_as: ClientAs) -> None:
    company = make_company("acme")
    full_refresh(company, "1", "2")
    full_refresh(company, "2")
    FetchRun.objects.create(asked_by="ada")

    answer = post(client_as("Manager"), f"/companies/{company.pk}/restore/", batch=batches_of(company)[0].key)

    assert "Data can be restored when no run is" in said(answer)[0]
    assert stored(company).keys() == {"2"}


@pytest.mark.parametrize("role", ["Viewer", "Operator"])
def test_only_those_who_may_restore_see_the_archive(client_as: ClientAs, role: str) -> None:
    company, client = make_company("acme"), client_as(role)
    full_refresh(company, "1", "2")
    full_refresh(company, "2")

    assert "Archive" not in text_of(client.get(f"/companies/{company.pk}/"))
    assert post(client, f"/companies/{company.pk}/restore/").status_code == 403


def test_restoring_needs_a_post_and_a_company(client_as: ClientAs) -> None:
    client = client_as("Manager")

    assert client.get("/companies/4711/restore/").status_code == 405
    assert post(client, "/companies/4711/restore/").status_code == 404


@pytest.mark.parametrize("act", ["clear", "remove"])
def test_data_of_a_company_that_was_listed_again_can_still_be_restored(client_as: ClientAs, act: str) -> None:
    company, client = make_company("acme", origin="api"), client_as("Manager")
    full_refresh(company, "1", "2", "3")
    before = stored(company)
    remove = clear_all if act == "clear" else partial(remove_with_data, Company.objects.all())
    remove(by="ann")

    note = revival_note(apply_changes([CompanyEntry("acme")]).revived)
    full_refresh(company, "2")
    page = text_of(client.get("/configuration/companies/removed/"))
    answer = post(client, "/configuration/companies/restore/", one=company.pk)

    assert "acme" in page and "listed again" in page
    assert said(answer) == ["Restored 1 company and 2 records."]
    assert stored(company) == before
    assert "1 company has archived records" in note
    assert not restorable().exists()


def test_what_a_fetch_took_away_makes_no_company_restorable_as_a_whole(db) -> None:
    company = make_company("acme")
    full_refresh(company, "1", "2")
    full_refresh(company, "2")
    remove_with_data(Company.objects.all(), by="ann")
    apply_changes([CompanyEntry("acme")], origin="manual")

    assert restore_company(company) == 1
    assert (stored(company).keys(), restorable().count(), len(batches_of(company))) == ({"2"}, 0, 1)


def test_adding_a_company_again_says_where_its_data_is(client_as: ClientAs) -> None:
    company, client = make_company("acme"), client_as("Manager")
    full_refresh(company, "1", "2")
    clear_all(by="ann")

    answer = post(client, "/configuration/companies/add/", ids="acme\nnew")

    assert said(answer)[0] == (
        "Added 2 companies. 1 company has archived records from before, which do not come back by themselves: "
        "Configuration, Restore brings them back."
    )


def test_the_worker_restores_companies_that_were_listed_again(db) -> None:
    company = make_company("acme")
    full_refresh(company, "1", "2")
    clear_all(by="ann")
    apply_changes([CompanyEntry("acme")], origin="manual")
    job = ask_for_company_job(BackgroundJob.Kind.RESTORE, [company.pk], asked_by="ann")

    work_at(job.pk, WORKS)

    assert stored(company).keys() == {"1", "2"}
