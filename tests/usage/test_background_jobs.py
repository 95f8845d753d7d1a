"""Long work asked for on pages: claimed once, taken over from dead workers, given up after three, refused in words."""

from datetime import date, timedelta

import pytest
from django_q.models import OrmQ

from intacct_usage.lib import clock
from tests.factories import make_company, make_filter, make_records
from usage.background_jobs import ask_for_job, revive_lost_jobs, work_at
from usage.background_work import WORKS, ask_for_company_job, ask_for_report, made_file, remove_old_made_reports
from usage.companies.actions import CompanyActionError
from usage.models import BackgroundJob, Company, FetchRun, UsageRecord
from usage.periods import ReportPeriod
from usage.reports import ReportFormat, ReportKind, ReportScope

Kind, State = BackgroundJob.Kind, BackgroundJob.State
EVERYTHING = ReportScope(None, ReportPeriod(None, None))


def ended(job: BackgroundJob) -> BackgroundJob:
    job.refresh_from_db()
    return job


def test_a_job_is_written_down_and_queued_together(db) -> None:
    job = ask_for_job(Kind.CLEAR_ALL, {}, asked_by="ada", total=3)

    assert (job.state, job.total, OrmQ.objects.count()) == ("waiting", 3, 1)


def test_clear_all_counts_its_companies_and_says_what_it_removed(db) -> None:
    for _ in range(3):
        make_records(make_company(), date(2026, 1, 15), 2)
    job = ask_for_company_job(Kind.CLEAR_ALL, [1, 2, 3], asked_by="ada")

    work_at(job.pk, WORKS)

    assert (ended(job).state, job.done, job.total) == ("done", 3, 3)
    assert job.message == "Removed 3 companies and 6 records. They can be restored for 90 days."
    assert (Company.objects.listed().count(), UsageRecord.objects.count()) == (0, 0)


def test_what_was_cleared_comes_back_by_a_job(db) -> None:
    company = make_company("A")
    make_records(company, date(2026, 1, 15), 2)
    work_at(ask_for_company_job(Kind.CLEAR_ALL, [company.pk], asked_by="ada").pk, WORKS)

    job = ask_for_company_job(Kind.RESTORE, [company.pk], asked_by="ada")
    work_at(job.pk, WORKS)

    assert ended(job).message == "Restored 1 company and 2 records."
    assert UsageRecord.objects.filter(company=company).count() == 2


def test_a_run_that_starts_meanwhile_ends_the_job_with_its_reason(db) -> None:
    job = ask_for_company_job(Kind.CLEAR_ALL, [make_company("A").pk], asked_by="ada")
    FetchRun.objects.create(asked_by="bob")

    work_at(job.pk, WORKS)

    assert ended(job).state == State.FAILED
    assert "is queued. Data can be removed when no run is" in job.message
    assert Company.objects.listed().count() == 1


def test_a_second_removal_waits_for_the_first(db) -> None:
    ask_for_company_job(Kind.CLEAR_ALL, [1], asked_by="ada")

    with pytest.raises(CompanyActionError, match="The worker is still at what ada asked for: Clear All"):
        ask_for_company_job(Kind.RESTORE, [1], asked_by="bob")


def test_a_task_delivered_twice_works_once(db) -> None:
    job = ask_for_job(Kind.CLEAR_ALL, {}, asked_by="ada")
    calls = []

    first = work_at(job.pk, {Kind.CLEAR_ALL: lambda job, progress: calls.append(work_at(job.pk, {})) or "ok"})
    second = work_at(job.pk, {})

    assert (first, calls, second) == (True, [False], False)


def test_a_job_whose_worker_died_is_found_again_and_given_up_after_three(db) -> None:
    job = ask_for_job(Kind.CLEAR_ALL, {}, asked_by="ada")
    OrmQ.objects.all().delete()
    past = clock.now() - timedelta(minutes=10)
    BackgroundJob.objects.update(state=State.WORKING, attempts=3, lease_until=past, asked_at=past)

    revived = revive_lost_jobs()
    work_at(job.pk, {})

    assert (revived, OrmQ.objects.count()) == (1, 1)
    assert (ended(job).state, job.message[:27]) == (State.FAILED, "The worker ended three time")


def test_an_attempt_that_was_taken_over_ends_quietly(db) -> None:
    job = ask_for_job(Kind.CLEAR_ALL, {}, asked_by="ada")

    def overtaken(job: BackgroundJob, progress) -> str:
        BackgroundJob.objects.update(attempts=2)
        progress(1, 1)
        return "unreachable"

    work_at(job.pk, {Kind.CLEAR_ALL: overtaken})

    assert (ended(job).state, job.message) == (State.WORKING, "")


def test_an_unforeseen_failure_is_told_without_its_words(db) -> None:
    job = ask_for_job(Kind.CLEAR_ALL, {}, asked_by="ada")

    def fails(job: BackgroundJob, progress) -> str:
        raise ValueError("secret detail")

    work_at(job.pk, {Kind.CLEAR_ALL: fails})

    assert ended(job).message == "It could not be done (ValueError). The log holds the details."


def test_a_report_is_made_kept_for_two_days_and_removed(db, settings) -> None:
    make_records(make_company(), date(2026, 1, 15), 2)
    job = ask_for_report(ReportKind.DETAILED, ReportFormat.XLSX, EVERYTHING, asked_by="ada", rows=2)
    work_at(job.pk, WORKS)

    path = made_file(ended(job))
    kept = remove_old_made_reports()

    assert (job.state, job.message, kept) == ("done", "2 rows.", 0)
    assert path is not None
    assert path.stat().st_size == job.file_bytes > 0


def test_a_report_whose_filter_is_gone_is_not_made(db) -> None:
    uk = make_filter("UK", "UK_")
    scope = ReportScope(uk, ReportPeriod(date(2026, 1, 1), None))
    job = ask_for_report(ReportKind.SUMMARY, ReportFormat.XLSX, scope, asked_by="ada", rows=1)
    uk.delete()

    work_at(job.pk, WORKS)

    assert ended(job).message == "Its query filter was removed meanwhile, so the report was not made."
