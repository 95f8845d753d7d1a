"""Listens to news from below. News can be lost with the process; the tick finds what it would have started."""

import logging

from scheduling.models import Schedule
from scheduling.pipeline import settle_fetched

logger = logging.getLogger(__name__)


def follow_up_run(sender: object, run_id: int, **more: object) -> None:
    """Receiver of `fetch_run_finished`."""
    try:
        settle_fetched()
    except Exception:
        logger.exception("The end of the run could not be followed up now; the tick does it", extra={"run_id": run_id})


def keep_recipients(sender: object, instance: object, action: str, **more: object) -> None:
    """Receiver of `m2m_changed`: the recipients of an enabled schedule stay as they are."""
    if action.startswith("pre_") and isinstance(instance, Schedule) and instance.pk:
        Schedule.objects.get(pk=instance.pk).check_unlocked("edited", running_counts=False)
