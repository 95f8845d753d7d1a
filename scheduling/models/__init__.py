"""The tables of when things run and what became of them; one table and its QuerySet per file."""

from scheduling.models.dispatch_clock import DispatchClock
from scheduling.models.occurrence import Occurrence
from scheduling.models.recipients import AlertRecipient, ReportRecipient
from scheduling.models.run_lane import RunLane
from scheduling.models.schedule import Schedule, ScheduleLockedError
from scheduling.models.worker_beat import WorkerBeat

__all__ = [
    "AlertRecipient",
    "DispatchClock",
    "Occurrence",
    "ReportRecipient",
    "RunLane",
    "Schedule",
    "ScheduleLockedError",
    "WorkerBeat",
]
