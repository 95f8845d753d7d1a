"""Fills the database of its place: prints sizes as one line of JSON.

python -m bench.fill_child RECORDS COMPANIES
"""

import json
import random
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta

import django

django.setup()

from django.db import connection, transaction  # noqa: E402 - Django must be set up before
from django.db.models import Sum  # noqa: E402
from django.db.models.functions import Length  # noqa: E402

from bench.fill_history import add_history  # noqa: E402
from intacct_usage.lib import clock  # noqa: E402
from intacct_usage.lib.bulk_insert import insert_rows  # noqa: E402
from usage.filters.assignment import assign_filters  # noqa: E402
from usage.models import Company, QueryFilter, UsageRecord  # noqa: E402
from usage.records.signatures import SignatureKey, signature_keys  # noqa: E402
from usage.records.totals import Coverage, TotalsFrom, write_totals  # noqa: E402
from usage.records.usage_rows import SignatureTexts  # noqa: E402
from usage.records.window_sql import window_cursor  # noqa: E402
from usage.records.window_store import RECORD_COLUMNS  # noqa: E402

DAYS = 730
COMPANIES_PER_TRANSACTION = 50
PREFIXES = ("UK", "US", "DE", "FR", "NL", "ES", "IT", "SE", "AU", "XX")
SENDERS = ("expenseapp", "payrollsync", "crmbridge", "bank-feeds", "timesheets", "stock-link")
CALLS = (("readByQuery", "success"), ("query", "success"), ("create", "success"), ("create", "failure"))
CLOCK = [f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}" for second in range(86_400)]
LARGEST_SHARE = 20
"""The first company has one record in so many."""

Row = tuple[int, str, str, str, int, int, str, str]
Totals = dict[date, dict[int, list[int]]]


def add_companies(count: int) -> list[Company]:
    """In nine filters; every tenth belongs to none."""
    for position, prefix in enumerate(PREFIXES[:-1]):
        QueryFilter.objects.create(name=f"{prefix} companies", value=f"{prefix}_", position=position)
    Company.objects.bulk_create(
        [
            Company(
                intacct_id=f"{PREFIXES[n % len(PREFIXES)]}_company-{n:05}",
                name=f"Company number {n:,} Limited",
                sage_account_number=f"{4_000_000 + n}",
                reseller=f"Reseller {n % 20}",
            )
            for n in range(count)
        ]
    )
    assign_filters()
    return list(Company.objects.order_by("pk"))


def signatures_of(number: int) -> list[SignatureKey]:
    """A company has two users of its own and one that all share, and uses half of the senders."""
    senders = [SENDERS[(number + step) % len(SENDERS)] for step in range(3)]
    users = ("xml_gateway", f"api-{number}", f"sync-{number}")
    texts = [
        SignatureTexts(sender, user, "XMLGW", function, status, "", "3.0")
        for sender, user in zip(senders, users, strict=True)
        for function, status in CALLS
    ]
    return list(signature_keys(texts).values())


class CompanyRecords:
    """The records of one company, spread over the days, and their totals as far as they were taken."""

    def __init__(self, company: int, count: int, keys: list[SignatureKey], first_day: date) -> None:
        self.totals: Totals = {}
        self._company, self._count, self._keys, self._first_day = company, count, keys, first_day

    def rows(self) -> Iterator[Row]:
        company, keys, per_day = self._company, self._keys, self._count / DAYS
        chance = random.Random(company)  # the same records each time
        days = [self._first_day + timedelta(days=offset) for offset in range(DAYS)]
        written_days = [day.isoformat() for day in days]
        second_step = 86_400 / per_day if per_day else 0
        for number in range(self._count):
            offset, second = divmod(int(number * second_step), 86_400)
            key = keys[int(chance.random() ** 2 * len(keys))]
            transactions = 1 + number % 3
            day = self.totals.setdefault(days[offset], {})
            if key.sender in day:
                shares = day[key.sender]
                shares[0] += 1
                shares[1] += transactions
            else:
                day[key.sender] = [1, transactions]
            on = written_days[offset]
            control = "%032x" % chance.getrandbits(128)  # noqa: UP031 - ten million times: the faster way
            at = f"{on} {CLOCK[second]}"
            yield company, str(100_000 + number), on, at, transactions, key.pk, control, "doc-" + control[:8]


def add_records(companies: list[Company], records: int) -> None:
    today = clock.utc_day(clock.now())
    first_day = today - timedelta(days=DAYS)
    coverage = Coverage(first=first_day, last=today, complete_to=today - timedelta(days=2))
    large = records // LARGEST_SHARE
    rest = max(1, len(companies) - 1)
    for start in range(0, len(companies), COMPANIES_PER_TRANSACTION):
        some = list(enumerate(companies))[start : start + COMPANIES_PER_TRANSACTION]
        keys = {number: signatures_of(number) for number, _ in some}
        with transaction.atomic(), window_cursor() as cursor:
            for number, company in some:
                count = large if number == 0 else (records - large) // rest + (number <= (records - large) % rest)
                added = CompanyRecords(company.pk, count, keys[number], first_day)
                insert_rows(UsageRecord, RECORD_COLUMNS, added.rows())
                write_totals(cursor, [TotalsFrom(company.pk, first_day, coverage, added.totals)])


def analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def sizes() -> dict[str, float]:
    """Bytes on disk, of everything and of records with their indexes; `text` is what a record's own columns hold."""
    records = UsageRecord.objects.count()
    texts = UsageRecord.objects.aggregate(
        text=Sum(Length("record_no") + Length("control_id") + Length("document_control_id"))
    )
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_database_size(current_database()), pg_total_relation_size('usage_usagerecord')")
            everything, of_records = cursor.fetchone()
        else:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
            everything = cursor.fetchone()[0]
            of_records = everything - _sqlite_rest(cursor.connection, everything)
    text = texts["text"] / records
    return {
        "records": records,
        "mib": round(everything / 2**20),
        "bytes_per_record": round(everything / records, 1),
        "records_table_bytes_per_record": round(of_records / records, 1),
        "text_bytes_per_record": round(text, 1),
        "beyond_text": round(everything / records - text, 1),
    }


def _sqlite_rest(raw: object, everything: int) -> int:
    """Bytes of other tables; 0 where this SQLite cannot tell."""
    names = "SELECT SUM(pgsize) FROM dbstat WHERE name NOT IN (SELECT name FROM sqlite_master WHERE tbl_name = ?)"
    try:
        return int(raw.execute(names, ("usage_usagerecord",)).fetchone()[0])  # type: ignore[attr-defined]
    except Exception:  # noqa: BLE001 - built without dbstat
        return 0


def main() -> None:
    records, count = int(sys.argv[1]), int(sys.argv[2])
    started = time.perf_counter()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous = OFF")
    companies = add_companies(count)
    add_records(companies, records)
    added = time.perf_counter() - started
    add_history(companies)
    analyze()
    sys.stdout.write(json.dumps({**sizes(), "seconds": round(added), "per_second": round(records / added)}) + "\n")


if __name__ == "__main__":
    main()
