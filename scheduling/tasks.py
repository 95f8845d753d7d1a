"""What workers run. Each task takes ids, may be delivered twice, and works only under a claim."""

from intacct_usage.lib import clock
from notifications.alerts import queue_secret_reminders
from scheduling.lanes import work_in_seat
from scheduling.pipeline import make_occurrence_reports
from scheduling.pruning import prune_now_and_then
from scheduling.tick import tick


def regular_work() -> None:
    """The minute's step, besides the one that each worker's supervisor takes more often, and what may take longer."""
    tick()
    queue_secret_reminders(clock.today())
    prune_now_and_then()


def work_lane(run_id: int, number: int, token: int) -> None:
    """One slice of one lane of a run."""
    work_in_seat(run_id, number, token)


def make_reports(occurrence_id: int, token: int) -> None:
    """The reports of one occurrence, and the mails that carry them."""
    make_occurrence_reports(occurrence_id, token)
