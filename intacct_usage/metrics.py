"""What a monitoring system asks: is everything running, when did what last succeed, what failed, how old is the data.

A scrape costs the same number of queries however many companies and schedules there are. Nothing here is kept between
scrapes: each figure is read from the tables, so several web processes answer alike.
"""

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime, time
from hmac import compare_digest
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, OuterRef, Q, Subquery, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from django_q.models import OrmQ

from intacct_usage.context import last_success_at
from intacct_usage.lib.exposition import CONTENT_TYPE, Metric, Sample, exposition
from intacct_usage.lib.redaction import register_secret
from intacct_usage.lib.version import application_version
from notifications.models import EmailConfiguration, OutgoingEmail
from scheduling.database_clock import database_now
from scheduling.models import DispatchClock, Occurrence, Schedule, WorkerBeat
from scheduling.models.worker_beat import ALIVE_SECONDS
from usage.models import Company, CompanyMonth, FetchRun
from usage.models.company import STALE_AFTER

MOST_LABELS = 200
"""Schedules and email configurations with figures of their own; each label value is a time series to keep."""
PREFIX = "intacct_usage_"


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures for whoever holds METRICS_TOKEN; without one in the settings there is no such page."""
    if not settings.METRICS_TOKEN:
        raise Http404
    register_secret(settings.METRICS_TOKEN)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode()):
        return HttpResponse(
            "A token is needed.\n", "text/plain; charset=utf-8", status=401, headers={"WWW-Authenticate": "Bearer"}
        )
    return HttpResponse(exposition(collect()), content_type=CONTENT_TYPE)


def collect() -> list[Metric]:
    now = database_now()
    return [
        _gauge("info", "The version that answers.", [Sample(1, {"version": application_version()})]),
        *_worker(now),
        *_runs(now),
        *_schedules(),
        *_companies(now),
        *_mail(),
        _gauge("usage_records", "API usage records stored.", _single(_stored_records())),
        _gauge(
            "disk_free_bytes",
            "Free space where the data directory is.",
            _single(shutil.disk_usage(settings.DATA_DIR).free),
        ),
    ]


def _gauge(name: str, meaning: str, samples: Iterable[Sample]) -> Metric:
    return Metric(PREFIX + name, meaning, tuple(samples))


def _single(value: float | None) -> list[Sample]:
    return [] if value is None else [Sample(value)]


def _worker(now: datetime) -> list[Metric]:
    beats = list(WorkerBeat.objects.filter(ended_at=None).order_by("-beat_at")[:MOST_LABELS])
    ages = [_age(beat.beat_at, now) for beat in beats]
    ticked = DispatchClock.current()
    alive = sum(age <= ALIVE_SECONDS for age in ages)
    return [
        _gauge("workers_alive", "Workers with a sign of life in the last 30 s.", _single(alive)),
        _gauge("worker_beat_age_seconds", "Age of the latest sign of life of any worker.", map(Sample, ages[:1])),
        _gauge(
            "worker_restarts",
            "How often the clusters of the workers alive had to be started anew.",
            _single(sum(beat.restarts for beat in beats[:alive])),
        ),
        _gauge(
            "last_tick_age_seconds",
            "How long ago schedules were last looked at (written every 30 s).",
            _single(_age(ticked.seen_at, now) if ticked else None),
        ),
        _gauge("queue_tasks", "Tasks that wait in the worker's queue.", _single(OrmQ.objects.count())),
    ]


def _runs(now: datetime) -> list[Metric]:
    counts = dict(FetchRun.objects.order_by().values_list("status").annotate(Count("pk")))
    running = FetchRun.objects.running().first()
    last = FetchRun.objects.exclude(finished_at=None).first()
    last_success = last_success_at()
    return [
        _gauge(
            "fetch_runs",
            "Fetch runs by status, since the installation was made.",
            [Sample(counts.get(status.value, 0), {"status": status.value}) for status in FetchRun.Status],
        ),
        _gauge(
            "running_fetch_age_seconds",
            "How long the running fetch has been at work; absent when none runs.",
            _single(_age(running.started_at, now) if running and running.started_at else None),
        ),
        _gauge("last_fetch_duration_seconds", "Length of the last fetch that ended.", _single(_duration(last))),
        _gauge(
            "last_fetch_companies_failed",
            "Companies that failed in the last fetch that ended.",
            _single(last.companies_failed if last else None),
        ),
        _gauge(
            "data_age_seconds",
            "Since the last fetch that ended well; absent before the first.",
            _single(_age(last_success, now) if last_success else None),
        ),
    ]


class _Outcome(NamedTuple):
    """A schedule and how it does, in the order in which the query below names them."""

    name: str
    enabled: bool
    next_run_at: datetime | None
    succeeded_at: datetime | None
    last_state: str | None
    started_at: datetime | None
    finished_at: datetime | None
    companies_failed: int | None


def _schedules() -> list[Metric]:
    rows = _outcomes()
    ended = [row for row in rows if row.last_state]
    return [
        _gauge(
            "schedules", "Schedules in all; the first 200 have figures of their own.", _single(Schedule.objects.count())
        ),
        _gauge("schedule_enabled", "1 if the schedule is enabled.", _by_name((row.name, row.enabled) for row in rows)),
        _gauge(
            "schedule_next_run_timestamp_seconds",
            "When the schedule is due next.",
            _by_name((row.name, row.next_run_at.timestamp()) for row in rows if row.next_run_at),
        ),
        _gauge(
            "schedule_last_success_timestamp_seconds",
            "When the schedule last ended well; absent before the first time.",
            _by_name((row.name, row.succeeded_at.timestamp()) for row in rows if row.succeeded_at),
        ),
        _gauge(
            "schedule_last_run_ok",
            "1 if the schedule's last run ended well, 0 if it failed, was missed or stopped.",
            _by_name((row.name, row.last_state == Occurrence.State.SUCCESS) for row in ended),
        ),
        _gauge(
            "schedule_last_run_duration_seconds",
            "Length of the last fetch of the schedule.",
            _by_name(
                (row.name, (row.finished_at - row.started_at).total_seconds())
                for row in rows
                if row.started_at and row.finished_at
            ),
        ),
        _gauge(
            "schedule_last_run_companies_failed",
            "Companies that failed in the last fetch of the schedule.",
            _by_name((row.name, row.companies_failed) for row in rows if row.companies_failed is not None),
        ),
    ]


def _outcomes() -> list[_Outcome]:
    """One query; each look-up walks the schedule's occurrences from the newest, along their index."""
    mine = Occurrence.objects.filter(schedule=OuterRef("pk")).order_by("-id")
    ended = mine.ran().exclude(state__in=Occurrence.OPEN_STATES)
    fetched = mine.filter(run__finished_at__isnull=False)
    rows = Schedule.objects.order_by("pk").values_list(
        "name",
        "enabled",
        "next_run_at",
        Subquery(mine.filter(state=Occurrence.State.SUCCESS).values("finished_at")[:1]),
        Subquery(ended.values("state")[:1]),
        Subquery(fetched.values("run__started_at")[:1]),
        Subquery(fetched.values("run__finished_at")[:1]),
        Subquery(fetched.values("run__companies_failed")[:1]),
    )
    return [_Outcome(*row) for row in rows[:MOST_LABELS]]


def _companies(now: datetime) -> list[Metric]:
    queried = Q(skipped_at=None)
    counts = Company.objects.listed().aggregate(
        listed=Count("pk"),
        skipped=Count("pk", filter=~queried),
        failing=Count("pk", filter=queried & Q(health=Company.Health.FAILING)),
        never_fetched=Count("pk", filter=queried & Q(health=Company.Health.UNKNOWN)),
        stale=Count("pk", filter=queried & Q(last_success_at__lt=now - STALE_AFTER)),
    )
    return [
        _gauge(
            "companies",
            "Companies by state; listed holds all others, stale means not fetched well for 36 hours.",
            [Sample(count, {"state": state}) for state, count in counts.items()],
        )
    ]


def _mail() -> list[Metric]:
    mails = OutgoingEmail.objects.exclude(kind=OutgoingEmail.Kind.TEST).order_by()
    counts = dict(mails.values_list("state").annotate(Count("pk")))
    secrets = EmailConfiguration.objects.exclude(secret_expires_on=None).order_by("pk")[:MOST_LABELS]
    return [
        _gauge(
            "deliveries",
            "Report and alert mails by state, since the installation was made; unknown may have been sent.",
            [Sample(counts.get(state.value, 0), {"state": state.value}) for state in OutgoingEmail.State],
        ),
        _gauge(
            "email_secret_expiry_timestamp_seconds",
            "When the client secret of an email configuration expires.",
            [
                Sample(datetime.combine(expires, time(), UTC).timestamp(), {"configuration": name})
                for name, expires in secrets.values_list("name", "secret_expires_on")
                if expires is not None
            ],
        ),
    ]


def _stored_records() -> int:
    found: int = CompanyMonth.objects.aggregate(stored=Sum("records", default=0))["stored"]
    return found


def _by_name(values: Iterable[tuple[str, float]]) -> list[Sample]:
    return [Sample(value, {"schedule": name}) for name, value in values]


def _age(moment: datetime, now: datetime) -> float:
    """Never negative: clocks of several machines differ a little."""
    return max(0.0, (now - moment).total_seconds())


def _duration(run: FetchRun | None) -> float | None:
    if run is None or run.started_at is None or run.finished_at is None:
        return None
    return (run.finished_at - run.started_at).total_seconds()
