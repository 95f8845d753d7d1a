from datetime import timedelta
from typing import Self

from django.db import models

from intacct_usage.lib import clock

KEPT = timedelta(days=1)


class FormSubmissionQuerySet(models.QuerySet["FormSubmission"]):
    def recent(self, form: str, by: str, *, period: timedelta) -> Self:
        return self.filter(form=form, by=by, at__gt=clock.now() - period)

    def outdated(self) -> Self:
        return self.filter(at__lt=clock.now() - KEPT)


class FormSubmission(models.Model):
    """A form that was sent: its token is taken once, so that a double click or the back button has one effect."""

    token = models.UUIDField(unique=True)
    form = models.CharField(max_length=60, help_text="The address the form was sent to, by name.")
    by = models.CharField(max_length=150)
    at = models.DateTimeField(auto_now_add=True)

    objects = FormSubmissionQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["form", "by", "at"], name="usage_formsubmission_recent")]

    def __str__(self) -> str:
        return f"{self.form} by {self.by}"
