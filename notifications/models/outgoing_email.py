from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from intacct_usage.lib.leases import database_time_in
from notifications.models.email_configuration import EmailConfiguration
from notifications.recipients import Recipients


class OutgoingEmailQuerySet(models.QuerySet["OutgoingEmail"]):
    def claim(self, pk: int, *, owner: str, lease_seconds: float) -> "OutgoingEmail | None":
        """Take one due mail for sending; None if it is not due or somebody else has it.

        The lease token grows with each claim, so that a claim that was lost can be told from the present one.
        """
        due = self.filter(pk=pk, state=OutgoingEmail.State.PENDING).filter(
            Q(next_attempt_at=None) | Q(next_attempt_at__lte=Now())
        )
        won = due.update(
            state=OutgoingEmail.State.SENDING,
            attempts=F("attempts") + 1,
            lease_owner=owner,
            lease_token=F("lease_token") + 1,
            lease_until=database_time_in(lease_seconds),
        )
        return self.select_related("configuration").get(pk=pk) if won else None

    def held_by(self, email: "OutgoingEmail") -> Self:
        """The row of this claim; empty once the lease was taken away."""
        return self.filter(pk=email.pk, state=OutgoingEmail.State.SENDING, lease_token=email.lease_token)

    def due(self) -> Self:
        """What the worker sends. A test is sent by whoever asks for it, with values that may not be stored."""
        pending = self.filter(state=OutgoingEmail.State.PENDING).exclude(kind=OutgoingEmail.Kind.TEST)
        return pending.filter(Q(next_attempt_at=None) | Q(next_attempt_at__lte=Now()))

    def abandoned(self) -> Self:
        """Mails whose sender died: the lease is over."""
        return self.filter(state=OutgoingEmail.State.SENDING, lease_until__lt=Now())


class OutgoingEmail(models.Model):
    """One mail to the recipients of one email configuration, and what became of it.

    A mail that is too large goes out as several parts (`EmailPart`), each a message of its own.
    """

    class Kind(models.TextChoices):
        REPORT = "report", "Report"
        TEST = "test", "Test"
        ALERT = "alert", "Alert"

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        SENDING = "sending", "Sending"
        SENT = "sent", "Sent"
        PARTIAL = "partial", "Partly sent"
        FAILED = "failed", "Failed"
        UNKNOWN = "unknown", "May have been sent"
        SKIPPED = "skipped", "Skipped"

    OPEN_STATES = (State.PENDING, State.SENDING)

    dedupe_key = models.CharField(max_length=200, unique=True, help_text="The occurrence or request, configuration.")
    kind = models.CharField(max_length=10, choices=Kind)
    configuration = models.ForeignKey(
        EmailConfiguration, null=True, blank=True, on_delete=models.SET_NULL, related_name="emails"
    )
    configuration_name = models.CharField(max_length=100)
    subject = models.CharField(max_length=250)
    recipients = models.JSONField(default=dict, help_text="Snapshot of To, CC and BCC.")
    content = models.JSONField(default=dict, help_text="What the templates of the mail are filled with.")
    attachments = models.JSONField(default=list, help_text="Report files under the data directory.")
    asked_by = models.CharField(max_length=150, blank=True)
    note = models.CharField(max_length=300, blank=True)
    schedule_name = models.CharField(max_length=100, blank=True)
    run_id = models.PositiveBigIntegerField(null=True, blank=True)
    resend_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="resends")

    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    message = models.TextField(blank=True, help_text="What became of it, in a sentence for people.")
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_owner = models.CharField(max_length=100, blank=True)
    lease_token = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    size_limit_bytes = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="Learnt from a server that refused the size; bounds the next plan."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = OutgoingEmailQuerySet.as_manager()

    class Meta:
        verbose_name = "outgoing email"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="sending") | Q(lease_until__isnull=False),
                name="notifications_email_sending_has_a_lease",
            ),
        ]
        indexes = [
            # The tick looks for due mails and dead leases every half minute.
            models.Index(
                fields=["state", "next_attempt_at"],
                condition=Q(state__in=["pending", "sending"]),
                name="notifications_email_open",
            ),
            # Pages list the mails of a run and of a configuration, newest first.
            models.Index(fields=["run_id"], name="notifications_email_run"),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN_STATES

    @property
    def goes_on_at_once(self) -> bool:
        """Given back with a part of it done, because it takes long."""
        return self.state == self.State.PENDING and self.next_attempt_at is None and self.lease_token > 0

    def recipients_parsed(self) -> Recipients:
        return Recipients.from_lists(self.recipients)

    def can_be_sent_again(self) -> bool:
        return not self.is_open and self.kind != self.Kind.TEST
