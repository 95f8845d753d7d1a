"""Begins occurrences: what a schedule or a person asked for, with its fetch run, in one transaction."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from intacct_usage.lib import clock
from scheduling.models import Occurrence, Schedule
from scheduling.parameters import RunParameters
from usage.fetching.runs import ask_for_run
from usage.models import FetchRun

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wish:
    """Why something is to run. `due_at` is the due time, or the moment a person asked."""

    due_at: datetime
    origin: Occurrence.Origin
    asked_by: str
    missed_count: int = 0
    message: str = ""


def parameters_of(schedule: Schedule) -> RunParameters:
    """What the schedule would run with now."""
    emails, alerts = list(schedule.emails.all()), list(schedule.alerts.all())
    return RunParameters(
        mode=schedule.mode,
        filter_id=schedule.query_filter_id,
        filter_name=schedule.filter_name,
        keep_history=schedule.keep_history,
        lookback_days=schedule.lookback_days,
        report_start=schedule.report_start.isoformat() if schedule.report_start else "",
        complete_months=schedule.complete_months,
        skip_empty=schedule.skip_empty,
        reports=tuple(schedule.reports),
        report_format=schedule.report_format,
        email_ids=tuple(str(configuration.pk) for configuration in emails),
        email_names=tuple(configuration.name for configuration in emails),
        alert_ids=tuple(str(configuration.pk) for configuration in alerts),
        alert_names=tuple(configuration.name for configuration in alerts),
        subject_template=schedule.subject_template,
        timing=schedule.timing_in_words,
        zone=schedule.zone,
    )


def begin_occurrence(schedule: Schedule, wish: Wish) -> Occurrence:
    """Write the occurrence and queue its fetch run, both or neither; Reports Only needs no run.

    Raises RunRefusedError when there is nothing a run could do, and IntegrityError when this due time has begun
    before or another occurrence of the schedule is still open.
    """
    with transaction.atomic():
        parameters = parameters_of(schedule)
        run = None if parameters.is_reports_only else ask_for_run_with(parameters, asked_by=_asker(schedule, wish))
        occurrence = create_occurrence(schedule, wish, parameters, run=run)
    if parameters.is_reports_only:
        _log_reports_only(occurrence, parameters)
    return occurrence


def ask_for_run_with(parameters: RunParameters, *, asked_by: str, retry_of: FetchRun | None = None) -> FetchRun:
    """Raises RunRefusedError."""
    return ask_for_run(
        mode=parameters.mode,
        query_filter=parameters.query_filter(),
        asked_by=asked_by[:150],
        keep_history=parameters.keep_history,
        lookback_days=parameters.lookback_days,
        retry_of=retry_of,
    )


def create_occurrence(
    schedule: Schedule | None, wish: Wish, parameters: RunParameters, *, run: FetchRun | None
) -> Occurrence:
    return Occurrence.objects.create(
        schedule=schedule,
        schedule_name=schedule.name if schedule else "",
        due_at=wish.due_at,
        origin=wish.origin,
        asked_by=wish.asked_by,
        parameters=parameters.as_json(),
        state=Occurrence.State.REPORTING if run is None else Occurrence.State.FETCHING,
        message=wish.message,
        missed_count=wish.missed_count,
        run=run,
    )


def record_not_run(schedule: Schedule, wish: Wish, state: Occurrence.State) -> Occurrence:
    """Write down that a due time did not run: missed, skipped, or refused with an error."""
    return Occurrence.objects.create(
        schedule=schedule,
        schedule_name=schedule.name,
        due_at=wish.due_at,
        origin=wish.origin,
        asked_by=wish.asked_by,
        parameters=parameters_of(schedule).as_json(),
        state=state,
        message=wish.message,
        missed_count=wish.missed_count,
        finished_at=clock.now(),
    )


def _asker(schedule: Schedule, wish: Wish) -> str:
    return f"schedule “{schedule}”" if wish.origin == Occurrence.Origin.SCHEDULE else wish.asked_by


def _log_reports_only(occurrence: Occurrence, parameters: RunParameters) -> None:
    extra = {"schedule": occurrence.schedule_name}
    logger.info("Running query: %s (REPORTS ONLY)", parameters.filter_name, extra=extra)
    logger.info("Mode: REPORTS ONLY (existing data, nothing is fetched)", extra=extra)
