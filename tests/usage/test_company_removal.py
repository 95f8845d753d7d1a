"""Removing companies with their data moves it into the archive, whole, and it can be brought back for 90 days."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from tests.factories import make_company, make_record, make_records
from usage.background_work import WORKS, ask_for_company_job
from usage.companies.actions import CompanyActionError, add_companies, remove_from_list
from usage.companies.removal import (
    Consequences,
    clear_all,
    consequences,
    everything,
    remove_with_data,
    restore_archived,
    restore_removed,
)
from usage.models import ArchivedUsageRecord, BackgroundJob, Company, CompanyDay, CompanyMonth, FetchRun, UsageRecord
from usage.records.archive import COPIED_COLUMNS
from usage.records.data_check import check_data
from usage.records.windows import days_between

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 31, 9, tzinfo=UTC)
RECORD_FIELDS = COPIED_COLUMNS.split(", ")


def rows(model: type, *fields: str) -> list[tuple[object, ...]]:
    return sorted(model.objects.values_list(*fields), key=repr)


def state() -> list[list[tuple[object, ...]]]:
    """Records, days and months, and who is in the list."""
    return [
        rows(UsageRecord, *RECORD_FIELDS),
        rows(CompanyDay, "company_id", "day", "state", "records", "transactions"),
        rows(CompanyMonth, "company_id", "month", "sender_id", "records", "transactions"),
        rows(Company, "intacct_id", "removed_at", "removed_before"),
    ]


def make_history(company_id: str) -> Company:
    company = make_company(company_id)
    make_records(company, date(2026, 1, 10), 3, transactions=2, control_id="c-1")
    make_records(company, date(2026, 3, 20), 2, created_time=None)
    between = days_between(date(2026, 1, 11), date(2026, 3, 19))
    CompanyDay.objects.bulk_create(CompanyDay(company=company, day=day, state="empty") for day in between)
    return company


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


def test_the_consequences_count_companies_records_and_days_intacct_no_longer_has() -> None:
    for each in ("A", "B"):
        make_history(each)
    make_company("C")

    assert consequences(Company.objects.all()) == Consequences(3, 10, 2, 6)
    assert consequences(Company.objects.filter(intacct_id="A")) == Consequences(1, 5, 1, 3)
    assert consequences(Company.objects.none()) == Consequences(0, 0, 0, 0)


def test_a_company_removed_with_its_data_leaves_nothing_live_and_everything_in_the_archive() -> None:
    gone, kept = make_history("A"), make_history("B")
    before = rows(UsageRecord, *RECORD_FIELDS)

    removal = remove_with_data(Company.objects.filter(pk=gone.pk), by="ann")

    gone.refresh_from_db()
    assert (removal.companies, removal.records) == (1, 5)
    assert (gone.removed_at, gone.health, gone.last_success_at) == (NOW, Company.Health.UNKNOWN, None)
    assert set(ArchivedUsageRecord.objects.values_list("reason", "archived_at")) == {("removed", NOW)}
    archived = rows(ArchivedUsageRecord, *RECORD_FIELDS)
    assert sorted(archived + rows(UsageRecord, *RECORD_FIELDS), key=repr) == before
    assert {company for (company,) in rows(CompanyDay, "company")} == {kept.pk}
    assert {company for (company,) in rows(CompanyMonth, "company")} == {kept.pk}


def test_clear_all_takes_listed_companies_and_history_of_removed_ones_and_can_be_undone_whole() -> None:
    for each in ("A", "B"):
        make_history(each)
    make_company("Empty")
    with time_machine.travel(NOW - timedelta(days=7), tick=False):
        remove_from_list(Company.objects.filter(intacct_id="B"), by="ann")
    before = state()
    done: list[tuple[int, int]] = []

    removal = clear_all(by="ann", on_progress=lambda *counts: done.append(counts))

    assert (removal.companies, removal.records, done) == (3, 10, [(1, 3), (2, 3), (3, 3)])
    assert state()[:3] == [[], [], []]
    assert not Company.objects.listed().exists()
    assert not everything().exists()
    restored = restore_removed(removal.started_at)
    assert (restored.companies, restored.records) == (3, 10)
    assert state() == before
    assert not ArchivedUsageRecord.objects.exists()


@pytest.mark.parametrize(("status", "words"), [("queued", "queued"), ("running", "still going")])
def test_nothing_is_removed_or_restored_while_a_run_is_not_over(status, words) -> None:
    company = make_history("A")
    run = FetchRun.objects.create(status=status, asked_by="ann")
    before = state()

    for refused in (
        lambda: clear_all(by="ann"),
        lambda: remove_with_data(Company.objects.all(), by="ann"),
        lambda: restore_archived(company, NOW),
    ):
        with pytest.raises(
            CompanyActionError, match=rf"^Run {run.pk} is {words}\. Data can be (removed|restored) when"
        ):
            refused()

    assert state() == before
    assert Company.objects.listed().count() == 1


def test_restoring_is_safe_to_repeat_and_keeps_what_was_fetched_again() -> None:
    company = make_company("A")
    make_record(company, date(2026, 1, 10), record_no="1", transactions=5)
    make_record(company, date(2026, 1, 11), record_no="2", transactions=5)
    remove_with_data(Company.objects.all(), by="ann")
    make_record(company, date(2026, 1, 12), record_no="2", transactions=9)

    assert restore_archived(company, NOW) == 1
    assert restore_archived(company, NOW) == 0

    assert rows(UsageRecord, "record_no", "created_on", "transactions") == [
        ("1", date(2026, 1, 10), 5),
        ("2", date(2026, 1, 12), 9),
    ]
    assert rows(CompanyMonth, "records", "transactions") == [(2, 14)]
    assert rows(ArchivedUsageRecord, "record_no", "transactions") == [("2", 5)]


def test_of_several_archived_copies_of_a_record_the_newest_comes_back() -> None:
    company = make_company("A")
    for transactions in (1, 2, 3):
        make_record(company, date(2026, 1, 10), record_no="1", transactions=transactions)
        remove_with_data(Company.objects.all(), by="ann")

    assert restore_archived(company, NOW) == 1
    assert rows(UsageRecord, "transactions") == [(3,)]


def test_what_was_archived_before_the_moment_asked_for_or_over_90_days_ago_stays_archived() -> None:
    company = make_history("A")
    remove_with_data(Company.objects.all(), by="ann")

    assert restore_archived(company, NOW + timedelta(seconds=1)) == 0
    with time_machine.travel(NOW + timedelta(days=91), tick=False):
        assert restore_archived(company, NOW) == 0
    assert ArchivedUsageRecord.objects.count() == 5


def test_removing_copies_inside_the_database_however_many_records_there_are(django_assert_max_num_queries) -> None:
    company = make_company("A")
    make_records(company, date(2026, 1, 10), 500)

    with django_assert_max_num_queries(16):
        remove_with_data(Company.objects.all(), by="ann")

    assert ArchivedUsageRecord.objects.count() == 500


def test_a_restoration_by_the_worker_that_is_repeated_lists_no_company_that_had_left_the_list() -> None:
    gone = make_history("A")
    with time_machine.travel(NOW - timedelta(days=7), tick=False):
        remove_from_list(Company.objects.all(), by="ann")
    clear_all(by="ann")
    job = ask_for_company_job(BackgroundJob.Kind.RESTORE, [gone.pk], asked_by="ann")

    for _ in range(2):
        WORKS[job.kind](job, lambda done, total: None)

    gone.refresh_from_db()
    assert (gone.removed_at, UsageRecord.objects.count()) == (NOW - timedelta(days=7), 5)


def test_a_company_that_is_listed_again_forgets_that_it_had_left_before() -> None:
    make_history("A")
    remove_from_list(Company.objects.all(), by="ann")
    clear_all(by="ann")

    add_companies("A", added_by="ann")

    assert rows(Company, "removed_at", "removed_before") == [(None, None)]


def test_restored_data_agrees_with_itself_also_where_no_records_are() -> None:
    company = make_history("A")
    before = state()
    remove_with_data(Company.objects.all(), by="ann")

    restore_removed(NOW)

    assert list(check_data()) == []
    assert state() == before
    assert CompanyDay.objects.get(company=company, day=date(2026, 2, 1)).state == "empty"


def test_days_between_restored_data_and_what_was_fetched_since_are_accounted_for() -> None:
    company = make_history("A")
    remove_with_data(Company.objects.all(), by="ann")
    with time_machine.travel(NOW + timedelta(days=85), tick=False):
        make_record(company, date(2026, 6, 1))
        CompanyDay.objects.create(company=company, day=date(2026, 6, 3), state="failed")
        restore_archived(company, NOW)

    assert list(check_data()) == []
    states = dict(CompanyDay.objects.values_list("day", "state"))
    assert [states[date(2026, *day)] for day in ((3, 19), (3, 21), (4, 25), (6, 2))] == [
        "empty",
        "lost",
        "lost",
        "failed",
    ]
