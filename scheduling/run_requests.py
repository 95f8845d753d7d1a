"""What people ask for besides the timetable: run now, retry what failed, stop. None of it moves a schedule's times."""

import logging
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from intacct_usage.audit.models import Action
from intacct_usage.audit.recording import record
from intacct_usage.lib import clock
from intacct_usage.lib.actors import COMMAND_LINE
from scheduling.database_clock import database_now
from scheduling.models import Occurrence, Schedule
from scheduling.occurrences import Wish, ask_for_run_with, begin_occurrence, create_occurrence
from scheduling.parameters import RunParameters
from scheduling.pipeline import settle_fetched
from usage.fetching.runs import RunRefusedError, ask_for_run, ask_for_run_of, finish_run, request_stop
from usage.models import Company, FetchRun, QueryFilter
from usage.reports.scope import FilterGoneError

logger = logging.getLogger(__name__)

MAILINGS_PER_HOUR = 20


class AlreadyRunningError(Exception):
    """The schedule has a run that goes on; `occurrence` is that one, `message` says so."""

    def __init__(self, occurrence: Occurrence | None, schedule_name: str) -> None:
        self.occurrence = occurrence
        where = f" ({occurrence.run})" if occurrence is not None and occurrence.run_id else ""
        self.message = f"The schedule “{schedule_name}” is running already{where}."
        super().__init__(self.message)


def run_now(schedule: Schedule, *, by: str, origin: Occurrence.Origin = Occurrence.Origin.MANUAL) -> Occurrence:
    """Run a schedule, enabled or not, as it is set now. Asking twice starts one.

    Raises AlreadyRunningError and RunRefusedError.
    """
    if schedule.is_reports_only and by != COMMAND_LINE:
        _refuse_too_many_mailings(by)
    try:
        occurrence = begin_occurrence(schedule, Wish(database_now(), origin, by))
    except FilterGoneError as error:
        raise RunRefusedError(error.message) from error
    except IntegrityError:
        ahead = Occurrence.objects.open().filter(schedule=schedule).select_related("run").first()
        raise AlreadyRunningError(ahead, schedule.name) from None
    record(by, Action.RUN_STARTED, target=f"Schedule “{schedule}”", reason=origin.label)
    logger.info(
        "%s started the schedule “%s”", by, schedule, extra={"schedule": schedule.name, "run_id": occurrence.run_id}
    )
    return occurrence


def _refuse_too_many_mailings(by: str) -> None:
    """Raises RunRefusedError. Without a fetch nothing else keeps mails from going out one after the other."""
    since = database_now() - timedelta(hours=1)
    mailings = Occurrence.objects.filter(asked_by=by, run=None, due_at__gt=since)
    if mailings.exclude(origin=Occurrence.Origin.SCHEDULE).count() >= MAILINGS_PER_HOUR:
        raise RunRefusedError(f"{MAILINGS_PER_HOUR} mailings within an hour are the most. Wait a little.")


def fetch_now(query_filter: QueryFilter | None, *, mode: str, by: str, keep_history: bool = False) -> Occurrence:
    """Fetch without a schedule and without mails. Raises RunRefusedError."""
    with transaction.atomic():
        run = ask_for_run(mode=mode, query_filter=query_filter, asked_by=by[:150], keep_history=keep_history)
        record(by, Action.RUN_STARTED, target=f"{run}: {run.filter_name}", reason=run.get_mode_display())
        return record_run(run, origin=Occurrence.Origin.MANUAL)


def fetch_companies(companies: QuerySet[Company], *, by: str) -> Occurrence:
    """Fetch only these companies, without a schedule and without mails. Raises RunRefusedError."""
    with transaction.atomic():
        run = ask_for_run_of(companies, asked_by=by[:150])
        record(by, Action.RUN_STARTED, target=f"{run}: {run.filter_name}", reason=run.get_mode_display())
        return record_run(run, origin=Occurrence.Origin.MANUAL)


def record_run(run: FetchRun, *, origin: Occurrence.Origin) -> Occurrence:
    """The occurrence of a run that was asked for without a schedule, so that it stands in the same history."""
    return create_occurrence(None, Wish(clock.now(), origin, run.asked_by), _parameters_of_run(run), run=run)


def _parameters_of_run(run: FetchRun) -> RunParameters:
    return RunParameters(
        mode=run.mode,
        filter_id=run.query_filter_id,
        filter_name=run.filter_name,
        keep_history=run.keep_history,
        lookback_days=run.lookback_days,
    )


def retry_failed(run: FetchRun, *, by: str) -> Occurrence:
    """Fetch the companies that failed or were not fetched in an ended run, with what it ran with; nothing is mailed.

    Raises AlreadyRunningError and RunRefusedError.
    """
    run.refresh_from_db()
    if run.status in FetchRun.OPEN_STATUSES:
        raise RunRefusedError(f"{run} has not ended yet; retry what failed once it has.")
    before = Occurrence.objects.filter(run=run).select_related("schedule").first()
    schedule = before.schedule if before else None
    parameters = (before.run_parameters if before else _parameters_of_run(run)).without_mails()
    try:
        with transaction.atomic():
            FetchRun.objects.select_for_update().get(pk=run.pk)  # of two who press Retry, one finds the other's run
            under_way = FetchRun.objects.open().filter(retry_of=run).first()
            if under_way is not None:
                raise RunRefusedError(f"{under_way} fetches what failed in {str(run).lower()} already.")
            again = ask_for_run_with(parameters, asked_by=by, retry_of=run)
            record(by, Action.RUN_STARTED, target=str(again), reason=f"Retry of {str(run).lower()}")
            wish = Wish(database_now(), Occurrence.Origin.RETRY, by, message=f"Retry of {str(run).lower()}.")
            return create_occurrence(schedule, wish, parameters, run=again)
    except FilterGoneError as error:
        raise RunRefusedError(error.message) from error
    except IntegrityError:
        ahead = Occurrence.objects.open().filter(schedule=schedule).select_related("run").first()
        raise AlreadyRunningError(ahead, schedule.name if schedule else "") from None


def stop_run(run: FetchRun, *, by: str) -> bool:
    """Stop a fetch run, and with it what would follow. False if it has ended or is being stopped already.

    It ends at once, whoever works on it: their claims do not count any more, and they notice within a second.
    """
    if request_stop(run, by=by):
        record(by, Action.RUN_STOPPED, target=str(run))
        logger.info("%s stopped %s", by, str(run).lower(), extra={"run_id": run.pk})
        finish_run(run.pk)
        run.refresh_from_db()
        return True
    settle_fetched()  # a run that ended in this moment is about to have its reports made
    occurrence = Occurrence.objects.filter(run=run).first()
    return occurrence is not None and _stop_reporting(occurrence, by=by)


def stop_occurrence(occurrence: Occurrence, *, by: str) -> bool:
    """Stop what an occurrence is at: its fetch run, or the making of its reports. False if it has ended."""
    if occurrence.run is not None:
        return stop_run(occurrence.run, by=by)
    return _stop_reporting(occurrence, by=by)


def _stop_reporting(occurrence: Occurrence, *, by: str) -> bool:
    """The reports come to nothing: whoever makes them holds a token that does not count any more."""
    reporting = Occurrence.objects.filter(pk=occurrence.pk, state=Occurrence.State.REPORTING)
    stopped = reporting.update(
        state=Occurrence.State.STOPPED,
        message=f"Stopped by {by} before any mail went out.",
        lease_token=F("lease_token") + 1,
        lease_until=None,
        finished_at=clock.now(),
    )
    if stopped:
        record(by, Action.RUN_STOPPED, target=f"Reports of {occurrence}")
        logger.info("%s stopped the reports of %s", by, occurrence, extra={"schedule": occurrence.schedule_name})
    return bool(stopped)
