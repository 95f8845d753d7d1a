"""Rows for tests, made by plain functions; what a test does not name gets a harmless value.

Records and totals stay consistent: `make_records` writes the company's days and months as fetching would.
"""

import hashlib
import itertools
from collections.abc import Sequence
from datetime import UTC, date, datetime, time

from usage.models import CallSignature, Company, CompanyDay, CompanyMonth, QueryFilter, Sender, UsageRecord

_numbers = itertools.count(1)
SIGNATURE_TEXTS = ("user", "client_type", "function", "status", "policy_id", "dtd_version")


def make_filter(name: str = "", value: str = "", **fields: object) -> QueryFilter:
    """A prefix filter; its companies are given to `make_company`, nothing is grouped here."""
    number = next(_numbers)
    return QueryFilter.objects.create(name=name or f"Filter {number}", value=value or f"F{number}_", **fields)


def make_company(intacct_id: str = "", **fields: object) -> Company:
    """A listed company that was fetched well; pass `health`, `skipped_at`, `removed_at`, … for another one."""
    fields.setdefault("health", Company.Health.HEALTHY)
    return Company.objects.create(intacct_id=intacct_id or f"Company_{next(_numbers):04}", **fields)


def make_failing_company(intacct_id: str = "", **fields: object) -> Company:
    """A company whose last three fetches Intacct refused."""
    refusal = {
        "health": Company.Health.FAILING,
        "error_family": "user_credentials",
        "error_number": "XL03000006",
        "error_text": "Sign-in information is incorrect.",
        "failing_since": datetime(2026, 2, 1, 2, 30, tzinfo=UTC),
        "last_attempt_at": datetime(2026, 2, 3, 2, 30, tzinfo=UTC),
        "consecutive_failures": 3,
    }
    return make_company(intacct_id, **{**refusal, **fields})


def make_sender(sender_id: str = "partner-1") -> Sender:
    """The sender of this ID, made on first use."""
    return Sender.objects.get_or_create(sender_id=sender_id)[0]


def make_signature(sender_id: str = "partner-1", **texts: str) -> CallSignature:
    """The signature of these texts, made on first use."""
    values = {"user": "xmluser", "client_type": "XMLGW", "function": "readByQuery", "status": "success"} | texts
    values = {name: values.get(name, "") for name in SIGNATURE_TEXTS}
    material = "\x1f".join([sender_id, *values.values()]).encode()
    fingerprint = hashlib.blake2b(material, digest_size=16).hexdigest()
    return CallSignature.objects.get_or_create(
        fingerprint=fingerprint, defaults={"sender": make_sender(sender_id), **values}
    )[0]


def make_record(company: Company, day: date = date(2026, 1, 15), **fields: object) -> UsageRecord:
    """One record of that day, at noon by Intacct's clock; totals are kept."""
    return make_records(company, day, 1, **fields)[0]


def make_records(company: Company, day: date, count: int, **fields: object) -> list[UsageRecord]:
    """So many alike records of one day (one transaction each unless told), with the totals they change."""
    fields.setdefault("signature", make_signature())
    fields.setdefault("transactions", 1)
    fields.setdefault("created_time", datetime.combine(day, time(12), tzinfo=UTC))
    numbered = "record_no" in fields
    records = [
        UsageRecord(
            company=company, created_on=day, **({} if numbered else {"record_no": str(next(_numbers))}), **fields
        )
        for _ in range(count)
    ]
    records = UsageRecord.objects.bulk_create(records)
    add_totals(records)
    return records


def add_totals(records: Sequence[UsageRecord]) -> None:
    """Add records that were just stored to the totals of their days and months."""
    for record in records:
        sender = record.signature.sender
        day, _ = CompanyDay.objects.get_or_create(
            company=record.company, day=record.created_on, defaults={"state": CompanyDay.State.FETCHED}
        )
        counted, made = day.by_sender.get(str(sender.pk), (0, 0))
        day.by_sender[str(sender.pk)] = [counted + 1, made + record.transactions]
        day.records += 1
        day.transactions += record.transactions
        day.save()
        month, _ = CompanyMonth.objects.get_or_create(
            company=record.company,
            month=record.created_on.replace(day=1),
            sender=sender,
            defaults={"records": 0, "transactions": 0},
        )
        month.records += 1
        month.transactions += record.transactions
        month.save()
