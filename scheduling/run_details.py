"""What the page of a run shows: of a fetch run, or of an occurrence that fetched nothing."""

from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet
from django.urls import reverse

from intacct_usage.lib import clock
from intacct_usage.logs.models import LogEntry
from notifications.models import OutgoingEmail
from scheduling.models import Occurrence
from scheduling.parameters import REPORTS_ONLY, RunParameters
from usage.fetching.run_progress import RunProgress, run_progress
from usage.models import Company, CompanyFetch, FetchRun, QueryFilter
from usage.periods import ALL_DATA
from usage.reports import ReportScope

LOG_LINES_SHOWN: Final = 12
UNFINISHED: Final = (CompanyFetch.Status.FAILED, CompanyFetch.Status.STOPPED)


@dataclass(frozen=True)
class Retry:
    """What “Retry failed” would do: `companies` of the `unfinished` ones, the others are skipped or gone by now."""

    companies: int
    failed: int
    not_fetched: int

    @property
    def left_out(self) -> int:
        return self.failed + self.not_fetched - self.companies


@dataclass(frozen=True)
class RunDetails:
    """One of `run` and `occurrence` may be None, never both."""

    run: FetchRun | None
    occurrence: Occurrence | None

    @property
    def title(self) -> str:
        return str(self.run) if self.run else f"Reports {self._occurrence.pk}"

    @property
    def _occurrence(self) -> Occurrence:
        assert self.occurrence is not None  # noqa: S101  # narrows the type
        return self.occurrence

    @property
    def address(self) -> str:
        return (
            reverse("scheduling:run", args=[self.run.pk])
            if self.run
            else reverse("scheduling:report_run", args=[self._occurrence.pk])
        )

    @property
    def parameters(self) -> RunParameters:
        if self.occurrence is not None:
            return self.occurrence.run_parameters
        assert self.run is not None  # noqa: S101  # see the class
        return RunParameters(
            mode=self.run.mode,
            filter_name=self.run.filter_name,
            keep_history=self.run.keep_history,
            lookback_days=self.run.lookback_days,
        )

    @property
    def mode_label(self) -> str:
        mode = self.parameters.mode
        return "Reports Only" if mode == REPORTS_ONLY else FetchRun.Mode(mode).label

    @property
    def asked_by(self) -> str:
        return self.occurrence.asked_by if self.occurrence else self.run.asked_by if self.run else ""

    @property
    def message(self) -> str:
        """What became of it; of a run that goes on after the fetch, the later word."""
        told = self.occurrence.message if self.occurrence else ""
        return told or (self.run.message if self.run else "")

    @property
    def is_fetching(self) -> bool:
        return self.run is not None and self.run.status in FetchRun.OPEN_STATUSES

    @property
    def is_open(self) -> bool:
        """Whether something of it goes on: the fetch, or the making of the reports."""
        return self.is_fetching or (self.occurrence is not None and self.occurrence.is_open)

    @property
    def is_stopping(self) -> bool:
        return self.run is not None and self.run.is_stopping

    @property
    def status(self) -> tuple[str, str]:
        """One of the six words, in lower case, and what it leaves unsaid."""
        occurrence = self.occurrence
        if occurrence is not None and (self.run is None or not self.is_fetching):
            if occurrence.state in Occurrence.OPEN_STATES:
                return "running", "making reports" if occurrence.state == Occurrence.State.REPORTING else ""
            if occurrence.state in (Occurrence.State.MISSED, Occurrence.State.SKIPPED):
                missed = occurrence.state == Occurrence.State.MISSED
                return ("error", "missed") if missed else ("stopped", "skipped")
            return occurrence.state, self._companies_failed
        assert self.run is not None  # noqa: S101  # see the class
        if self.is_fetching:
            return "running", "queued" if self.run.status == FetchRun.Status.QUEUED else ""
        return self.run.status, self._companies_failed

    @property
    def _companies_failed(self) -> str:
        return self.run.failures_in_words if self.run else ""

    def progress(self) -> RunProgress | None:
        return run_progress(self.run) if self.run else None

    def seconds(self) -> float | None:
        """How long it took, or takes so far; None before it began."""
        occurrence, run = self.occurrence, self.run
        began = run.started_at if run else self._occurrence.created_at
        if began is None:
            return None
        ended = (occurrence.finished_at if occurrence else None) or (run.finished_at if run else None)
        return ((ended if ended and not self.is_open else clock.now()) - began).total_seconds()

    def emails(self) -> list[OutgoingEmail]:
        if self.occurrence is not None:
            return list(self.occurrence.emails.order_by("pk"))
        return list(OutgoingEmail.objects.filter(run_id=self.run.pk if self.run else None).order_by("pk"))

    def log_lines(self) -> list[LogEntry]:
        """The last lines of the fetch run, the newest last."""
        if self.run is None:
            return []
        return list(LogEntry.objects.of_run(self.run.pk).order_by("-pk")[:LOG_LINES_SHOWN])[::-1]

    def scope(self) -> ReportScope:
        """Everything of the filter it ran with; of all filters where companies were chosen or the filter is gone."""
        if self.run is not None:
            return ReportScope(self.run.query_filter, ALL_DATA)
        number = self.parameters.filter_id
        return ReportScope(QueryFilter.objects.filter(pk=number).first() if number else None, ALL_DATA)

    def retry(self) -> Retry | None:
        """None while it goes on, and when nothing of it failed."""
        run = self.run
        if run is None or self.is_open:
            return None
        fetches = CompanyFetch.objects.filter(run=run)
        failed = fetches.failed().count()
        not_fetched = fetches.filter(status=CompanyFetch.Status.STOPPED).count()
        if not failed and not not_fetched:
            return None
        return Retry(_retryable(run).count(), failed, not_fetched)


def _retryable(run: FetchRun) -> QuerySet[Company]:
    companies = Company.objects.queryable().in_filter(run.query_filter)
    return companies.filter(fetches__run=run, fetches__status__in=UNFINISHED)


def details_of_run(pk: int) -> RunDetails | None:
    run = FetchRun.objects.select_related("query_filter", "retry_of").filter(pk=pk).first()
    if run is None:
        return None
    return RunDetails(run, Occurrence.objects.select_related("schedule").filter(run=run).first())


def details_of_occurrence(pk: int) -> RunDetails | None:
    """Of one without a fetch run, as with Reports Only, or one that never began."""
    occurrence = Occurrence.objects.select_related("schedule", "run").filter(pk=pk).first()
    return RunDetails(occurrence.run, occurrence) if occurrence else None
