"""Who works on which company of a run: claims under a lease, renewed while the work goes on.

Leases are measured by the database's clock, so that hosts with wrong clocks agree. A claim raises the fencing token;
whoever holds an older one can write nothing any more.
"""

import logging
import threading
from collections.abc import Callable, Collection
from datetime import date, datetime

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import F, Value
from django.db.models.functions import Coalesce, Now

from intacct_usage.lib import clock
from intacct_usage.lib.leases import database_time_in
from usage.fetching import claim_sql
from usage.fetching.claim_sql import CurrentRun, WaitingFetch
from usage.fetching.window_fetch import FetchFailure, FetchJob
from usage.gateway.error_families import ErrorFamily
from usage.models import Company, CompanyDay, CompanyFetch, FetchRun
from usage.models.company import fields_to_leave_out
from usage.models.company_fetch import CompanyFetchQuerySet
from usage.records.window_store import Claim
from usage.records.windows import FetchWindow, full_window, incremental_window, newest_possible_day

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
LAST_ATTEMPT = MAX_ATTEMPTS - 1
"""How often a company was attempted before its last chance."""
WORKER_DIED = (
    "The worker died three times while fetching this company. The stored records were kept; "
    "look into the server's log for the reason (often too little memory), then press Retry."
)

LEFT_THE_LIST = "The company left the list during the run; nothing was stored."


def claim_companies(run: FetchRun, *, owner: str, limit: int) -> list[tuple[FetchJob, Claim]]:
    """Take up to `limit` waiting companies of the run, healthy ones first; also those whose worker died.

    Until one sign-in of this run has succeeded only one company is worked on at a time, over all processes, so that
    wrong credentials are tried twice at most.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # The lock makes the count of running companies reliable.
        current, now = claim_sql.lock_run(cursor, run.pk), clock.now()
        if current is None or current.is_ending:
            return []
        if not current.is_proven:
            limit = 0 if in_work(run).exists() else 1
        chosen = _next_in_line(cursor, run.pk, limit, now) if limit else []
        if not chosen:
            return []
        chosen = _leave_out_removed(chosen)
        _fail_worn_out([fetch for fetch in chosen if fetch.attempts >= MAX_ATTEMPTS])
        taken = [fetch for fetch in chosen if fetch.attempts < LAST_ATTEMPT] + _one_suspect(run, chosen)
        return [_claimed(run.pk, current, fetch, now) for fetch in _take(cursor, run.pk, taken, owner)]


def _next_in_line(cursor: CursorWrapper, run_id: int, limit: int, now: datetime) -> list[WaitingFetch]:
    """Untried companies come first, in the order the run was made in; each read follows the index.

    A record dated in the future does not count as a company's newest: everything until then would never be asked for.
    """
    newest_day = newest_possible_day(now)
    chosen = claim_sql.pending(cursor, run_id, limit=limit, newest_day=newest_day)
    if len(chosen) == limit and not any(fetch.attempts for fetch in chosen):
        return chosen
    chosen += claim_sql.lost(cursor, run_id, limit=limit, newest_day=newest_day)
    return sorted(chosen, key=lambda fetch: (fetch.attempts, fetch.pk))[:limit]


def _leave_out_removed(chosen: list[WaitingFetch]) -> list[WaitingFetch]:
    """Those whose companies are still on the list; the others are over."""
    for fetch in chosen:
        if fetch.is_removed:
            leave_out(Claim(fetch.pk, fetch.company_id, fetch.lease_token))
    return [fetch for fetch in chosen if not fetch.is_removed]


def leave_out(claim: Claim) -> bool:
    """End the fetch of a company that left the list during the run; False if the claim no longer holds."""
    held = CompanyFetch.objects.open().filter(pk=claim.fetch_id, lease_token=claim.token)
    return bool(
        held.update(
            status=CompanyFetch.Status.STOPPED,
            message=LEFT_THE_LIST,
            lease_token=F("lease_token") + 1,
            lease_until=None,
            finished_at=clock.now(),
        )
    )


def _one_suspect(run: FetchRun, chosen: list[WaitingFetch]) -> list[WaitingFetch]:
    """The next company whose worker died twice. They get their last attempt one after the other.

    A dying worker takes all companies in flight along; alone, the one that kills it is found and the others are not
    blamed for it.
    """
    suspects = [fetch for fetch in chosen if fetch.attempts == LAST_ATTEMPT][:1]
    if suspects and in_work(run).filter(attempts__gte=MAX_ATTEMPTS).exists():
        return []
    return suspects


def in_work(run: FetchRun) -> CompanyFetchQuerySet:
    """The companies of the run that a living process holds."""
    return CompanyFetch.objects.filter(run=run, status=CompanyFetch.Status.RUNNING, lease_until__gt=Now())


def _take(cursor: CursorWrapper, run_id: int, fetches: list[WaitingFetch], owner: str) -> list[WaitingFetch]:
    """Those that were really taken, in one statement for all.

    Another worker may have stored a company or renewed its lease after it was read: writing takes no lock of the run.
    """
    if not fetches:
        return []
    if claim_sql.take(cursor, fetches, owner) < len(fetches):
        tokens = claim_sql.held_tokens(cursor, fetches, owner)
        fetches = [fetch for fetch in fetches if tokens.get(fetch.pk) == fetch.lease_token + 1]
    _log_resumed(run_id, fetches)
    return fetches


def _log_resumed(run_id: int, fetches: list[WaitingFetch]) -> None:
    for fetch in fetches:
        if fetch.attempts:  # a company given back in good order has none
            logger.warning(
                "[%s] The worker was lost; resumed (attempt %d)",
                fetch.intacct_id,
                fetch.attempts + 1,
                extra={"run_id": run_id, "company_id": fetch.company_id, "company": fetch.intacct_id},
            )


def _fail_worn_out(fetches: list[WaitingFetch]) -> None:
    failure = FetchFailure(ErrorFamily.INTERRUPTED, "", WORKER_DIED, WORKER_DIED)
    for fetch in fetches:
        claim = Claim(fetch.pk, fetch.company_id, fetch.lease_token)
        record_failure(claim, failure, requests=0, now=clock.now())


def _claimed(run_id: int, run: CurrentRun, fetch: WaitingFetch, now: datetime) -> tuple[FetchJob, Claim]:
    job = FetchJob(
        run_id=run_id,
        fetch_id=fetch.pk,
        company_id=fetch.company_id,
        intacct_id=fetch.intacct_id,
        mode=run.mode,
        window=_window(run, fetch.newest_record_day, now),
        unreadable_fields=_fields_to_leave_out(run, fetch, now),
        attempt=fetch.attempts + 1,
    )
    return job, Claim(fetch.pk, fetch.company_id, fetch.lease_token + 1)


def _fields_to_leave_out(run: CurrentRun, fetch: WaitingFetch, now: datetime) -> tuple[str, ...]:
    """A Full Refresh asks for everything again."""
    if run.mode == FetchRun.Mode.FULL_REFRESH:
        return ()
    return fields_to_leave_out(fetch.unreadable_fields, fetch.fields_refused_at, now)


def _window(run: CurrentRun, newest_record_day: date | None, now: datetime) -> FetchWindow:
    if run.mode == FetchRun.Mode.FULL_REFRESH:
        return full_window(now)
    return incremental_window(newest_record_day, lookback_days=run.lookback_days, now=now)


def record_failure(claim: Claim, failure: FetchFailure, *, requests: int, now: datetime) -> bool:
    """Write that a company failed; its records stay as they are. False if the claim no longer holds."""
    with transaction.atomic():
        held = CompanyFetch.objects.open().filter(pk=claim.fetch_id, lease_token=claim.token)
        written = held.update(
            status=CompanyFetch.Status.FAILED,
            error_family=failure.family,
            error_number=failure.error_number[:100],
            error_text=failure.text,
            message=failure.message,
            requests=requests,
            lease_until=None,
            finished_at=now,
        )
        if not written:
            return False
        _note_failure(claim.company_id, failure, now)
    fetch = CompanyFetch.objects.select_related("company").get(pk=claim.fetch_id)
    extra = {"run_id": fetch.run_id, "company_id": fetch.company_id, "company": fetch.company.intacct_id}
    logger.error("[%s] %s", fetch.company, failure.message, extra=extra)
    return True


def _note_failure(company_id: int, failure: FetchFailure, now: datetime) -> None:
    Company.objects.filter(pk=company_id).update(
        health=Company.Health.FAILING,
        last_attempt_at=now,
        failing_since=Coalesce("failing_since", Value(now)),
        consecutive_failures=F("consecutive_failures") + 1,
        error_family=failure.family,
        error_number=failure.error_number[:100],
        error_text=failure.text,
    )
    today = clock.utc_day(now)
    if not CompanyDay.objects.filter(company_id=company_id, day=today).exists():
        CompanyDay.objects.create(company_id=company_id, day=today, state=CompanyDay.State.FAILED)


def put_back_lost(fetches: CompanyFetchQuerySet | None = None) -> int:
    """Let companies wait again whose workers died; how many. `fetches`: those known to be lost, else by their leases.

    The attempt counts: if one of them killed its worker, it must not do so for ever. A worker that only slept can
    write nothing any more.
    """
    if fetches is None:
        fetches = CompanyFetch.objects.filter(lease_until__lte=Now())
    lost = fetches.filter(status=CompanyFetch.Status.RUNNING)
    return lost.update(status=CompanyFetch.Status.PENDING, lease_token=F("lease_token") + 1, lease_until=None)


def release(claims: Collection[Claim]) -> None:
    """Give claimed companies back untouched, so that another lane can take them at once; the attempt is not counted."""
    for claim in claims:
        CompanyFetch.objects.filter(
            pk=claim.fetch_id, lease_token=claim.token, status=CompanyFetch.Status.RUNNING
        ).update(status=CompanyFetch.Status.PENDING, lease_until=None, attempts=F("attempts") - 1)


class LeaseKeeper:
    """Renews the leases of one lane from a thread with its own connection, until closed.

    After two failed renewals in a row `on_lost` is called: the lane must stop writing before its leases end.
    """

    def __init__(self, run_id: int, owner: str, *, on_lost: Callable[[], None]) -> None:
        self._run_id = run_id
        self._owner = owner
        self._on_lost = on_lost
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"lease-keeper-{owner}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._ended.set()
        self._thread.join(timeout=settings.LEASE_SECONDS)

    def _run(self) -> None:
        failures = 0
        try:
            while not self._ended.wait(settings.LEASE_SECONDS / 4):
                failures = 0 if self._renew() else failures + 1
                if failures >= 2:
                    self._on_lost()
                    return
        finally:
            connection.close()

    def _renew(self) -> bool:
        running = CompanyFetch.objects.filter(run=self._run_id, status=CompanyFetch.Status.RUNNING)
        held = running.filter(lease_owner=self._owner)
        try:
            held.update(lease_until=database_time_in(settings.LEASE_SECONDS))
        except DatabaseError:
            logger.warning("The leases could not be renewed; the worker tries once more before it gives up")
            connection.close()
            return False
        return True
