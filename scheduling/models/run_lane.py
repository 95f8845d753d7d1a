from django.db import models

from usage.models import FetchRun


class RunLane(models.Model):
    """A seat for one lane of a run: waiting in the queue (no owner) or at work, both under a lease.

    Its token is raised each time the seat is queued anew, so that a task delivered twice, or long after, finds that
    it no longer counts.
    """

    run = models.ForeignKey(FetchRun, on_delete=models.CASCADE, related_name="lanes", db_index=False)
    number = models.PositiveSmallIntegerField()
    token = models.PositiveIntegerField(default=1)
    owner = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="scheduling_runlane_seat")]

    def __str__(self) -> str:
        return f"Lane {self.number} of run {self.run_id}"
