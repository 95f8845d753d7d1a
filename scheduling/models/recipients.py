from django.db import models

from notifications.models import EmailConfiguration
from scheduling.models.schedule import Schedule


class ReportRecipient(models.Model):
    """An email configuration that gets a schedule's reports; it cannot be deleted while it is used."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE)
    configuration = models.ForeignKey(EmailConfiguration, on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schedule", "configuration"], name="scheduling_reportrecipient_once"),
        ]

    def __str__(self) -> str:
        return f"{self.configuration} gets the reports of {self.schedule}"


class AlertRecipient(models.Model):
    """An email configuration that is told when a schedule fails; it cannot be deleted while it is used."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE)
    configuration = models.ForeignKey(EmailConfiguration, on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schedule", "configuration"], name="scheduling_alertrecipient_once"),
        ]

    def __str__(self) -> str:
        return f"{self.configuration} is told when {self.schedule} fails"
