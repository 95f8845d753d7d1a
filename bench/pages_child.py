"""Opens every page of the site on the database of its place: prints its figures as one line of JSON.

python -m bench.pages_child TIMES data,pages
"""

import json
import math
import statistics
import sys
import time
from collections.abc import Callable
from urllib.parse import quote

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402 - Django must be set up before
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from intacct_usage.lib import clock  # noqa: E402
from scheduling.models import Occurrence, Schedule  # noqa: E402
from usage.analysis.breakdown import filter_breakdown, top_companies, top_partners  # noqa: E402
from usage.analysis.charts import monthly_usage  # noqa: E402
from usage.models import Company, FetchRun, QueryFilter  # noqa: E402
from usage.periods import ALL_DATA, PeriodPreset, preset_period  # noqa: E402
from usage.reports import ReportKind, ReportScope, stream_csv, summary_figures  # noqa: E402
from usage.reports.totals import totals_by_company  # noqa: E402

Figures = dict[str, float]
ADMIN = (
    *("usage/company", "usage/queryfilter", "usage/fetchrun", "usage/companyfetch", "usage/usagerecord"),
    *("notifications/outgoingemail", "auth/user"),
)


def addresses() -> dict[str, str]:
    """Name and address of every page, and of the lists and charts with what people ask them for."""
    company = Company.objects.order_by("pk").first()
    run, schedule = FetchRun.objects.order_by("-pk").first(), Schedule.objects.order_by("pk").first()
    report_run, one = Occurrence.objects.order_by("-pk").first(), QueryFilter.objects.first()
    assert company and run and schedule and report_run and one
    plain = (
        *("/", "/guide/", "/about/", "/schedules/", "/schedules/new/", "/runs/", "/reports/", "/configuration/"),
        *("/configuration/companies/", "/configuration/companies/removed/", "/configuration/exceptions/"),
        *("/notifications/", "/notifications/deliveries/", "/notifications/add/smtp/", "/reports/send/"),
        *("/logs/", "/audit/", "/accounts/", "/accounts/people/", "/admin/", "/readyz", "/healthz"),
        *("/reports/?preset=this-month", "/reports/?preset=last-12-months", "/reports/?from=2026-01-10&to=2026-11-20"),
        *("/reports/usage-by-month.csv", "/reports/download/summary.csv", "/reports/download/exceptions.csv"),
        *("/configuration/companies/?page=40", "/configuration/companies/?search=company-01", "/logs/?level=WARN"),
        *("/schedules/live/", "/configuration/companies/export.csv"),
    )
    found = {address: address for address in plain}
    found |= {
        "/reports/?filter=one": f"/reports/?filter={quote(one.name)}",
        "/companies/ID/ (the largest)": f"/companies/{company.pk}/",
        "/companies/ID/ (another)": f"/companies/{company.pk + 7}/",
        "/runs/ID/": f"/runs/{run.pk}/",
        "/runs/ID/live/": f"/runs/{run.pk}/live/",
        "/runs/ID/status.json": f"/runs/{run.pk}/status.json",
        "/runs/reports/ID/": f"/runs/reports/{report_run.pk}/",
        "/schedules/ID/": f"/schedules/{schedule.pk}/",
        "/schedules/ID/edit/": f"/schedules/{schedule.pk}/edit/",
    }
    return found | {f"/admin/{name}/": f"/admin/{name}/" for name in ADMIN}


def data() -> dict[str, Callable[[], object]]:
    """What charts, breakdowns and summaries ask the database for."""
    today = clock.today()
    everything = ReportScope(None, ALL_DATA)
    year = ReportScope(None, preset_period(PeriodPreset.LAST_12_MONTHS, today))
    return {
        "data: chart": lambda: monthly_usage(everything, today),
        "data: chart of 12 months": lambda: monthly_usage(year, today),
        "data: breakdown": lambda: filter_breakdown(everything, totals_by_company(everything)),
        "data: largest companies": lambda: top_companies(totals_by_company(everything), 10),
        "data: largest partners": lambda: top_partners(everything, 10),
        "data: figures of mails": lambda: summary_figures(everything, today),
        "data: Summary report": lambda: b"".join(stream_csv(ReportKind.SUMMARY, everything)),
        "data: Summary report of 12 months": lambda: b"".join(stream_csv(ReportKind.SUMMARY, year)),
    }


class Meter:
    """Time spent waiting for the database, and statements."""

    def __init__(self) -> None:
        self.seconds, self.queries = 0.0, 0

    def __call__(self, execute: Callable[..., object], *arguments: object) -> object:
        started = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            self.seconds += time.perf_counter() - started
            self.queries += 1


def measured(act: Callable[[], float], times: int) -> Figures:
    """Medians, and the page's 95th percentile, after one time that does not count."""
    act()
    pages, cpu, databases, queries, status = [], [], [], 0, 200.0
    for _ in range(times):
        meter = Meter()
        with connection.execute_wrapper(meter):
            started, used = time.perf_counter(), time.process_time()
            status = act()
            cpu.append((time.process_time() - used) * 1000)
            pages.append((time.perf_counter() - started) * 1000)
        databases.append(meter.seconds * 1000)
        queries = meter.queries
    return {
        "page_ms": statistics.median(pages),
        "p95_ms": sorted(pages)[math.ceil(0.95 * len(pages)) - 1],
        "cpu_ms": statistics.median(cpu),
        "database_ms": statistics.median(databases),
        "queries": queries,
        "status": status,
    }


def opened(client: Client, address: str) -> float:
    response = client.get(address)
    if response.streaming:
        for _ in response.streaming_content:  # type: ignore[attr-defined]
            pass
    return response.status_code


def done(act: Callable[[], object]) -> float:
    act()
    return 200


def main() -> None:
    times = int(sys.argv[1])
    kinds = sys.argv[2].split(",")
    client = Client()
    client.force_login(User.objects.get(username="bench-admin"))
    found = {}
    for name, act in data().items() if "data" in kinds else ():
        found[name] = measured(lambda act=act: done(act), times)  # type: ignore[misc]
        sys.stderr.write(f"{name} {found[name]}\n")
    for name, address in addresses().items() if "pages" in kinds else ():
        found[name] = measured(lambda address=address: opened(client, address), times)  # type: ignore[misc]
        sys.stderr.write(f"{name} {found[name]}\n")
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
