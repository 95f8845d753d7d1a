from typing import Any

from django.db import models

from notifications.models.outgoing_email import OutgoingEmail


class DeliveryAttempt(models.Model):
    """What happened once when a message was handed to a mail service. Never changed, only added."""

    class Outcome(models.TextChoices):
        SENT = "sent", "Sent"
        PARTIAL = "partial", "Partly sent"
        RETRY = "retry", "Failed, may pass later"
        FAILED = "failed", "Failed"
        UNKNOWN = "unknown", "May have been sent"

    email = models.ForeignKey(OutgoingEmail, on_delete=models.CASCADE, related_name="delivery_attempts")
    attempt = models.PositiveSmallIntegerField()
    part_number = models.PositiveSmallIntegerField(default=1)
    outcome = models.CharField(max_length=10, choices=Outcome)
    stage = models.CharField(max_length=20, help_text="How far it came.")
    server_answer = models.TextField(blank=True, help_text="The server's own words.")
    hint = models.TextField(blank=True)
    message_id = models.CharField(max_length=200, blank=True)
    provider_id = models.CharField(max_length=300, blank=True)
    size_bytes = models.PositiveBigIntegerField(default=0, help_text="Encoded size of the message.")
    accepted = models.JSONField(default=list, help_text="Addresses the server accepted.")
    refused = models.JSONField(default=dict, help_text="Addresses the server refused, with its words.")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()

    class Meta:
        verbose_name = "delivery attempt"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()}: {self.stage}"

    def save(self, *args: Any, **kwargs: Any) -> None:  # Any: Django's own signature
        if not self._state.adding:
            raise TypeError("A delivery attempt is history and cannot be changed.")
        super().save(*args, **kwargs)
