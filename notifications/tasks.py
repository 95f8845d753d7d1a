"""What the worker does for mails. Each task may be delivered twice."""

from notifications.delivery import deliver
from notifications.outbox import due_ids, hand_to_worker, reap_abandoned
from notifications.report_requests import forgotten_request_ids, make_reports_of, wake_worker


def deliver_email(outgoing_email_id: int) -> None:
    """Send one mail, or as much of it as fits into a task. Only the first claim does work."""
    email = deliver(outgoing_email_id)
    if email.goes_on_at_once:
        hand_to_worker([email.pk])


def make_requested_reports(report_request_id: int) -> None:
    """Make the reports a person asked for, and have them sent. Only the first claim does work."""
    make_reports_of(report_request_id)


def look_after_outbox() -> None:
    """Close what died, and start what is due: the part of the tick that concerns mail."""
    reap_abandoned()
    hand_to_worker(due_ids())
    for pk in forgotten_request_ids():
        wake_worker(pk)
