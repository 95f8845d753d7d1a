"""Run in a process of its own: exports 200,000 records of one company and of many, and measures its memory.

The records lie in a database of its own under DATA_DIR and are inserted raw. Prints rows and growth in MiB as JSON.
"""

import json
import sys
from datetime import date, timedelta
from pathlib import Path

import django

django.setup()

from django.core.management import call_command  # noqa: E402 - Django must be set up before
from django.db import connection, transaction  # noqa: E402

from tests.factories import make_company, make_sender, make_signature  # noqa: E402
from tests.usage.reports.reading import ALL, GENERATED_AT  # noqa: E402
from usage.models import Company, CompanyMonth  # noqa: E402
from usage.reports import ReportFormat, ReportKind, write_report  # noqa: E402

INSERT = (
    "INSERT INTO usage_usagerecord (company_id, record_no, created_on, created_time, transactions, signature_id,"
    " control_id, document_control_id) VALUES (%s, %s, %s, %s, 1, %s, %s, '')"
)


def add_records(company: Company, count: int) -> None:
    """Records of a hundred days, with the totals that decide how they are read."""
    signature = make_signature().pk
    days = [(date(2026, 1, 1) + timedelta(days=number)).isoformat() for number in range(100)]
    rows = (_row(company.pk, signature, number, days[number * 100 // count]) for number in range(count))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(INSERT, rows)
    CompanyMonth.objects.create(
        company=company, month=date(2026, 1, 1), sender=make_sender(), records=count, transactions=count
    )


def _row(company: int, signature: int, number: int, day: str) -> tuple[object, ...]:
    return (company, f"{number:07}", day, f"{day} 12:00:00", signature, f"control-{number}-{company}")


def peak_mib() -> float:
    status = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in status if line.startswith("VmHWM")).split()[1]) / 1024


if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    add_records(make_company("big"), 100_000)
    for _ in range(100):
        add_records(make_company(), 1000)
    Path("/proc/self/clear_refs").write_text("5")  # the peak of what came before is forgotten
    peak_before = peak_mib()
    path = Path(sys.argv[2])
    written = write_report(ReportKind.DETAILED, ReportFormat(sys.argv[1]), ALL, path, generated_at=GENERATED_AT)
    sys.stdout.write(json.dumps({"rows": written.rows, "growth_mib": peak_mib() - peak_before}) + "\n")
