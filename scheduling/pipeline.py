"""What follows a fetch: reports made once, one mail per email configuration, an alert when it failed.

A run of which some companies failed still sends its reports, and their first line says so. A run that failed
altogether sends no reports, because nothing is new in them, only an alert. A stopped run sends nothing at all.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import OperationalError, transaction
from django.db.models import F, Q
from django_q.tasks import async_task

from intacct_usage.lib import clock
from intacct_usage.lib.leases import LeaseKeeper, database_time_in
from intacct_usage.lib.process_name import process_name
from notifications.alerts import AboutRun, queue_alert
from notifications.models import EmailConfiguration, OutgoingEmail
from notifications.outbox import hand_to_worker
from notifications.report_delivery import ReportMailing, make_reports, queue_made_reports
from scheduling.models import Occurrence
from scheduling.parameters import RunParameters
from scheduling.recurrence import time_zone
from usage.models import FetchRun
from usage.reports.kinds import ReportFormat
from usage.reports.scope import FilterGoneError, ReportScope

logger = logging.getLogger(__name__)

REPORT_TIMEOUT_SECONDS = 2 * 60 * 60
LEASE_SECONDS = 60.0
MAX_ATTEMPTS = 3
TELL_AGAIN_AFTER = timedelta(hours=4)
SKIPPED_FOR_GOOD = "It has no further time and is disabled; run it by hand if it is still wanted."
TOLD_AGAIN = "you are told again after four hours"
WORKER_DIED = "The worker died three times while making the reports; the server's log says more."


@dataclass(frozen=True)
class _Ending:
    state: Occurrence.State
    message: str


def settle_fetched() -> int:
    """Move on the occurrences whose fetch run has ended; how many. Safe to call from anywhere at any time."""
    ended = Occurrence.objects.filter(state=Occurrence.State.FETCHING).filter(
        Q(run=None) | ~Q(run__status__in=FetchRun.OPEN_STATUSES)
    )
    return sum(_settle(occurrence) for occurrence in ended.select_related("run"))


def _settle(occurrence: Occurrence) -> bool:
    ending = _ending(occurrence)
    with transaction.atomic():
        fetching = Occurrence.objects.filter(pk=occurrence.pk, state=Occurrence.State.FETCHING)
        over = ending.state != Occurrence.State.REPORTING
        if not fetching.update(state=ending.state, message=ending.message, finished_at=clock.now() if over else None):
            return False
        if over:
            occurrence.state, occurrence.message = ending.state, ending.message
            _raise_alarm(occurrence)
        else:
            _queue_reports(occurrence.pk)
    return True


def _ending(occurrence: Occurrence) -> _Ending:
    run = occurrence.run
    if run is None:
        return _Ending(Occurrence.State.ERROR, "The run was removed from the history before it ended.")
    message = " ".join(part for part in (occurrence.message, run.message) if part)
    if run.status == FetchRun.Status.STOPPED:
        return _Ending(Occurrence.State.STOPPED, message)
    if run.status == FetchRun.Status.ERROR:
        return _Ending(Occurrence.State.ERROR, message)
    sends = occurrence.run_parameters.sends_reports
    return _Ending(Occurrence.State.REPORTING if sends else Occurrence.State.SUCCESS, message)


def queue_waiting_reports() -> int:
    """Queue again the reports that nobody is making, because a task was lost or a worker died; how many."""
    waiting = list(Occurrence.objects.awaiting_reports().values_list("pk", flat=True))
    for pk in waiting:
        _queue_reports(pk)
    return len(waiting)


def _queue_reports(occurrence_id: int) -> None:
    """Have a worker make the reports. The lease keeps the tick from queueing them again while the task waits."""
    with transaction.atomic():
        free = Occurrence.objects.awaiting_reports().filter(pk=occurrence_id)
        if free.update(lease_owner="", lease_token=F("lease_token") + 1, lease_until=database_time_in(LEASE_SECONDS)):
            token = Occurrence.objects.values_list("lease_token", flat=True).get(pk=occurrence_id)
            options = {"timeout": REPORT_TIMEOUT_SECONDS, "save": False}
            async_task("scheduling.tasks.make_reports", occurrence_id, token, q_options=options)


def make_occurrence_reports(occurrence_id: int, token: int) -> bool:
    """Make the reports and queue the mails. False, at once, if this task does not count any more."""
    queued = Occurrence.objects.filter(pk=occurrence_id, state=Occurrence.State.REPORTING, lease_token=token)
    if not queued.filter(lease_owner="").update(
        lease_owner=process_name(), lease_until=database_time_in(LEASE_SECONDS), attempts=F("attempts") + 1
    ):
        return False
    occurrence = Occurrence.objects.select_related("run").get(pk=occurrence_id)
    if occurrence.attempts > MAX_ATTEMPTS:
        _finish(occurrence, _Ending(Occurrence.State.ERROR, WORKER_DIED))
        return True
    held = Occurrence.objects.held_by(occurrence)
    with LeaseKeeper(held, LEASE_SECONDS, name=f"occurrence-{occurrence.pk}"):
        _make_and_queue(occurrence)
    return True


def _make_and_queue(occurrence: Occurrence) -> None:
    parameters = occurrence.run_parameters
    try:
        configurations = _configurations(parameters.email_ids)
        mailing = _mailing(occurrence, parameters)
        made = make_reports(mailing)
    except FilterGoneError as error:
        _finish(occurrence, _Ending(Occurrence.State.ERROR, error.message))
    except OperationalError:  # the database was away; the lease ends and the tick queues it again
        raise
    except Exception as error:
        logger.exception("The reports could not be made", extra=_extra(occurrence))
        message = f"The reports could not be made: {_words(error)}"
        _finish(occurrence, _Ending(Occurrence.State.ERROR, message))
    else:
        with transaction.atomic():
            if _finish(occurrence, _after_reports(occurrence, configurations)):
                emails = queue_made_reports(configurations, mailing, made)
                occurrence.emails.add(*emails)
                hand_to_worker([email.pk for email in emails if email.is_open])


def _words(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}. Look at the disk of the data directory."
    return "an error in this program, see the server's log."


def _after_reports(occurrence: Occurrence, configurations: list[EmailConfiguration]) -> _Ending:
    gone = len(occurrence.run_parameters.email_ids) - len(configurations)
    lost = f"{gone} of its email configurations do not exist any more." if gone else ""
    message = " ".join(part for part in (occurrence.message, lost) if part)
    return _Ending(Occurrence.State.SUCCESS if configurations else Occurrence.State.ERROR, message)


def _mailing(occurrence: Occurrence, parameters: RunParameters) -> ReportMailing:
    run = occurrence.run
    today = clock.now().astimezone(time_zone(parameters.zone)).date()
    partly = run is not None and run.companies_failed > 0
    return ReportMailing(
        kinds=parameters.report_kinds,
        report_format=ReportFormat(parameters.report_format),
        scope=ReportScope(parameters.query_filter(), parameters.period(today)),
        asked_by=occurrence.asked_by,
        key=occurrence.mail_key,
        schedule_name=occurrence.schedule_name,
        run_id=occurrence.run_id,
        subject_template=parameters.subject_template,
        skip_empty=parameters.skip_empty,
        status="Partial success" if partly else "Success",
        problem=_problem(run) if run is not None and partly else "",
    )


def _problem(run: FetchRun) -> str:
    whose = "its" if run.companies_failed == 1 else "their"
    figures = "figures are those of the last successful fetch, if there was one."
    return f"{run.failures_in_words} in this run; {whose} {figures}"


def _finish(occurrence: Occurrence, ending: _Ending) -> bool:
    """End a reporting occurrence under its claim; False if it was stopped or taken over meanwhile."""
    with transaction.atomic():
        held = Occurrence.objects.held_by(occurrence)
        if not held.update(state=ending.state, message=ending.message, lease_until=None, finished_at=clock.now()):
            return False
        occurrence.state, occurrence.message = ending.state, ending.message
        _raise_alarm(occurrence)
    return True


def _raise_alarm(occurrence: Occurrence) -> None:
    """Tell the alert configurations of a failure; once, whoever asks."""
    if occurrence.state == Occurrence.State.ERROR:
        tell_of_failure(occurrence)


def tell_of_failure(occurrence: Occurrence) -> list[OutgoingEmail]:
    """Queue the alert of an occurrence that failed, was missed or was skipped for good. Safe to repeat.

    Nothing is queued if the same was told lately.
    """
    if _was_told_lately(occurrence):
        return []
    name = occurrence.schedule_name or "A run"
    subject = f"{name}: {occurrence.get_state_display()}"
    lines = [
        f"{name}, due {_local(occurrence.due_at, occurrence.run_parameters.zone)}: {occurrence.get_state_display()}.",
        occurrence.message,
        *_what_follows(occurrence),
    ]
    emails = queue_alert(
        _configurations(occurrence.run_parameters.alert_ids),
        subject,
        [line for line in lines if line],
        dedupe_key=f"{occurrence.mail_key}:alert",
        about=AboutRun(occurrence.schedule_name, occurrence.run_id),
    )
    occurrence.emails.add(*emails)
    hand_to_worker([email.pk for email in emails if email.is_open])
    return emails


def _what_follows(occurrence: Occurrence) -> tuple[str, ...]:
    if occurrence.state == Occurrence.State.SKIPPED:
        return (SKIPPED_FOR_GOOD,)
    return ("No reports were sent.", f"If it fails in the same way again, {TOLD_AGAIN}.")


def _was_told_lately(occurrence: Occurrence) -> bool:
    """A schedule that runs every few minutes would fill mailboxes; another failure is told at once."""
    same = Occurrence.objects.filter(
        schedule=occurrence.schedule_id, state=occurrence.state, message=occurrence.message
    ).exclude(pk=occurrence.pk)
    alerts = OutgoingEmail.objects.filter(
        kind=OutgoingEmail.Kind.ALERT, occurrences__in=same, created_at__gt=clock.now() - TELL_AGAIN_AFTER
    )
    return occurrence.schedule_id is not None and alerts.exclude(state=OutgoingEmail.State.FAILED).exists()


def _local(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(time_zone(zone)):%Y-%m-%d %H:%M} ({zone})"


def _configurations(ids: Iterable[str]) -> list[EmailConfiguration]:
    return list(EmailConfiguration.objects.filter(pk__in=list(ids)))


def _extra(occurrence: Occurrence) -> dict[str, object]:
    return {"run_id": occurrence.run_id, "schedule": occurrence.schedule_name}
