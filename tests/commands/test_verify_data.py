"""`verify_data` finds each kind of damage, and nothing in healthy data."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from notifications.models import OutgoingEmail
from scheduling.models import Occurrence, Schedule
from scheduling.state_check import check_states
from tests.factories import make_company, make_record, make_records
from tests.scheduling.schedules import DUE, make_enabled, make_schedule
from tests.workers.installation import world
from tests.worlds import World
from usage.models import CompanyDay, CompanyFetch, CompanyMonth, FetchRun, UsageRecord
from usage.records.data_check import no_record_twice

pytestmark = pytest.mark.django_db
D14, D15 = date(2026, 1, 14), date(2026, 1, 15)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def verify() -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("verify_data", stdout=out)
    except SystemExit as end:
        return int(end.code), out.getvalue()
    return 0, out.getvalue()


def healthy() -> FetchRun:
    """Two companies with records on two days, and a run that fetched them."""
    run = FetchRun.objects.create(asked_by="t", status="success", companies_total=2, companies_done=2)
    for intacct_id in ("Acme", "Brand"):
        company = make_company(intacct_id)
        make_records(company, D14, 3)
        make_record(company, D15)
        CompanyFetch.objects.create(run=run, company=company, status="done", expected=4, fetched=4, inserted=4)
    return run


def test_what_a_real_run_stored_is_all_right(make_world: Callable[..., World]) -> None:
    made = make_world(world(6))
    made.fetch()
    made.fetch()

    assert verify() == (0, "All stored data agree.\n")


def test_healthy_rows_are_all_right() -> None:
    healthy()

    assert verify()[0] == 0


DAMAGE: dict[str, tuple[Callable[[], object], str]] = {
    "a record vanished": (
        lambda: UsageRecord.objects.filter(pk=UsageRecord.objects.first().pk).delete(),
        "I1 Acme: the day 2026-01-14 says 3 records and 3 transactions, the records are 2 with 2",
    ),
    "a record changed": (
        lambda: UsageRecord.objects.filter(company__intacct_id="Brand", created_on=D15).update(transactions=9),
        "I1 Brand: the month 2026-01-01 says 4 records and 4 transactions, the records are 4 with 12",
    ),
    "a month is missing": (
        lambda: CompanyMonth.objects.filter(company__intacct_id="Acme").delete(),
        "I1 Acme: the month 2026-01-01 says 0 records",
    ),
    "a day does not add up": (
        lambda: CompanyDay.objects.filter(company__intacct_id="Acme", day=D14).update(records=7),
        "I1 Acme: the day 2026-01-14 says 7 records",
    ),
    "fewer stored than expected": (
        lambda: CompanyFetch.objects.filter(company__intacct_id="Acme").update(inserted=3),
        "expected 4, read 4 and stored 3 records",
    ),
    "a day is not accounted for": (
        lambda: CompanyDay.objects.create(company_id=first_company(), day=date(2026, 1, 18), state="empty"),
        "I5 Acme: 2 days between 2026-01-14 and 2026-01-18 are not accounted for",
    ),
    "an unread day lies before the next fetch": (
        lambda: CompanyDay.objects.create(company_id=first_company(), day=date(2026, 1, 13), state="failed"),
        "I5 Acme: 2026-01-13 was never read, and the next fetch starts on 2026-01-15",
    ),
    "an ended run has a company left": (
        lambda: CompanyFetch.objects.filter(company__intacct_id="Acme").update(status="pending"),
        "I6 Acme: is still “Waiting” in run",
    ),
    "a run counts wrongly": (
        lambda: FetchRun.objects.update(companies_done=1, companies_failed=1),
        "says 1 done and 1 failed, there are 2 and 0",
    ),
    "a success that is none": (
        lambda: FetchRun.objects.update(companies_total=5),
        "is a success with 2 of 5 companies",
    ),
    "a lease long over": (
        lambda: CompanyFetch.objects.filter(company__intacct_id="Acme").update(status="running", lease_until=LONG_AGO),
        "I6 Acme: is being fetched in run",
    ),
    "a schedule nobody fires": (lambda: make_enabled("Nightly", LONG_AGO), "I6 Nightly: was due at 2026-01-01 00:00"),
    "an occurrence that hangs": (
        lambda: occurrence("fetching", run=FetchRun.objects.create(asked_by="t", status="error", finished_at=LONG_AGO)),
        "is still fetching although its run has ended",
    ),
    "reports that nobody makes": (
        lambda: occurrence("reporting", lease_until=LONG_AGO),
        "has its reports made by nobody",
    ),
    "a run that nobody works on": (
        lambda: FetchRun.objects.create(asked_by="t", status="running", started_at=LONG_AGO),
        "is running and nobody works on it",
    ),
    "a success whose run failed": (
        lambda: occurrence("success", run=FetchRun.objects.create(asked_by="t", status="error")),
        "is a success, but its run ended as “Error”",
    ),
    "two mails to one configuration": (
        lambda: occurrence("success").emails.add(*(mail(key) for key in "ab")),
        "“Finance” has 2 mails of it",
    ),
    "a mail nobody sends": (lambda: mail("a", state="sending", lease_until=LONG_AGO), "is being sent by nobody"),
}


def first_company() -> int:
    return CompanyFetch.objects.get(company__intacct_id="Acme").company_id


def occurrence(state: str, **fields: object) -> Occurrence:
    schedule = Schedule.objects.filter(name="Other").first() or make_schedule("Other")
    return Occurrence.objects.create(schedule=schedule, due_at=DUE, asked_by="t", state=state, **fields)


def mail(key: str, **fields: object) -> OutgoingEmail:
    return OutgoingEmail.objects.create(
        **{"dedupe_key": key, "kind": "report", "state": "sent", "configuration_name": "Finance", **fields}
    )


@pytest.mark.parametrize("damage", DAMAGE)
def test_each_kind_of_damage_is_found(damage: str) -> None:
    healthy()
    do, message = DAMAGE[damage]

    do()
    code, printed = verify()

    assert code == 1
    assert message in printed


def test_a_due_time_that_is_there_twice_is_found_where_the_table_does_not_refuse_it() -> None:
    occurrence("success")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE scheduling_occurrence AS SELECT * FROM scheduling_occurrence")
        cursor.execute("INSERT INTO scheduling_occurrence SELECT * FROM scheduling_occurrence")

    found = [str(finding) for finding in check_states()]

    assert found == [f"I8 Other: {DUE:%Y-%m-%d %H:%M} UTC is there 2 times"]


def test_a_record_stored_twice_is_found_where_the_table_does_not_refuse_it() -> None:
    healthy()
    number = UsageRecord.objects.filter(company__intacct_id="Acme").first().record_no
    with connection.cursor() as cursor:  # a table without the constraint, in front of the real one
        cursor.execute("CREATE TEMPORARY TABLE usage_usagerecord AS SELECT * FROM usage_usagerecord")
        cursor.execute("INSERT INTO usage_usagerecord SELECT * FROM usage_usagerecord WHERE record_no = %s", [number])

    found = [str(finding) for finding in no_record_twice()]

    assert found == [f"I3 Acme: the record {number} is stored 2 times"]
