"""One fetch run of ours, in a process of its own: prints what it took as JSON.

python -m bench.fetch_child COMPANIES first|again [PROFILE]

`first` removes what an earlier run stored, `again` keeps it.
"""

import cProfile
import json
import resource
import sys
import time
from collections.abc import Callable

import django

django.setup()

from django.core.management.color import no_style  # noqa: E402 - Django must be set up before
from django.db import connection  # noqa: E402

from usage.fetching import lane  # noqa: E402
from usage.fetching.foreground_run import work_in_foreground  # noqa: E402
from usage.fetching.runs import ask_for_run  # noqa: E402
from usage.fetching.threads import FetcherThreads  # noqa: E402
from usage.models import (  # noqa: E402
    ApiCredential,
    Company,
    CompanyDay,
    CompanyFetch,
    CompanyMonth,
    FetchRun,
    UsageRecord,
)


def save_credentials() -> None:
    if ApiCredential.current() is None:
        credential = ApiCredential(sender_id="bench", user_id="bench")
        credential.seal("sender_password", "bench-sender")
        credential.seal("user_password", "bench-user")
        credential.save()


def prepare(companies: int) -> None:
    """Credentials, and a company list without records."""
    save_credentials()
    tables = [
        model._meta.db_table for model in (UsageRecord, CompanyDay, CompanyMonth, CompanyFetch, FetchRun, Company)
    ]
    statements = connection.ops.sql_flush(no_style(), tables, allow_cascade=True)
    connection.ops.execute_sql_flush(statements)
    Company.objects.bulk_create([Company(intacct_id=f"bench-{number:05}") for number in range(companies)])


class _Measured(FetcherThreads):
    """Fetching threads whose CPU is known: what the network costs, with TLS, HTTP and reading the XML."""

    network_seconds = 0.0

    def submit(self, work: Callable[[], None]) -> None:
        def timed() -> None:
            before = time.thread_time()
            work()
            _Measured.network_seconds += time.thread_time() - before

        super().submit(timed)


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measured_run() -> dict[str, float]:
    wall, cpu = time.perf_counter(), cpu_seconds()
    run = ask_for_run(asked_by="bench")
    run = work_in_foreground(run, on_progress=lambda done, failed, total: None, on_queued=lambda ahead: None)
    wall, cpu = time.perf_counter() - wall, cpu_seconds() - cpu
    if run.status != FetchRun.Status.SUCCESS or run.companies_failed:
        sys.exit(f"The run ended as {run.status}: {run.message}")
    return {
        "seconds": wall,
        "cpu_seconds": cpu,
        "network_cpu_seconds": _Measured.network_seconds,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "records": run.records_inserted,
        "stored": UsageRecord.objects.count(),
        "requests": run.requests_sent,
    }


def main() -> None:
    if sys.argv[2] == "first":
        prepare(int(sys.argv[1]))
    lane.FetcherThreads = _Measured  # type: ignore[misc] # the same threads, with a clock
    profiler = cProfile.Profile() if len(sys.argv) > 3 else None
    if profiler:
        profiler.enable()
    result = measured_run()
    if profiler:
        profiler.disable()
        profiler.dump_stats(sys.argv[3])
    connection.close()
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
