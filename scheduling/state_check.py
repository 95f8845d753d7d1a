"""Checks the rules about schedules, occurrences and mails: I6, I8 and I9, held against the tables."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Q

from notifications.models import OutgoingEmail
from scheduling.database_clock import database_now
from scheduling.models import Occurrence, Schedule, WorkerBeat
from usage.fetching.claims import in_work
from usage.models import FetchRun
from usage.records.data_check import LONG_OVER_SECONDS, Finding


def check_states() -> Iterator[Finding]:
    limit = database_now() - timedelta(seconds=LONG_OVER_SECONDS)
    yield from _occurrences(limit)
    yield from _runs(limit)
    yield from _mails(limit)
    for schedule in Schedule.objects.enabled().filter(next_run_at__lt=limit):
        yield Finding(
            "I6", str(schedule), f"was due at {schedule.next_run_at:%Y-%m-%d %H:%M} UTC; is a worker running?"
        )


def _occurrences(limit: datetime) -> Iterator[Finding]:
    fetching = Occurrence.objects.filter(state=Occurrence.State.FETCHING).exclude(
        run__status__in=FetchRun.OPEN_STATUSES
    )
    for occurrence in fetching.filter(Q(run=None) | Q(run__finished_at__lt=limit)):
        yield Finding("I6", str(occurrence), "is still fetching although its run has ended; is a worker running?")
    reporting = Occurrence.objects.filter(state=Occurrence.State.REPORTING, lease_until__lt=limit)
    for occurrence in reporting:
        yield Finding("I6", str(occurrence), "has its reports made by nobody; is a worker running?")
    doubled = Occurrence.objects.exclude(schedule=None).values("schedule__name", "due_at").annotate(count=Count("pk"))
    for row in doubled.filter(count__gt=1):
        yield Finding("I8", row["schedule__name"], f"{row['due_at']:%Y-%m-%d %H:%M} UTC is there {row['count']} times")
    wrong = Occurrence.objects.filter(state=Occurrence.State.SUCCESS, run__isnull=False)
    for occurrence in wrong.exclude(run__status=FetchRun.Status.SUCCESS).select_related("run"):
        status = occurrence.run.get_status_display() if occurrence.run else "gone"
        yield Finding("I6", str(occurrence), f"is a success, but its run ended as “{status}”")


def _runs(limit: datetime) -> Iterator[Finding]:
    if WorkerBeat.objects.alive().exists():
        return
    for run in FetchRun.objects.running().filter(started_at__lt=limit):
        if not in_work(run).exists():
            yield Finding("I6", str(run), "is running and nobody works on it; is a worker running?")


def _mails(limit: datetime) -> Iterator[Finding]:
    for email in OutgoingEmail.objects.filter(state=OutgoingEmail.State.SENDING, lease_until__lt=limit):
        yield Finding("I6", str(email), "is being sent by nobody; is a worker running?")
    doubled = (
        Occurrence.objects.filter(emails__kind=OutgoingEmail.Kind.REPORT, emails__resend_of=None)
        .values("pk", "emails__configuration_name")
        .annotate(count=Count("emails"))
    )
    for row in doubled.filter(count__gt=1):
        where = f"occurrence {row['pk']}"
        yield Finding("I9", where, f"“{row['emails__configuration_name']}” has {row['count']} mails of it")
