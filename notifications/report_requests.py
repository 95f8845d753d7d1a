"""Send Reports: what a person asks for is written down first, and made and sent by the worker."""

import logging
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta

from django.db import OperationalError, transaction
from django.db.models import F
from django_q.tasks import async_task

from intacct_usage.audit.models import Action
from intacct_usage.audit.recording import Change, record
from intacct_usage.lib import clock
from intacct_usage.lib.leases import LeaseKeeper, database_time_in
from notifications.models import EmailConfiguration, OutgoingEmail, ReportRequest
from notifications.outbox import REQUEST_PREFIX, hand_to_worker, refuse_too_many_requests
from notifications.report_delivery import MadeReports, ReportMailing, make_reports, queue_made_reports
from usage.reports import ReportFormat, ReportKind, ReportScope
from usage.reports.scope import FilterGoneError

logger = logging.getLogger(__name__)

LEASE_SECONDS = 60.0
TIMEOUT_SECONDS = 60 * 60
MAX_ATTEMPTS = 3
GIVEN_UP = (
    "The worker ended three times while it made these reports, or lost the database: perhaps they are too large. "
    "Choose a shorter range or fewer reports, and look into the log."
)
CONFIGURATIONS_GONE = "The email configurations were deleted before anything was made. Nothing was sent."
NOT_MADE = "The reports could not be made ({reason}). Nothing was sent; the log holds the details."


def ask_for_reports(
    configurations: Iterable[EmailConfiguration],
    kinds: Sequence[ReportKind],
    report_format: ReportFormat,
    scope: ReportScope,
    *,
    asked_by: str,
) -> ReportRequest:
    """Write the request down and wake the worker, both or neither. Raises TooManyRequestsError."""
    refuse_too_many_requests(asked_by)
    with transaction.atomic():
        request = ReportRequest.objects.create(
            asked_by=asked_by,
            kinds=[kind.value for kind in kinds],
            report_format=report_format,
            query_filter=scope.query_filter,
            filter_name=scope.filter_name,
            other_only=scope.other_only,
            first_day=scope.period.first_day,
            last_day=scope.period.last_day,
        )
        request.configurations.set(configurations)
        to = {one.name: one.recipients.addresses for one in request.configurations.all()}
        what = ", ".join(kind.label for kind in kinds)
        record(asked_by, Action.REPORTS_SENT, target=what, change=Change(after={"sent to": to}))
        wake_worker(request.pk)
    return request


def wake_worker(request_id: int) -> None:
    """Have a worker make the reports; large ones take longer than an ordinary task may."""
    options = {"timeout": TIMEOUT_SECONDS, "save": False}
    async_task("notifications.tasks.make_requested_reports", request_id, q_options=options)


def make_reports_of(request_id: int) -> list[OutgoingEmail]:
    """Make the files, queue the mails and have them sent. Safe to deliver twice: only the first claim does work.

    Raises OperationalError when the database fails; then nothing was queued and the request can be claimed again
    after its lease.
    """
    claimed = ReportRequest.objects.claimable().filter(pk=request_id)
    making = ReportRequest.State.MAKING
    if not claimed.update(state=making, lease_until=database_time_in(LEASE_SECONDS), attempts=F("attempts") + 1):
        return []
    request = ReportRequest.objects.select_related("query_filter").get(pk=request_id)
    configurations = list(request.configurations.all())
    if request.attempts > MAX_ATTEMPTS or not configurations:
        _end(request, ReportRequest.State.FAILED, GIVEN_UP if configurations else CONFIGURATIONS_GONE)
        return []
    held = ReportRequest.objects.held_by(request)
    try:
        with LeaseKeeper(held, LEASE_SECONDS, name=f"report-request-{request.pk}"):
            mailing = _mailing(request)
            return _hand_over(request, configurations, mailing, make_reports(mailing))
    except OperationalError:  # nothing was written; the tick has it tried again when the lease has ended
        raise
    except FilterGoneError as gone:
        _end(request, ReportRequest.State.FAILED, f"{gone.message} Nothing was sent.")
        return []
    except Exception as error:
        logger.exception("The reports that %s asked for could not be made", request.asked_by)
        _end(request, ReportRequest.State.FAILED, NOT_MADE.format(reason=type(error).__name__))
        return []


def emails_of(request: ReportRequest) -> list[OutgoingEmail]:
    """The mails of a request, in the order of their configurations' names."""
    keys = f"{REQUEST_PREFIX}{request.pk}:"
    emails = OutgoingEmail.objects.filter(dedupe_key__startswith=keys).defer("content", "attachments")
    return list(emails.order_by("configuration_name"))


def forgotten_request_ids(limit: int = 20) -> list[int]:
    """Requests whose task was lost: the tick wakes the worker for them again."""
    asked_before = clock.now() - timedelta(minutes=1)
    return list(
        ReportRequest.objects.claimable()
        .filter(asked_at__lt=asked_before)
        .order_by("pk")
        .values_list("pk", flat=True)[:limit]
    )


def request_for_filters(filters: Collection[int]) -> str:
    """Why these filters cannot be deleted now: reports that are not made yet (see usage.filters.work)."""
    request = ReportRequest.objects.open().filter(query_filter__in=filters).select_related("query_filter").first()
    if request is None:
        return ""
    return f"{request} still need the filter “{request.query_filter}”; delete it when they are made."


def _mailing(request: ReportRequest) -> ReportMailing:
    return ReportMailing(
        kinds=request.report_kinds,
        report_format=ReportFormat(request.report_format),
        scope=request.scope,
        asked_by=request.asked_by,
        key=f"{REQUEST_PREFIX}{request.pk}",
    )


@transaction.atomic
def _hand_over(
    request: ReportRequest, configurations: list[EmailConfiguration], mailing: ReportMailing, made: MadeReports
) -> list[OutgoingEmail]:
    """Queue all mails, end the request and wake the worker for them, or nothing of it."""
    if not _end(request, ReportRequest.State.QUEUED, ""):
        return []
    emails = queue_made_reports(configurations, mailing, made)
    hand_to_worker([email.pk for email in emails])
    return emails


def _end(request: ReportRequest, state: ReportRequest.State, message: str) -> bool:
    """Of an attempt that was taken over meanwhile nothing is written; then False."""
    return bool(ReportRequest.objects.held_by(request).update(state=state, message=message, lease_until=None))
