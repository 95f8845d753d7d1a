"""Every page there is, empty and full: axe-core finds nothing in light and dark, nothing scrolls sideways at 320 px.

The console stays silent and no request leaves the host: `visitor_as` sees to both. A route that is neither here nor
named as no page fails.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.test import Client

from intacct_usage.lib import clock
from intacct_usage.logs.models import LogEntry
from notifications.models import EmailConfiguration, ReportRequest
from scheduling.models import Schedule
from tests.access.matrix_rows import KEY, make_rows
from tests.browser.conftest import Visitor
from tests.factories import make_company, make_failing_company, make_filter, make_records
from tests.operate.rows import make_mail, make_occurrence
from tests.web.full_site import fill_site
from tests.web.routes import routes
from usage.models import ArchivedUsageRecord, BackgroundJob, Company, CompanyFetch, FetchRun, UsageRecord
from usage.records.archive import copy_to_archive

pytestmark = pytest.mark.browser

LONG = "A_company_with_a_name_that_is_as_long_as_the_rules_allow_it_to_be_and_has_no_blank_at_all_in_it_000001"[:100]
ALWAYS = {
    "": ["/"],
    "search/": ["/search/", "/search/?q=a", "/search/?q=nothing+is+named+so"],
    "guide/": ["/guide/"],
    "about/": ["/about/"],
    "reports/": ["/reports/", "/reports/?view=line&measure=records", "/reports/?from=2026-02-02&to=2026-01-01"],
    "reports/files/<str:token>/": ["/reports/files/nonsense/"],
    "reports/send/": ["/reports/send/"],
    "configuration/": ["/configuration/"],
    "configuration/companies/": ["/configuration/companies/", "/configuration/companies/?q=nothing+matches"],
    "configuration/companies/add/": ["/configuration/companies/add/"],
    "configuration/companies/clear/": ["/configuration/companies/clear/"],
    "configuration/companies/removed/": ["/configuration/companies/removed/"],
    "configuration/exceptions/": ["/configuration/exceptions/"],
    "notifications/": ["/notifications/"],
    "notifications/add/<slug:provider>/": ["/notifications/add/smtp/", "/notifications/add/graph/"],
    "notifications/deliveries/": ["/notifications/deliveries/", "/notifications/deliveries/?q=nothing"],
    "schedules/": ["/schedules/", "/schedules/?q=nothing"],
    "schedules/new/": ["/schedules/new/"],
    "runs/": ["/runs/", "/runs/?schedule=nothing"],
    "logs/": ["/logs/", "/logs/?q=nothing+is+said+so"],
    "audit/": ["/audit/", "/audit/?q=nothing"],
    "accounts/": ["/accounts/"],
    "accounts/password/": ["/accounts/password/"],
    "accounts/second-factor/": ["/accounts/second-factor/"],
    "accounts/people/": ["/accounts/people/"],
}
WHEN_FULL = {
    "reports/send/<int:pk>/": ["/reports/send/1/"],
    "reports/workbooks/<int:pk>/": ["/reports/workbooks/1/"],
    "companies/<int:pk>/": ["/companies/1/", "/companies/{failing}/", "/companies/{hostile}/"],
    "configuration/companies/job/<int:pk>/": ["/configuration/companies/job/2/"],
    "notifications/<uuid:pk>/": [f"/notifications/{KEY}/"],
    "notifications/deliveries/<int:pk>/": ["/notifications/deliveries/1/"],
    "schedules/<int:pk>/": ["/schedules/1/", "/schedules/{disabled}/"],
    "schedules/<int:pk>/edit/": ["/schedules/1/edit/", "/schedules/{disabled}/edit/"],
    "schedules/<int:pk>/delete/": ["/schedules/1/delete/"],
    "runs/<int:pk>/": ["/runs/1/", "/runs/{running}/"],
    "runs/reports/<int:pk>/": ["/runs/reports/{reports}/"],
}
ELSEWHERE = {
    "accounts/login/": "test_shell_pages",
    "accounts/login/code/": "test_account_pages",
    "accounts/first-administrator/": "test_account_pages",
    "accounts/second-factor/confirm/": "test_account_pages",
    "accounts/second-factor/codes/": "test_account_pages",
    "accounts/second-factor/off/": "test_account_pages",
}
NOT_PAGES = {
    *("reports/download/<slug:report>.<slug:extension>", "reports/usage-by-month.csv"),
    "companies/<int:pk>/usage-by-month.csv",
    *("reports/workbooks/<int:pk>/file/", "configuration/companies/export.csv", "audit/export.csv"),
    *("logs/download.txt", "logs/download.jsonl", "logs/lines/", "schedules/live/"),
    *("runs/<int:pk>/live/", "runs/reports/<int:pk>/live/", "runs/<int:pk>/status.json", "accounts/still-here/"),
    *("accounts/entra/", "accounts/entra/callback/", "healthz", "readyz", "metrics"),
}
LEAD_TO_THEIR_FORM = {
    *("configuration/credentials/", "configuration/proxy/", "configuration/proxy/test/", "configuration/filters/"),
    *(f"configuration/companies/{name}/" for name in ("load", "apply", "import", "skip", "unskip", "remove")),
}
ADMIN_PAGES = [
    "/admin/",
    *(f"/admin/usage/{name}/" for name in ("company", "usagerecord", "fetchrun", "companyfetch", "queryfilter")),
    *(f"/admin/usage/{name}/" for name in ("apicredential", "outboundproxy", "companysource")),
    *(f"/admin/scheduling/{name}/" for name in ("schedule", "occurrence")),
    *(f"/admin/notifications/{name}/" for name in ("emailconfiguration", "outgoingemail", "deliveryattempt")),
    *("/admin/auth/user/", "/admin/auth/user/add/", "/admin/auth/group/", "/admin/audit/auditevent/"),
    *("/admin/api/apitoken/", "/admin/api/apitoken/add/"),
    *("/admin/usage/company/1/change/", "/admin/usage/fetchrun/1/change/", "/admin/scheduling/schedule/1/change/"),
    f"/admin/notifications/emailconfiguration/{KEY}/change/",
    "/admin/notifications/outgoingemail/1/change/",
]


def fill() -> dict[str, int]:
    """Something on every page, some of it hostile, long or failed; the numbers that addresses name."""
    make_rows()
    fill_site()
    now = clock.now()
    uk = make_filter("Prefix", "X_")
    Company.objects.bulk_create(Company(intacct_id=f"X_{number:04}", query_filter=uk) for number in range(60))
    failing = make_failing_company(LONG, name="<b>bold</b> \u202e" + "wide " * 30, reseller="R" * 200)
    make_company("Skipped_1", skipped_at=now, skipped_by="ada", skip_reason="Left us " * 30)
    make_company("Gone_1", removed_at=now)
    make_records(Company.objects.get(pk=1), now.date(), 2)
    for reason in ArchivedUsageRecord.Reason.values:
        copy_to_archive(UsageRecord.objects.filter(company=1), reason=reason, now=now)
    disabled = Schedule.objects.create(name="S" * 100, kind="cron", timing="0 6 1 1,4,7,10 *", zone="Europe/London")
    reports = make_occurrence(disabled, "error", message="Nothing could be sent. " * 10)
    Schedule.objects.filter(pk=1).update(enabled=True, next_run_at=now + timedelta(hours=3))
    run = FetchRun.objects.get(pk=1)
    run.companies_total, run.companies_failed = 60, 1
    run.save()
    CompanyFetch.objects.create(run=run, company=failing, status="failed", error_number="X" * 40, message="why " * 90)
    make_mail("unknown", subject="W" * 150, message="It may have been sent. " * 10)
    EmailConfiguration.objects.filter(pk=KEY).update(last_state="failed", last_message="refused " * 30)
    for level in ("INFO", "WARN", "ERROR"):
        LogEntry.objects.create(at=now, level=level, logger="x", message="m" * 300, run_id=1, company=LONG)
    ReportRequest.objects.create(pk=1, asked_by="ada")
    BackgroundJob.objects.create(pk=1, kind=BackgroundJob.Kind.REPORT, asked_by="ada")
    BackgroundJob.objects.create(pk=2, kind=BackgroundJob.Kind.REMOVE, asked_by="ada")
    hostile = Company.objects.filter(name__contains="onerror")[0].pk
    running = FetchRun.objects.filter(status="running")[0].pk
    numbers = {"failing": failing.pk, "hostile": hostile, "running": running}
    return numbers | {"disabled": disabled.pk, "reports": reports.pk}


def problems_of(visitor: Visitor, addresses: list[str]) -> Iterator[str]:
    for address in addresses:
        visitor.open(address)
        for details in visitor.page.locator("main details").all():
            details.evaluate("one => { one.open = true; }")
        yield from (f"{address} {one}" for one in visitor.violations())
        if visitor.scrolls_sideways():
            yield f"{address} scrolls sideways"


def without_refusals(visitor: Visitor) -> None:
    """A refused address is shown by a page of its own, and the browser notes its status."""
    visitor.complaints[:] = [
        text for text in visitor.complaints if "the server responded with a status of 4" not in text
    ]


def test_every_route_is_checked_here_or_no_page(client_as_manager: Client) -> None:
    unknown = []
    for route in routes():
        if route.address in ALWAYS | WHEN_FULL | ELSEWHERE or route.address in NOT_PAGES | LEAD_TO_THEIR_FORM:
            continue
        address = "/" + route.address.replace("<int:pk>", "1").replace("<uuid:pk>", str(KEY))
        if client_as_manager.get(address.replace("<slug:report>", "summary")).status_code != 405:
            unknown.append(route.address)

    assert unknown == []


@pytest.fixture
def client_as_manager(db, django_user_model) -> Client:
    client = Client()
    client.force_login(django_user_model.objects.create_superuser("manager"))
    return client


def test_every_page_is_fine_while_there_is_nothing(visitor_as: Callable[[str], Visitor]) -> None:
    visitor = visitor_as("Manager")

    found = list(problems_of(visitor, [one for addresses in ALWAYS.values() for one in addresses]))
    without_refusals(visitor)

    assert not found, "\n".join(found)


def test_every_page_is_fine_with_much_on_it(visitor_as: Callable[[str], Visitor]) -> None:
    visitor, numbers = visitor_as("Manager"), fill()
    addresses = [one for kind in (ALWAYS, WHEN_FULL) for addresses in kind.values() for one in addresses]

    found = list(problems_of(visitor, [address.format(**numbers) for address in addresses]))
    without_refusals(visitor)

    assert not found, "\n".join(found)


def test_no_page_of_the_administration_has_a_violation(visitor_as: Callable[[str], Visitor]) -> None:
    fill()
    visitor, found = visitor_as("superuser"), []

    for address in ADMIN_PAGES:
        visitor.open(address)
    noise = list(visitor.complaints)
    for address in ADMIN_PAGES:
        visitor.open(address)
        found += [f"{address} {one}" for one in visitor.violations()]
        if visitor.scrolls_sideways():
            found.append(f"{address} scrolls sideways")

    visitor.complaints.clear()  # axe-core puts inline styles on some of these pages, and the policy blocks them

    assert noise == []
    assert not found, "\n".join(found)
