"""Which schedule the log lines of a fetch run belong to: fetching itself does not know it."""

from contextlib import AbstractContextManager

from intacct_usage.logs.context import log_context
from scheduling.models import Occurrence


def about_run(run_id: int) -> AbstractContextManager[None]:
    """Everything logged inside the block names the run and, if it has one, its schedule."""
    names = Occurrence.objects.filter(run_id=run_id).values_list("schedule_name", flat=True)
    return log_context(run_id=run_id, schedule=names.first() or None)
