"""How far a fetch run has come, for pages, the command line and `/runs/<id>/status.json`."""

from datetime import datetime
from typing import TypedDict

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from intacct_usage.lib import clock
from usage.fetching.claims import in_work
from usage.models import CompanyFetch, FetchRun

MOST_CURRENT = 20
FEWEST_FOR_AN_ESTIMATE = 3
WAITING_FOR_A_WORKER = "waiting for a worker"


class RunProgress(TypedDict):
    """JSON-ready; times are ISO texts in UTC, `None` where there is none (yet).

    `done` counts companies that were fetched, `failed` those that were not, `total` all of the run. `current` are the
    IDs of companies being fetched now, `current_count` how many there are. `estimate_seconds` is the time left,
    judged by the companies so far.
    """

    run: int
    status: str
    status_label: str
    sub_state: str
    is_open: bool
    message: str
    done: int
    failed: int
    total: int
    current: list[str]
    current_count: int
    records: int
    asked_at: str
    started_at: str | None
    finished_at: str | None
    elapsed_seconds: int
    estimate_seconds: int | None


def run_progress(run: FetchRun) -> RunProgress:
    """Two or three queries, whatever the number of companies. `run` must be as it is stored now."""
    counts = CompanyFetch.objects.filter(run=run).aggregate(
        done=Count("pk", filter=Q(status=CompanyFetch.Status.DONE)),
        failed=Count("pk", filter=Q(status=CompanyFetch.Status.FAILED)),
        records=Coalesce(Sum("inserted"), 0),
    )
    current = list(in_work(run).order_by("started_at", "pk").values_list("company__intacct_id", flat=True))
    elapsed, tried = _elapsed_seconds(run), counts["done"] + counts["failed"]
    return RunProgress(
        run=run.pk,
        status=run.status,
        status_label=run.get_status_display(),
        sub_state=sub_state(run) or (WAITING_FOR_A_WORKER if _is_left_alone(run, tried, current) else ""),
        is_open=run.status in FetchRun.OPEN_STATUSES,
        message=run.message,
        done=counts["done"],
        failed=counts["failed"],
        total=run.companies_total,
        current=current[:MOST_CURRENT],
        current_count=len(current),
        records=counts["records"],
        asked_at=run.asked_at.isoformat(),
        started_at=_text(run.started_at),
        finished_at=_text(run.finished_at),
        elapsed_seconds=elapsed,
        estimate_seconds=_estimate(run, tried, elapsed),
    )


def _is_left_alone(run: FetchRun, tried: int, current: list[str]) -> bool:
    """Nobody has a company of a run that goes on: its worker died, or the next one is about to take it."""
    return run.status == FetchRun.Status.RUNNING and tried < run.companies_total and not current


def sub_state(run: FetchRun) -> str:
    """What the status alone does not say, in a few words; often nothing."""
    if run.status == FetchRun.Status.QUEUED:
        ahead = FetchRun.objects.open().filter(pk__lt=run.pk).order_by("-pk").first()
        return f"queued behind run {ahead.pk}" if ahead else "queued"
    if run.status == FetchRun.Status.RUNNING:
        if run.stop_requested_at:
            return "stopping"
        return "ending" if run.halted_at else ""
    return run.failures_in_words if run.status == FetchRun.Status.SUCCESS else ""


def _elapsed_seconds(run: FetchRun) -> int:
    if run.started_at is None:
        return 0
    return max(0, round(((run.finished_at or clock.now()) - run.started_at).total_seconds()))


def _estimate(run: FetchRun, tried: int, elapsed: int) -> int | None:
    """Seconds left while it runs; None while there is too little to judge by."""
    if run.status != FetchRun.Status.RUNNING or run.stop_requested_at or tried < FEWEST_FOR_AN_ESTIMATE:
        return None
    return round(elapsed * (run.companies_total - tried) / tried)


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
