"""How many queries each page takes: the same with one row of everything and with fifty, as `query_counts.json` says.

A page that takes more or fewer on purpose: run this test with UPDATE_QUERY_COUNTS=yes and commit the file.
"""

import json
import os
from datetime import timedelta
from pathlib import Path

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from intacct_usage import context
from intacct_usage.audit.recording import record
from intacct_usage.lib import clock
from intacct_usage.logs.models import LogEntry
from notifications.models import DeliveryAttempt, OutgoingEmail
from scheduling.models import Schedule
from tests.factories import make_company, make_failing_company, make_filter, make_records, make_signature
from tests.operate.rows import make_beat, make_email_configuration, make_mail, make_occurrence, make_run, make_schedule
from tests.web.conftest import ClientAs
from usage.models import Company, CompanyFetch, FetchRun

BASELINE = Path(__file__).parent / "query_counts.json"
LISTS = (
    "/",
    "/search/?q=a",
    "/schedules/",
    "/runs/",
    "/reports/",
    "/reports/?view=line",
    "/reports/send/",
    "/configuration/",
    "/configuration/companies/",
    "/configuration/exceptions/",
    "/configuration/companies/removed/",
    "/configuration/companies/clear/",
    "/notifications/",
    "/notifications/deliveries/",
    "/logs/",
    "/audit/",
    "/about/",
    "/accounts/people/",
    "/admin/usage/company/",
    "/admin/usage/usagerecord/",
    "/admin/usage/companyfetch/",
    "/admin/usage/fetchrun/",
    "/admin/scheduling/schedule/",
    "/admin/scheduling/occurrence/",
    "/admin/notifications/outgoingemail/",
    "/admin/notifications/deliveryattempt/",
)


def fill(first: int, last: int, run: FetchRun) -> None:
    """Rows of everything with these numbers; the first company, run, schedule and mail get something of each."""
    today, now = clock.today(), clock.now()
    for number in range(first, last):
        company = make_company(f"A_{number}", query_filter=make_filter(f"Filter {number}", f"A_{number}"))
        make_company(f"Skipped_{number}", skipped_at=now, skipped_by="ada")
        make_company(f"Gone_{number}", removed_at=now)
        make_failing_company(f"Failing_{number}", error_number=f"XL{number}", error_text=f"Reason {number}")
        for one in {company, Company.objects.get(intacct_id="A_0")}:
            make_records(one, today - timedelta(days=number), 1, signature=make_signature(f"sender-{number}"))
        CompanyFetch.objects.create(run=run, company=company, status="failed", finished_at=now, error_number="X")
        schedule = make_schedule(f"Nightly {number}")
        schedule.emails.add(make_email_configuration(f"Finance {number}"))
        Schedule.objects.filter(pk=schedule.pk).update(enabled=True, next_run_at=now + timedelta(hours=1))
        occurrence = make_occurrence(Schedule.objects.order_by("pk")[0], run=make_run(companies_failed=1))
        occurrence.emails.add(make_mail("sent", run_id=run.pk))
        DeliveryAttempt.objects.create(
            email=OutgoingEmail.objects.order_by("pk")[0],
            attempt=number + 1,
            outcome="sent",
            started_at=now,
            finished_at=now,
        )
        LogEntry.objects.create(at=now, level="INFO", logger="x", message=f"line {number}", run_id=run.pk)
        record("ada", "changed", target=f"Thing {number}")


def pages() -> dict[str, str]:
    """Addresses by the name that stands in the file."""
    numbered = {
        "/companies/<pk>/": f"/companies/{Company.objects.get(intacct_id='A_0').pk}/",
        "/runs/<pk>/": f"/runs/{FetchRun.objects.order_by('pk')[0].pk}/",
        "/schedules/<pk>/": f"/schedules/{Schedule.objects.order_by('pk')[0].pk}/",
        "/notifications/deliveries/<pk>/": f"/notifications/deliveries/{OutgoingEmail.objects.order_by('pk')[0].pk}/",
    }
    return {**dict(zip(LISTS, LISTS, strict=True)), **numbered}


def counted(client: Client) -> dict[str, int]:
    counts = {}
    for name, address in pages().items():
        client.get(address)  # what is cached for a while is cached now
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(address)
        assert answer.status_code == 200, address
        counts[name] = len(queries)
    return counts


def test_no_page_takes_more_queries_for_more_rows(client_as: ClientAs, monkeypatch) -> None:
    monkeypatch.setattr(context, "KEY_WARNING_SECONDS", 3600)  # not looked up again in the middle
    client, run = client_as("superuser"), make_run(companies_total=50)
    make_beat(age_seconds=-3600)
    fill(0, 1, run)

    of_one = counted(client)
    fill(1, 50, run)
    of_fifty = counted(client)

    assert {page: (of_one[page], count) for page, count in of_fifty.items() if count > of_one[page]} == {}
    if os.environ.get("UPDATE_QUERY_COUNTS"):
        BASELINE.write_text(json.dumps(of_fifty, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    assert of_fifty == json.loads(BASELINE.read_text(encoding="utf-8"))
