"""A lane: one worker's share of a fetch run. Threads do the network, the lane's own thread writes.

Any number of lanes, in any number of processes and machines on one database, work on one run. A lane claims only as
many companies as it can start at once, stores each finished company at latest a second after it arrived, and sees a
stop request within a second.
"""

import contextlib
import logging
import queue
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from django.conf import settings
from django.db import DatabaseError
from django.db.models import F

from intacct_usage.lib import clock
from intacct_usage.lib.crypto import SecretUnreadableError
from intacct_usage.lib.process_name import process_name
from intacct_usage.logs.context import current_context, log_context
from usage.fetching.claims import LEFT_THE_LIST, LeaseKeeper, claim_companies, leave_out, record_failure, release
from usage.fetching.database_patience import AWAY, CANNOT_BE_WRITTEN, Result, is_of_the_disk, patiently
from usage.fetching.gateway_access import gateway_client, retry_policy, sign_in_details
from usage.fetching.runs import finish_run, halt_run
from usage.fetching.threads import FetcherThreads
from usage.fetching.window_fetch import (
    CompanyUsage,
    FetchFailure,
    FetchJob,
    SignIn,
    StoppedError,
    company_usage,
    describe_failure,
    log_start,
)
from usage.gateway.client import GatewayClient
from usage.gateway.error_families import ErrorFamily
from usage.gateway.retries import RetryPolicy
from usage.models import CompanyFetch, FetchRun
from usage.records.window_reading import WindowRows
from usage.records.window_store import (
    Claim,
    CompanyRemovedError,
    LeaseLostError,
    WindowContent,
    store_window,
    store_windows,
)

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0
SLOTS_PER_BATCH = 4
LEAST_BATCH = 4
ROWS_OF_SMALL_COMPANY = 250
MAX_USER_REFUSALS = 2
MAX_LIKE_FAILURES = 5
LOCK_OUT_REASON = (
    "Stopped to avoid locking users: Intacct refused the user ID or its password {count} times and no sign-in "
    "succeeded. Check User ID and User Password under Configuration, then run again."
)
LIKE_FAILURES_REASON = "{count} companies in a row failed in the same way, and the rest would too. {message}"


@dataclass(slots=True)
class _Arrival:
    """What one thread brought back."""

    job: FetchJob
    claim: Claim
    rows: WindowRows | None = None
    usage: CompanyUsage | None = None
    error: Exception | None = None

    @property
    def is_small(self) -> bool:
        """Rows so few that several companies can share a transaction."""
        return self.error is None and self.rows is not None and len(self.rows.rows) <= ROWS_OF_SMALL_COMPANY


@dataclass(slots=True)
class _LikeFailures:
    """Counts failures of one kind in a row that speak of the whole installation, not of one company."""

    family: str = ""
    count: int = 0

    def note(self, failure: FetchFailure | None, *, signed_in: bool) -> bool:
        """True when the next companies would fail the same way; an unknown company speaks for all before a sign-in."""
        unknown = failure is not None and failure.family == ErrorFamily.COMPANY_UNKNOWN and not signed_in
        counted = failure is not None and (failure.connection_fault or unknown)
        if failure is None or not counted:
            self.family, self.count = "", 0
            return False
        self.count = self.count + 1 if failure.family == self.family else 1
        self.family = failure.family
        return self.count >= MAX_LIKE_FAILURES


@dataclass(slots=True)
class _Halt:
    """The lane's stop flag: set by a stop request, a lost lease or the process going down."""

    event: threading.Event = field(default_factory=threading.Event)

    def wait(self, seconds: float) -> None:
        """Pause inside a thread; raises StoppedError as soon as the lane is to stop."""
        if self.event.wait(seconds):
            raise StoppedError


class Lane:
    """Works on one run until nothing is left to claim, `seconds` have passed, or the run is to stop."""

    def __init__(
        self,
        run: FetchRun,
        *,
        concurrency: int | None = None,
        seconds: float | None = None,
        pauses: RetryPolicy | None = None,
        on_progress: Callable[[], None] = lambda: None,
    ) -> None:
        self._run = run
        self._concurrency = concurrency or settings.FETCH_CONCURRENCY
        self._few = max(1, self._concurrency // SLOTS_PER_BATCH)
        self._batch = max(min(LEAST_BATCH, self._concurrency), self._few)
        self._ends_at = None if seconds is None else time.monotonic() + seconds
        self._pauses = pauses or retry_policy(run.companies_total)
        self._on_progress = on_progress
        self._owner = f"{process_name()}/{uuid.uuid4().hex[:12]}"
        self._about: dict[str, str | int] = {}  # of the log lines; threads do not inherit it
        self._halt = _Halt()
        self._arrivals: queue.SimpleQueue[_Arrival] = queue.SimpleQueue()
        self._in_flight: dict[int, Claim] = {}
        self._signed_in = threading.Event()
        self._like_failures = _LikeFailures()
        self._last_look = 0.0

    def stop(self) -> None:
        """Stop from outside, e.g. by a signal: companies in flight are given back."""
        self._halt.event.set()

    def work(self) -> None:
        """Returns when this lane has nothing more to do; ends the run if it was the last one."""
        with log_context(run_id=self._run.pk):
            self._about = current_context()
            self._work()

    def _work(self) -> None:
        try:
            client, sign_in = gateway_client(self._pauses), sign_in_details()
        except SecretUnreadableError as error:
            halt_run(self._run.pk, reason=error.message)
            finish_run(self._run.pk)
            return
        keeper = LeaseKeeper(self._run.pk, self._owner, on_lost=self.stop)
        pool = FetcherThreads(self._concurrency)
        keeper.start()
        try:
            self._loop(pool, client, sign_in)
        finally:
            self._halt.event.set()
            pool.close()
            keeper.close()  # whatever follows: leases that nobody works under must end
            client.outbound.close()
            self._patiently(lambda: release(self._in_flight.values()))
        self._patiently(lambda: finish_run(self._run.pk))

    def _patiently(self, act: Callable[[], Result]) -> Result:
        try:
            return patiently(act, wait=self._halt.event.wait)
        except AWAY as error:
            if is_of_the_disk(error):  # every further company would be read from Intacct in vain
                with contextlib.suppress(DatabaseError):
                    halt_run(self._run.pk, reason=CANNOT_BE_WRITTEN)
            raise

    def _loop(self, pool: FetcherThreads, client: GatewayClient, sign_in: SignIn) -> None:
        while not self._halt.event.is_set():
            if self._patiently(self._run_is_ending):
                return
            if not self._is_leaving():
                self._patiently(lambda: self._start_more(pool, client, sign_in))
            if not self._in_flight and self._patiently(self._nothing_left):
                return
            self._store_arrivals()

    def _is_leaving(self) -> bool:
        return self._ends_at is not None and time.monotonic() >= self._ends_at

    def _nothing_left(self) -> bool:
        """Without a company of its own the lane leaves when its time is over or nothing waits to be claimed."""
        if self._is_leaving() or not CompanyFetch.objects.filter(run=self._run).open().exists():
            return True
        self._halt.event.wait(POLL_SECONDS / 4)
        return False

    def _run_is_ending(self) -> bool:
        """Look at the run's row, at most once a second."""
        if time.monotonic() - self._last_look < POLL_SECONDS:
            return False
        run = FetchRun.objects.running().filter(pk=self._run.pk).first()
        self._last_look = time.monotonic()
        return run is None or run.stop_requested_at is not None or run.halted_at is not None

    def _note_sign_in(self) -> None:
        if self._signed_in.is_set() and self._run.sign_in_proven_at is None:
            now = clock.now()
            FetchRun.objects.filter(pk=self._run.pk, sign_in_proven_at=None).update(sign_in_proven_at=now)
            self._run.sign_in_proven_at = now

    @property
    def _has_signed_in(self) -> bool:
        return self._signed_in.is_set() or self._run.sign_in_proven_at is not None

    def _start_more(self, pool: FetcherThreads, client: GatewayClient, sign_in: SignIn) -> None:
        self._note_sign_in()
        free = self._concurrency - len(self._in_flight)
        # Claiming costs the same for one company and for a few; a lane that keeps up leaves fewer threads waiting.
        enough = self._few if self._arrivals.empty() else self._batch
        if free < enough and self._in_flight:
            return
        for job, claim in claim_companies(self._run, owner=self._owner, limit=free):
            self._in_flight[claim.fetch_id] = claim
            pool.submit(partial(self._fetch_and_log, job, claim, client, sign_in))

    def _fetch_and_log(self, job: FetchJob, claim: Claim, client: GatewayClient, sign_in: SignIn) -> None:
        about = {**self._about, "run_id": job.run_id, "company_id": job.company_id, "company": job.intacct_id}
        with log_context(**about):
            self._fetch(job, claim, client, sign_in)

    def _fetch(self, job: FetchJob, claim: Claim, client: GatewayClient, sign_in: SignIn) -> None:
        """Runs in a thread: network only."""
        arrival = _Arrival(job, claim)
        try:
            log_start(job)
            arrival.usage = company_usage(job, client, sign_in, wait=self._halt.wait)
            arrival.usage.sign_in()
            self._signed_in.set()
            arrival.rows = arrival.usage.read_window(job.window.start)
        except Exception as error:  # noqa: BLE001 - one company's failure, whatever it is, never ends the run
            arrival.error = error
        self._arrivals.put(arrival)

    def _store_arrivals(self) -> None:
        """Store what has arrived. After a batch the lane starts other companies, so that the network does not wait for
        the database."""
        arrivals = self._arrived()
        together = [arrival for arrival in arrivals if arrival.is_small]
        if len(together) > 1 and self._store_together(together):
            arrivals = [arrival for arrival in arrivals if not arrival.is_small]
        for arrival in arrivals:
            if self._halt.event.is_set():
                return
            self._store(arrival)

    def _arrived(self) -> list[_Arrival]:
        """Wait up to a second for a company; those that are there then come along, up to a batch of them."""
        arrivals: list[_Arrival] = []
        with contextlib.suppress(queue.Empty):
            arrivals.append(self._arrivals.get(timeout=POLL_SECONDS if self._signed_in.is_set() else POLL_SECONDS / 4))
            while len(arrivals) < self._batch:
                arrivals.append(self._arrivals.get_nowait())
        return arrivals

    def _store_together(self, arrivals: list[_Arrival]) -> bool:
        """In one transaction; False if that failed because of any of them, so that each is to be stored alone."""
        windows = [
            (arrival.claim, self._content(arrival, arrival.rows, arrival.usage))
            for arrival in arrivals
            if arrival.rows is not None and arrival.usage is not None
        ]
        self._patiently(self._note_sign_in)
        try:
            self._patiently(lambda: store_windows(windows, now=clock.now()))
        except AWAY:
            raise
        except Exception:  # noqa: BLE001 - alone it shows whose fault it is, and what comes of it
            return False
        for arrival in arrivals:
            self._like_failures.note(None, signed_in=True)
            self._in_flight.pop(arrival.claim.fetch_id, None)
            self._on_progress()
        return True

    def _store(self, arrival: _Arrival) -> None:
        try:
            self._patiently(self._note_sign_in)
            if arrival.error is not None or arrival.rows is None or arrival.usage is None:
                self._patiently(lambda: self._store_failure(arrival))
            else:
                self._store_rows(arrival, arrival.rows, arrival.usage)
        except CompanyRemovedError:
            self._patiently(lambda: leave_out(arrival.claim))
            logger.warning("[%s] %s", arrival.job.intacct_id, LEFT_THE_LIST)
        except LeaseLostError:
            logger.warning("[%s] The lease was lost; another worker has this company", arrival.job.intacct_id)
        finally:
            self._in_flight.pop(arrival.claim.fetch_id, None)
        self._on_progress()

    def _content(self, arrival: _Arrival, rows: WindowRows, usage: CompanyUsage) -> WindowContent:
        return WindowContent(
            window=arrival.job.window,
            rows=rows,
            mode=arrival.job.mode,
            keep_history=self._run.keep_history,
            requests=usage.requests_sent,
            unreadable_fields=sorted(usage.unreadable_fields),
            run_id=self._run.pk,
            fields_refused=not usage.unreadable_fields <= frozenset(arrival.job.unreadable_fields),
        )

    def _store_rows(self, arrival: _Arrival, rows: WindowRows, usage: CompanyUsage) -> None:
        content = self._content(arrival, rows, usage)
        try:
            with rows.rows:
                self._patiently(lambda: store_window(arrival.claim, content, now=clock.now()))
        except (LeaseLostError, *AWAY):
            raise
        except Exception as error:  # noqa: BLE001 - one company's rows, whatever is wrong with them, never end the lane
            arrival.error = error
            self._patiently(lambda: self._store_failure(arrival))
        else:
            self._like_failures.note(None, signed_in=True)

    def _store_failure(self, arrival: _Arrival) -> None:
        error = arrival.error
        if error is None or isinstance(error, StoppedError):
            release([arrival.claim])
            return
        failure = describe_failure(error)
        if failure.family == ErrorFamily.INTERNAL:
            logger.error("[%s] Unexpected failure", arrival.job.intacct_id, exc_info=error)
        requests = arrival.usage.requests_sent if arrival.usage else 0
        record_failure(arrival.claim, failure, requests=requests, now=clock.now())
        self._halt_if_all_would_fail(failure)

    def _halt_if_all_would_fail(self, failure: FetchFailure) -> None:
        if failure.stops_run:
            halt_run(self._run.pk, reason=failure.message)
        elif failure.credential_class and not self._has_signed_in:
            FetchRun.objects.filter(pk=self._run.pk).update(credential_refusals=F("credential_refusals") + 1)
            refusals = FetchRun.objects.values_list("credential_refusals", flat=True).get(pk=self._run.pk)
            if refusals >= MAX_USER_REFUSALS:
                halt_run(self._run.pk, reason=LOCK_OUT_REASON.format(count=refusals))
        elif self._like_failures.note(failure, signed_in=self._has_signed_in):
            reason = LIKE_FAILURES_REASON.format(count=self._like_failures.count, message=failure.message)
            halt_run(self._run.pk, reason=reason)
        else:
            return
        self._last_look = 0.0
