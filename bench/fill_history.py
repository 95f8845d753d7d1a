"""What stands around the records of a filled database: runs, schedules, occurrences, log lines and two accounts."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib.auth.models import Group, User

from intacct_usage.lib import clock
from intacct_usage.logs.models import LogEntry
from scheduling.models import Occurrence, Schedule
from usage.models import Company, CompanyFetch, FetchRun

RUNS = 30
SCHEDULES = 20
LOG_LINES = 20_000
FAILING = 40
"""Every so many companies one fails."""
BATCH = 1000
PASSWORD = "bench-only password 1"
REFUSAL = {
    "error_family": "user_credentials",
    "error_number": "XL03000006",
    "error_text": "Sign-in information is incorrect.",
}


def add_history(companies: Sequence[Company]) -> None:
    now = clock.now()
    failing = {company.pk for company in companies[1::FAILING]}
    _note_health(companies, failing, now)
    schedules = Schedule.objects.bulk_create(
        Schedule(name=f"Nightly {number}", kind="daily", timing="02:30", zone="UTC", reports=["summary"])
        for number in range(SCHEDULES)
    )
    for number in range(RUNS):
        at = now - timedelta(days=RUNS - number)
        _add_run(companies, failing, at, schedule=schedules[0] if schedules else None)
    _add_log_lines(companies, now)
    for name, group in (("bench-manager", "Manager"), ("bench-viewer", "Viewer")):
        user = User.objects.create_user(name, password=PASSWORD, is_staff=group == "Manager")
        user.groups.add(Group.objects.get(name=group))
    User.objects.create_superuser("bench-admin", password=PASSWORD)


def _note_health(companies: Sequence[Company], failing: set[int], now: datetime) -> None:
    Company.objects.update(health=Company.Health.HEALTHY, last_success_at=now, last_attempt_at=now)
    Company.objects.filter(pk__in=failing).update(
        health=Company.Health.FAILING,
        failing_since=now - timedelta(days=3),
        last_success_at=now - timedelta(days=4),
        consecutive_failures=3,
        **REFUSAL,
    )
    skipped = [company.pk for company in companies[2::100]]
    Company.objects.filter(pk__in=skipped).update(skipped_at=now, skipped_by="bench", skip_reason="Left us")


def _add_run(companies: Sequence[Company], failing: set[int], at: datetime, *, schedule: Schedule | None) -> None:
    per_company = 14
    done = len(companies) - len(failing)
    run = FetchRun.objects.create(
        asked_by="Nightly 0",
        status=FetchRun.Status.SUCCESS,
        started_at=at,
        finished_at=at + timedelta(minutes=9),
        companies_total=len(companies),
        companies_done=done,
        companies_failed=len(failing),
        records_inserted=done * per_company,
        requests_sent=2 * len(companies),
    )
    Occurrence.objects.create(
        schedule=schedule,
        schedule_name=schedule.name if schedule else "",
        due_at=at,
        asked_by="Nightly 0",
        state=Occurrence.State.SUCCESS,
        run=run,
        finished_at=at + timedelta(minutes=10),
    )
    fetched = {"expected": per_company, "fetched": per_company, "inserted": per_company, "cleared": per_company}
    rows = (
        CompanyFetch(
            run=run,
            company=company,
            attempts=1,
            requests=2,
            started_at=at,
            finished_at=at + timedelta(seconds=30),
            **(
                {"status": CompanyFetch.Status.FAILED, "message": "The user ID or password is wrong.", **REFUSAL}
                if company.pk in failing
                else {"status": CompanyFetch.Status.DONE, **fetched}
            ),
        )
        for company in companies
    )
    CompanyFetch.objects.bulk_create(rows, batch_size=BATCH)


def _add_log_lines(companies: Sequence[Company], now: datetime) -> None:
    rows = (
        LogEntry(
            at=now - timedelta(seconds=LOG_LINES - number),
            level="WARN" if number % 50 == 0 else "INFO",
            logger="usage.records.window_store",
            message=f"[{companies[number % len(companies)].intacct_id}] Stored 14 records",
            run_id=1 + number % RUNS,
            company=companies[number % len(companies)].intacct_id,
            company_id=companies[number % len(companies)].pk,
        )
        for number in range(LOG_LINES)
    )
    LogEntry.objects.bulk_create(rows, batch_size=BATCH)
