"""What a schedule that is new or changed may not have, though one that was stored before goes on with it."""

from datetime import datetime
from typing import Final

from intacct_usage.lib.plurals import counted
from scheduling.recurrence.base import Recurrence
from scheduling.recurrence.cron import Cron
from scheduling.recurrence.kinds import SHORTEST_INTERVAL_MINUTES, OneOff

PASSED: Final = "This time has passed. Enter one to come."


def refusal_of_new(recurrence: Recurrence, moment: datetime) -> str:
    """Why it cannot be saved at `moment` (aware), in a sentence; empty if it can."""
    if isinstance(recurrence, OneOff) and recurrence.next_after(moment) is None:
        return PASSED
    if isinstance(recurrence, Cron) and recurrence.closest_minutes < SHORTEST_INTERVAL_MINUTES:
        minutes = counted(recurrence.closest_minutes, "minute")
        return (
            f"Two runs of this cron expression are only {minutes} apart. Leave at "
            f"least {SHORTEST_INTERVAL_MINUTES} minutes between them, for example by */15 * * * *: Intacct counts "
            "what a run fetches as usage."
        )
    return ""
