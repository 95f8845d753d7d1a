"""Checks that what is stored agrees with itself: the rules that fetching must never break, held against the tables.

I1 to I6 are the names of the rules in docs/operations.md. Nothing is changed.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django.db.models import Count, ExpressionWrapper, F, Max, Min, Q, Sum
from django.db.models import DateTimeField as TimeColumn
from django.db.models.functions import Now

from intacct_usage.lib import clock
from usage.models import Company, CompanyDay, CompanyFetch, CompanyMonth, FetchRun, UsageRecord

LONG_OVER_SECONDS = 120

Counts = dict[tuple[date, int], tuple[int, int]]
"""Records and transactions by day (or first of the month) and sender."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. `where` names the company or the run."""

    rule: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.rule} {self.where}: {self.message}"


def check_data() -> Iterator[Finding]:
    """Everything that is wrong in the stored data, company by company; takes one pass over all records."""
    for check in CHECKS:
        yield from check()


def totals_equal_records() -> Iterator[Finding]:
    """I1: days and months say what the records say, by sender."""
    names = dict(Company.objects.values_list("pk", "intacct_id"))
    streams = _Streams()
    for company_id in sorted(names):
        records, days, months = streams.of(company_id)
        yield from _compare(names[company_id], "day", records, days)
        yield from _compare(names[company_id], "month", _by_month(records), months)


class _Streams:
    """Totals of records, days and months of one company after the other, without holding all in memory."""

    def __init__(self) -> None:
        records = (
            UsageRecord.objects.values_list("company_id", "created_on", "signature__sender_id")
            .annotate(records=Count("pk"), sum=Sum("transactions"))
            .order_by("company_id")
        )
        months = CompanyMonth.objects.values_list("company_id", "month", "sender_id", "records", "transactions")
        days = CompanyDay.objects.filter(records__gt=0).values_list("company_id", "day", "by_sender")
        self._records = _Stream(records.iterator(chunk_size=5000))
        self._months = _Stream(months.order_by("company_id").iterator(chunk_size=5000))
        self._days = _Stream(days.order_by("company_id").iterator(chunk_size=5000))

    def of(self, company_id: int) -> tuple[Counts, Counts, Counts]:
        """To be asked for companies in ascending order."""
        records = {(day, sender): (count, total) for _, day, sender, count, total in self._records.take(company_id)}
        months = {(day, sender): (count, total) for _, day, sender, count, total in self._months.take(company_id)}
        days = {
            (day, int(sender)): (counts[0], counts[1])
            for _, day, by_sender in self._days.take(company_id)
            for sender, counts in by_sender.items()
        }
        return records, days, months


class _Stream:
    """Rows that come ordered by their first column, taken key by key."""

    def __init__(self, rows: Iterable[tuple[Any, ...]]) -> None:  # Any: columns of several tables
        self._groups = groupby(rows, key=lambda row: row[0])
        self._next = next(self._groups, None)

    def take(self, key: int) -> list[tuple[Any, ...]]:  # Any: columns of several tables
        if self._next is None or self._next[0] != key:
            return []
        rows = list(self._next[1])
        self._next = next(self._groups, None)
        return rows


def _by_month(counts: Counts) -> Counts:
    months: Counts = {}
    for (day, sender), (records, transactions) in counts.items():
        key = (day.replace(day=1), sender)
        before = months.get(key, (0, 0))
        months[key] = (before[0] + records, before[1] + transactions)
    return months


def _compare(name: str, what: str, true: Counts, kept: Counts) -> Iterator[Finding]:
    for key in sorted(true.keys() | kept.keys()):
        real, said = true.get(key, (0, 0)), kept.get(key, (0, 0))
        if real != said:
            message = (
                f"the {what} {key[0]} says {said[0]} records and {said[1]} transactions, "
                f"the records are {real[0]} with {real[1]}"
            )
            yield Finding("I1", name, message)


def day_totals_add_up() -> Iterator[Finding]:
    """I1: a day's own total is the sum over its senders."""
    for day in CompanyDay.objects.select_related("company").iterator(chunk_size=5000):
        counts = list(day.by_sender.values())
        sums = (sum(count[0] for count in counts), sum(count[1] for count in counts))
        if (day.records, day.transactions) != sums:
            message = (
                f"the day {day.day} says {day.records} records and {day.transactions} transactions, its senders {sums}"
            )
            yield Finding("I1", day.company.intacct_id, message)


def done_fetches_are_complete() -> Iterator[Finding]:
    """I2: what was inserted is what Intacct said there is."""
    done = CompanyFetch.objects.filter(status=CompanyFetch.Status.DONE).select_related("company")
    for fetch in done.filter(~Q(inserted=F("expected")) | ~Q(fetched=F("expected")) | Q(expected=None)):
        message = (
            f"run {fetch.run_id} expected {fetch.expected}, read {fetch.fetched} and stored {fetch.inserted} records"
        )
        yield Finding("I2", fetch.company.intacct_id, message)


def no_record_twice() -> Iterator[Finding]:
    """I3."""
    twice = UsageRecord.objects.values("company__intacct_id", "record_no").annotate(count=Count("pk"))
    for row in twice.filter(count__gt=1):
        yield Finding("I3", row["company__intacct_id"], f"the record {row['record_no']} is stored {row['count']} times")


def days_without_gaps() -> Iterator[Finding]:
    """I5: every day before the next fetch's start was read, or is known to be lost."""
    spans = CompanyDay.objects.values("company_id", "company__intacct_id").annotate(
        first=Min("day"), last=Max("day"), days=Count("pk"), newest=Max("day", filter=Q(records__gt=0))
    )
    for span in spans:
        wanted = (span["last"] - span["first"]).days + 1
        if span["days"] != wanted:
            message = f"{wanted - span['days']} days between {span['first']} and {span['last']} are not accounted for"
            yield Finding("I5", span["company__intacct_id"], message)
    unread = CompanyDay.objects.unsettled().filter(state=CompanyDay.State.FAILED).select_related("company")
    newest = {span["company_id"]: span["newest"] for span in spans}
    for day in unread:
        start = newest.get(day.company_id)
        if start is not None and day.day < start:
            message = f"{day.day} was never read, and the next fetch starts on {start}"
            yield Finding("I5", day.company.intacct_id, message)
    yield from _days_never_settled(newest)


def _days_never_settled(newest: dict[int, date | None]) -> Iterator[Finding]:
    """Days that would be called unfinished for ever, because the next fetch begins after them."""
    for day in CompanyDay.objects.unsettled().filter(state=CompanyDay.State.PROVISIONAL).select_related("company"):
        start, fetched_at = newest.get(day.company_id), day.company.last_success_at
        if start is not None and fetched_at is not None and day.day < start <= clock.utc_day(fetched_at):
            message = f"{day.day} is marked as not over, and the next fetch starts on {start}"
            yield Finding("I5", day.company.intacct_id, message)


def ended_runs_are_over() -> Iterator[Finding]:
    """I6: no company of an ended run is still waiting or being fetched, and the run counts what there is."""
    left = CompanyFetch.objects.open().exclude(run__status__in=FetchRun.OPEN_STATUSES).select_related("company")
    for fetch in left:
        message = f"is still “{fetch.get_status_display()}” in run {fetch.run_id}, which has ended"
        yield Finding("I6", fetch.company.intacct_id, message)
    counted = FetchRun.objects.exclude(status__in=FetchRun.OPEN_STATUSES).annotate(
        real_done=Count("company_fetches", filter=Q(company_fetches__status=CompanyFetch.Status.DONE)),
        real_failed=Count("company_fetches", filter=Q(company_fetches__status=CompanyFetch.Status.FAILED)),
    )
    wrong = counted.exclude(real_done=F("companies_done"), real_failed=F("companies_failed"))
    for number, *counts in wrong.values_list("pk", "companies_done", "companies_failed", "real_done", "real_failed"):
        message = "says {} done and {} failed, there are {} and {}".format(*counts)
        yield Finding("I6", f"Run {number}", message)
    in_part = counted.filter(status=FetchRun.Status.SUCCESS).exclude(
        companies_total=F("companies_done") + F("companies_failed")
    )
    for run in in_part:
        tried = run.companies_done + run.companies_failed
        yield Finding("I6", str(run), f"is a success with {tried} of {run.companies_total} companies")


def no_lease_is_long_over() -> Iterator[Finding]:
    """I6: nothing is shown as being fetched long after its worker died."""
    limit = ExpressionWrapper(Now() - timedelta(seconds=LONG_OVER_SECONDS), output_field=TimeColumn())
    stale = CompanyFetch.objects.filter(status=CompanyFetch.Status.RUNNING)
    for fetch in stale.filter(Q(lease_until=None) | Q(lease_until__lt=limit)).select_related("company"):
        message = f"is being fetched in run {fetch.run_id} by nobody; is a worker running?"
        yield Finding("I6", fetch.company.intacct_id, message)


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    totals_equal_records,
    day_totals_add_up,
    done_fetches_are_complete,
    no_record_twice,
    days_without_gaps,
    ended_runs_are_over,
    no_lease_is_long_over,
)
