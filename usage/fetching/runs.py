"""The life of a fetch run: asked for, queued, running, ended. Every step is one conditional UPDATE."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from intacct_usage.lib import clock
from intacct_usage.lib.disk import disk_problem
from intacct_usage.lib.plurals import part_of
from intacct_usage.lib.stored_secrets import unreadable_secrets, warning_about
from usage.fetching.needs import COMPANIES, CREDENTIALS, Need
from usage.models import ApiCredential, Company, CompanyFetch, FetchRun, QueryFilter
from usage.models.company import CompanyQuerySet
from usage.signals import fetch_run_finished

logger = logging.getLogger(__name__)

ALL_FILTERS = "All Filters"
NEEDED_SECRETS = ("usage.ApiCredential", "usage.OutboundProxy")
NOTHING_TO_RETRY = "No company of that run failed, or those that did are skipped or removed by now; nothing to retry."
NOTHING_LEFT = (
    "No company was left to fetch when the run began: all of them were skipped or left the list. "
    "Look at the companies under Configuration."
)
NONE_CHOSEN = "None of these companies may be queried: they are skipped or left the list. Nothing was started."


class RunRefusedError(Exception):
    """A run that cannot be asked for; `message` says what to do first, `message_for_commands` also by which command."""

    def __init__(self, message: str, *, for_commands: str = "") -> None:
        self.message = message
        self.message_for_commands = for_commands or message
        super().__init__(message)

    @classmethod
    def because_of(cls, need: Need) -> "RunRefusedError":
        return cls(need.sentence, for_commands=need.sentence_for_commands)


def ask_for_run(
    *,
    mode: str = FetchRun.Mode.INCREMENTAL,
    query_filter: QueryFilter | None = None,
    asked_by: str,
    keep_history: bool = False,
    lookback_days: int = 0,
    retry_of: FetchRun | None = None,
) -> FetchRun:
    """Queue a run. Raises RunRefusedError when there is nothing it could do."""
    if not ApiCredential.objects.exists():
        raise RunRefusedError.because_of(CREDENTIALS)
    unreadable = unreadable_secrets(NEEDED_SECRETS)
    if unreadable:
        raise RunRefusedError(warning_about(unreadable))
    if problem := disk_problem():
        raise RunRefusedError(problem)
    if not _scope(query_filter, retry_of).exists():
        raise _empty_scope(query_filter, retry_of)
    return FetchRun.objects.create(
        mode=mode,
        query_filter=query_filter,
        filter_name=query_filter.name if query_filter else ALL_FILTERS,
        asked_by=asked_by,
        keep_history=keep_history,
        lookback_days=lookback_days,
        retry_of=retry_of,
    )


def ask_for_run_of(companies: QuerySet[Company], *, asked_by: str) -> FetchRun:
    """Queue an incremental run over these companies alone. Raises RunRefusedError when none of them may be queried."""
    chosen = Company.objects.queryable().filter(pk__in=companies.order_by().values("pk"))
    names = dict(chosen.order_by("pk").values_list("pk", "intacct_id"))
    if not names:
        raise RunRefusedError(NONE_CHOSEN)
    with transaction.atomic():
        run = ask_for_run(asked_by=asked_by)
        run.company_ids = list(names)
        run.filter_name = next(iter(names.values())) if len(names) == 1 else f"{len(names):,} chosen companies"
        run.save(update_fields=["company_ids", "filter_name"])
    return run


def _scope(query_filter: QueryFilter | None, retry_of: FetchRun | None) -> CompanyQuerySet:
    companies = Company.objects.queryable().in_filter(query_filter)
    if retry_of is not None:
        unfinished = [CompanyFetch.Status.FAILED, CompanyFetch.Status.STOPPED]
        companies = companies.filter(fetches__run=retry_of, fetches__status__in=unfinished)
    return companies


def _empty_scope(query_filter: QueryFilter | None, retry_of: FetchRun | None) -> RunRefusedError:
    if retry_of is not None:
        return RunRefusedError(NOTHING_TO_RETRY)
    if query_filter is None or not Company.objects.listed().exists():
        return RunRefusedError.because_of(COMPANIES)
    return RunRefusedError(
        f"The filter “{query_filter.name}” matches no company that may be queried. "
        "Change the filter, or unskip a company under Configuration."
    )


def start_next_run() -> FetchRun | None:
    """Start the oldest queued run unless one is running; its companies are fixed now. Safe to call from anywhere."""
    queued = FetchRun.objects.filter(status=FetchRun.Status.QUEUED).order_by("pk")
    run = queued.first()
    if run is None or FetchRun.objects.running().exists():
        return None
    try:
        with transaction.atomic():
            started = queued.filter(pk=run.pk).update(status=FetchRun.Status.RUNNING, started_at=clock.now())
            if not started:
                return None
            companies = _scope(run.query_filter, run.retry_of)
            if run.company_ids:
                companies = companies.filter(pk__in=run.company_ids)
            fetches = [CompanyFetch(run=run, company=company) for company in companies.by_last_success().only("pk")]
            CompanyFetch.objects.bulk_create(fetches, batch_size=1000)
            FetchRun.objects.filter(pk=run.pk).update(companies_total=len(fetches))
    except IntegrityError:  # another process started a run in the same moment
        return None
    run.refresh_from_db()
    _log_run_start(run)
    return run


def _log_run_start(run: FetchRun) -> None:
    extra = {"run_id": run.pk}
    full = run.mode == FetchRun.Mode.FULL_REFRESH
    logger.info("Running query: %s (%s)", run.filter_name, "FULL REFRESH" if full else "INCREMENTAL", extra=extra)
    how = "FULL REFRESH (replace all existing data)" if full else "INCREMENTAL (top-up from last date)"
    logger.info("Mode: %s", how, extra=extra)


def request_stop(run: FetchRun, *, by: str) -> bool:
    """Ask a run to stop; a queued one never starts. False if it had ended or was being stopped already."""
    now = clock.now()
    asked = FetchRun.objects.filter(pk=run.pk, stop_requested_at=None)
    never_started = asked.filter(status=FetchRun.Status.QUEUED).update(
        status=FetchRun.Status.STOPPED,
        stop_requested_at=now,
        stop_requested_by=by,
        finished_at=now,
        message=f"Stopped by {by} before it started.",
    )
    if never_started:
        fetch_run_finished.send(sender=FetchRun, run_id=run.pk)
        return True
    return bool(asked.filter(status=FetchRun.Status.RUNNING).update(stop_requested_at=now, stop_requested_by=by))


def halt_run(run_id: int, *, reason: str) -> bool:
    """End a run because every further company would fail the same way; the first reason stands."""
    running = FetchRun.objects.filter(pk=run_id, status=FetchRun.Status.RUNNING, halted_at=None)
    halted = bool(running.update(halted_at=clock.now(), message=reason))
    if halted:
        logger.error("The run was ended: %s", reason, extra={"run_id": run_id})
    return halted


def finish_run(run_id: int) -> FetchRun | None:
    """End the run if nothing of it is open any more, or if it is to stop. Returns it to the one caller who ended it."""
    run = FetchRun.objects.running().filter(pk=run_id).first()
    if run is None:
        return None
    ending = run.stop_requested_at is not None or run.halted_at is not None
    fetches = CompanyFetch.objects.filter(run=run)
    if not ending and fetches.open().exists():
        return None
    now = clock.now()
    with transaction.atomic():
        won = FetchRun.objects.running().filter(pk=run_id).update(finished_at=now, status=FetchRun.Status.STOPPED)
        if not won:
            return None
        run.refresh_from_db()  # a stop that came since the look at the run counts
        left = fetches.open().update(
            status=CompanyFetch.Status.STOPPED, lease_token=F("lease_token") + 1, lease_until=None, finished_at=now
        )
        _store_outcome(run, left)
    run.refresh_from_db()
    level = logging.INFO if run.status == FetchRun.Status.SUCCESS else logging.WARNING
    logger.log(level, "Run %d ended: %s. %s", run.pk, run.get_status_display(), run.message, extra={"run_id": run.pk})
    fetch_run_finished.send(sender=FetchRun, run_id=run.pk)
    return run


@dataclass(frozen=True)
class _Counts:
    """Companies of an ended run. `left_out`: those that left the list meanwhile; they are not in `total`."""

    total: int
    done: int
    failed: int
    not_fetched: int
    left_out: int


def _store_outcome(run: FetchRun, not_fetched: int) -> None:
    found = CompanyFetch.objects.filter(run=run).aggregate(
        done=Count("pk", filter=Q(status=CompanyFetch.Status.DONE)),
        failed=Count("pk", filter=Q(status=CompanyFetch.Status.FAILED)),
        stopped=Count("pk", filter=Q(status=CompanyFetch.Status.STOPPED)),
        inserted=Coalesce(Sum("inserted"), Value(0)),
        requests=Coalesce(Sum("requests"), Value(0)),
    )
    left_out = found["stopped"] - not_fetched
    counts = _Counts(run.companies_total - left_out, found["done"], found["failed"], not_fetched, left_out)
    status, message = _outcome(run, counts)
    if left_out:
        message += f" {left_out} left the list meanwhile."
    FetchRun.objects.filter(pk=run.pk).update(
        status=status,
        message=message,
        companies_total=counts.total,
        companies_done=counts.done,
        companies_failed=counts.failed,
        records_inserted=found["inserted"],
        requests_sent=found["requests"],
    )


def _outcome(run: FetchRun, counts: _Counts) -> tuple[str, str]:
    total, done, failed = counts.total, counts.done, counts.failed
    if run.stop_requested_at is not None:
        return FetchRun.Status.STOPPED, (
            f"Stopped by {run.stop_requested_by}; {_companies(done, total)} fetched and kept."
        )
    if run.halted_at is not None and (counts.not_fetched or not done):
        untried = f"{_companies(counts.not_fetched, total)} not tried."
        return FetchRun.Status.ERROR, f"{run.message} {untried}".strip()
    if not total:
        return FetchRun.Status.ERROR, "No company was fetched." if counts.left_out else NOTHING_LEFT
    why = "failed. The Exceptions report says why."
    if failed and not done:
        return FetchRun.Status.ERROR, f"{'The company' if failed == 1 else f'All {failed:,} companies'} {why}"
    if failed:
        return FetchRun.Status.SUCCESS, f"{part_of(failed, total, 'company', 'companies')} {why}"
    return FetchRun.Status.SUCCESS, f"{_companies(done, total)} fetched."


def _companies(part: int, total: int) -> str:
    return part_of(part, total, "company was", "companies were")


def open_run_ids() -> Iterable[int]:
    return FetchRun.objects.open().values_list("pk", flat=True)
