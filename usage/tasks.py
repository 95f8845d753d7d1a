"""What the worker does for pages of this app. Each task may be delivered twice."""

from usage.background_jobs import work_at
from usage.background_work import WORKS


def work_at_job(job_id: int) -> None:
    """Only the first claim does work."""
    work_at(job_id, WORKS)
