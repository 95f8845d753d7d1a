from django.db import models

from intacct_usage.lib.singleton import SingleRowModel


class DispatchClock(SingleRowModel):
    """The latest moment at which schedules were looked at; tells when the clock was set back."""

    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.seen_at}"
