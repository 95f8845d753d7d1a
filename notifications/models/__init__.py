"""The tables of whom reports go to and what became of each mail; one table and its QuerySet per file."""

from notifications.models.delivery_attempt import DeliveryAttempt
from notifications.models.email_configuration import EmailConfiguration
from notifications.models.email_part import EmailPart
from notifications.models.outgoing_email import OutgoingEmail
from notifications.models.report_request import ReportRequest

__all__ = ["DeliveryAttempt", "EmailConfiguration", "EmailPart", "OutgoingEmail", "ReportRequest"]
