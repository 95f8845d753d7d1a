"""Removes companies with their data, and brings both back: what is removed waits in the archive for 90 days."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import connection
from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Sum

from intacct_usage.audit.models import Action
from intacct_usage.audit.recording import Change, record
from intacct_usage.lib import clock
from intacct_usage.lib.plurals import counted
from usage.companies.actions import CompanyActionError
from usage.list_lock import company_list_lock
from usage.models import ArchivedUsageRecord, Company, CompanyDay, CompanyMonth, FetchRun, UsageRecord
from usage.records.archive import COPIED_COLUMNS, copy_to_archive
from usage.records.totals import rebuild_totals
from usage.records.windows import days_between, newest_possible_day, oldest_kept_day

logger = logging.getLogger(__name__)

RESTORABLE_DAYS: Final = 90
MOST_AT_ONCE: Final = (200, 20_000)
"""Companies and records that are removed or brought back while somebody waits for the page; more is the worker's."""
_NEVER_FETCHED: Final[dict[str, object]] = {
    "missing_since": None,
    "health": Company.Health.UNKNOWN,
    "last_success_at": None,
    "last_attempt_at": None,
    "failing_since": None,
    "consecutive_failures": 0,
    "error_family": "",
    "error_number": "",
    "error_text": "",
    "unreadable_fields": [],
    "unreadable_since": None,
    "fields_refused_at": None,
}

Progress = Callable[[int, int], None]
"""Called with the companies done and their total."""


@dataclass(frozen=True)
class Consequences:
    """What removing companies with their data would take away.

    `expired_days` are days of a company (with `expired_records` records) that Intacct may no longer hold: perhaps
    nothing but the archive could bring them back.
    """

    companies: int
    records: int
    expired_days: int
    expired_records: int

    @property
    def is_large(self) -> bool:
        return is_too_much_to_wait_for(self.companies, self.records)


@dataclass(frozen=True)
class Removal:
    """What was removed. `restore_removed(removal.started_at)` brings it back within 90 days."""

    companies: int
    records: int
    started_at: datetime

    @property
    def said(self) -> str:
        return f"Removed {counted(self.companies, 'company', 'companies')} and {counted(self.records, 'record')}."


def is_too_much_to_wait_for(companies: int, records: int) -> bool:
    return companies > MOST_AT_ONCE[0] or records > MOST_AT_ONCE[1]


def consequences(companies: QuerySet[Company]) -> Consequences:
    """Count what `remove_with_data` would remove now."""
    expired = Q(day__lt=oldest_kept_day(clock.now()), records__gt=0)
    days = CompanyDay.objects.filter(company__in=companies.order_by().values("pk"))
    counts = days.aggregate(
        total=Sum("records"), expired_days=Count("pk", filter=expired), expired_total=Sum("records", filter=expired)
    )
    return Consequences(
        companies=companies.count(),
        records=counts["total"] or 0,
        expired_days=counts["expired_days"],
        expired_records=counts["expired_total"] or 0,
    )


def everything() -> QuerySet[Company]:
    """What Clear All removes: the listed companies, and those that left the list but still have records."""
    has_records = Exists(CompanyDay.objects.filter(company=OuterRef("pk")))
    return Company.objects.filter(Q(removed_at=None) | has_records)


def remove_with_data(companies: QuerySet[Company], *, by: str, on_progress: Progress | None = None) -> Removal:
    """Move the companies' records into the archive and take the companies off the list, one transaction each.

    Safe to repeat: what an interrupted removal left is removed by the next. Raises CompanyActionError while a run is
    queued or running; companies removed before that stay removed.
    """
    return _remove(companies, ArchivedUsageRecord.Reason.REMOVED.value, by, on_progress)


def clear_all(*, by: str, on_progress: Progress | None = None) -> Removal:
    """Remove all companies and data, as `remove_with_data` does."""
    return _remove(everything(), ArchivedUsageRecord.Reason.CLEARED.value, by, on_progress)


def restore_archived(
    company: Company,
    archived_since: datetime,
    *,
    archived_until: datetime | None = None,
    reasons: Sequence[str] = ArchivedUsageRecord.Reason.values,
) -> int:
    """Bring back the records that left within that time (at most 90 days ago) for these reasons; returns how many.

    A company that left the list within that time is where it was before: listed, unless it had left the list earlier.
    Records that are stored again already stay as they are; of several archived copies the newest comes back. Totals
    are rebuilt in the same transaction. Safe to repeat. Raises CompanyActionError while a run is queued or running.
    """
    since = max(archived_since, clock.now() - timedelta(days=RESTORABLE_DAYS))
    until = archived_until or clock.now()
    with company_list_lock():
        refuse_during_run("Data can be restored")
        archived = ArchivedUsageRecord.objects.filter(
            company=company, reason__in=reasons, archived_at__range=(since, until)
        )
        stored = UsageRecord.objects.filter(company=company, record_no=OuterRef("record_no"))
        newest = archived.order_by().values("record_no").annotate(newest=Max("pk")).values("newest")
        chosen = archived.filter(~Exists(stored), pk__in=newest)
        span = chosen.aggregate(first=Min("created_on"), last=Max("created_on"))
        restored = _copy_back(chosen)
        same = {name: OuterRef(name) for name in ("created_on", "transactions", "signature")}
        archived.filter(Exists(stored.filter(**same))).delete()
        left_then = Company.objects.filter(pk=company.pk, removed_at__range=(archived_since, until))
        left_then.update(removed_at=F("removed_before"), removed_before=None)
        if restored:
            rebuild_totals(company, span["first"])
            _account_for_days(company, span["first"], span["last"])
        change = Change(after={"records": restored})
        record(None, Action.DATA_RESTORED, target=f"Company {company.intacct_id}", change=change)
    extra = {"company_id": company.pk, "company": company.intacct_id}
    logger.info("[%s] Restored %d records from the archive", company, restored, extra=extra)
    return restored


def restore_removed(removed_since: datetime) -> Removal:
    """Undo removals since then: companies are where they were before, with their data. Raises as `restore_archived`."""
    companies = list(Company.objects.filter(removed_at__gte=removed_since).order_by("pk"))
    records = sum(restore_archived(company, removed_since) for company in companies)
    return Removal(len(companies), records, removed_since)


def _account_for_days(company: Company, first: date, last: date) -> None:
    """Give a state to the days between the company's first and last that have none: nothing is known of them.

    Between the restored records from `first` to `last` they were read then and had no records. Of the others, those
    after the newest record are read by the next fetch; those before it are read by none, so they are lost. Records
    dated in the future count for nothing here.
    """
    states, limit = CompanyDay.State, newest_possible_day(clock.now())
    known = dict(CompanyDay.objects.filter(company=company).values_list("day", "records"))
    newest = max((day for day, records in known.items() if records and day <= limit), default=first)
    unknown = [day for day in days_between(min(known), min(max(known), limit)) if day not in known]
    CompanyDay.objects.bulk_create(
        CompanyDay(
            company=company,
            day=day,
            state=states.EMPTY if first <= day <= last else states.FAILED if day > newest else states.LOST,
        )
        for day in unknown
    )


def _remove(companies: QuerySet[Company], reason: str, by: str, on_progress: Progress | None) -> Removal:
    started_at = clock.now()
    pks = list(companies.order_by("pk").values_list("pk", flat=True))
    records = 0
    for done, pk in enumerate(pks, start=1):
        with company_list_lock():
            refuse_during_run("Data can be removed")
            records += _remove_one(pk, reason, by)
        if on_progress is not None:
            on_progress(done, len(pks))
    taken = counted(len(pks), "company was", "companies were")
    logger.warning("%s removed with %s by %s.", taken, counted(records, "record"), by)
    return Removal(len(pks), records, started_at)


def _remove_one(pk: int, reason: str, by: str) -> int:
    now = clock.now()
    # First, so that a fetch that is just starting waits for this row and then finds the company gone.
    Company.objects.filter(pk=pk).update(removed_before=F("removed_at"), removed_at=now, **_NEVER_FETCHED)
    records = UsageRecord.objects.filter(company=pk)
    copied = copy_to_archive(records, reason=reason, now=now)
    records.delete()
    CompanyDay.objects.filter(company=pk).delete()
    CompanyMonth.objects.filter(company=pk).delete()
    company_id = Company.objects.values_list("intacct_id", flat=True).get(pk=pk)
    record(by, Action.DATA_REMOVED, target=f"Company {company_id}", change=Change({"records": copied}), reason=reason)
    return copied


def refuse_during_run(what: str) -> None:
    """Raise CompanyActionError while a run is queued or running; `what` begins the sentence (“Data can be removed”)."""
    run = FetchRun.objects.open().order_by("pk").first()
    if run is not None:
        state = "still going" if run.status == FetchRun.Status.RUNNING else "queued"
        raise CompanyActionError(f"{run} is {state}. {what} when no run is; stop the run or wait for its end.")


def _copy_back(archived: QuerySet[ArchivedUsageRecord]) -> int:
    """`INSERT … SELECT` of archived records into the live table; returns how many."""
    chosen, parameters = archived.order_by().values("pk").query.sql_with_params()
    target = connection.ops.quote_name(UsageRecord._meta.db_table)
    source = connection.ops.quote_name(ArchivedUsageRecord._meta.db_table)
    statement = (
        f"INSERT INTO {target} ({COPIED_COLUMNS}) "  # noqa: S608 - our own names only
        f"SELECT {COPIED_COLUMNS} FROM {source} WHERE id IN ({chosen})"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)
