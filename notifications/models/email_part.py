from django.db import models

from notifications.models.outgoing_email import OutgoingEmail


class EmailPart(models.Model):
    """One message of an outgoing email, planned before anything is sent.

    Its Message-ID is fixed here, so that a message sent twice by mistake would be recognised by mail systems.
    """

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        SENDING = "sending", "Being handed over"
        SENT = "sent", "Sent"
        PARTIAL = "partial", "Partly sent"
        FAILED = "failed", "Failed"
        UNKNOWN = "unknown", "May have been sent"

    email = models.ForeignKey(OutgoingEmail, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveSmallIntegerField()
    count = models.PositiveSmallIntegerField(help_text="Parts of the email in all.")
    message_id = models.CharField(max_length=200, unique=True)
    attachments = models.JSONField(default=list)
    links = models.JSONField(default=list, help_text="Files offered for download because they are too large to send.")
    note = models.CharField(max_length=500, blank=True, help_text="What the mail says about its size.")
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    message = models.TextField(blank=True)

    class Meta:
        verbose_name = "part of an email"
        verbose_name_plural = "parts of emails"
        ordering = ["email", "number"]
        constraints = [
            models.UniqueConstraint(fields=["email", "number"], name="notifications_part_number_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.email} ({self.number} of {self.count})"
