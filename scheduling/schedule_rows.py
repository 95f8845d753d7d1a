"""The rows of the Schedules page: status, progress of the running one, and a mark that tells when a row changed."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scheduling.models import Schedule
from scheduling.schedule_status import ScheduleLine, StatusWord, with_status
from usage.fetching.run_progress import RunProgress, run_progress
from usage.models import FetchRun

MARK_LENGTH = 8


@dataclass(frozen=True)
class ScheduleRow:
    """`mark` changes with everything the row shows except `progress`, which is refreshed by itself."""

    line: ScheduleLine
    progress: RunProgress | None

    @property
    def schedule(self) -> Schedule:
        return self.line.schedule

    @property
    def status_key(self) -> str:
        return self.line.status.word.lower()

    @property
    def is_stopping(self) -> bool:
        last = self.line.last
        return self.line.is_running and last is not None and last.run is not None and bool(last.run.stop_requested_at)

    @property
    def is_deletable(self) -> bool:
        return not self.schedule.enabled and not self.line.is_running

    @property
    def mark(self) -> str:
        schedule, last = self.schedule, self.line.last
        shown = (
            (schedule.name, schedule.enabled, schedule.next_run_at, schedule.saved_at, schedule.query_filter_id),
            (self.line.status.word, self.line.status.detail, self.is_stopping, self.progress is None),
            (last.pk, last.state, last.message, last.finished_at) if last else None,
        )
        return hashlib.sha256(repr(shown).encode()).hexdigest()[:MARK_LENGTH]


def schedule_rows(schedules: Iterable[Schedule]) -> list[ScheduleRow]:
    """In the order given; a constant number of queries, because at most one run is at work at a time."""
    pks = [schedule.pk for schedule in schedules]
    lines = {line.schedule.pk: line for line in with_status(Schedule.objects.filter(pk__in=pks))}
    return [ScheduleRow(lines[pk], _progress(lines[pk])) for pk in pks if pk in lines]


def marked_rows(marks: Mapping[int, str]) -> tuple[list[ScheduleRow], list[ScheduleRow], list[int]]:
    """Of the rows a page shows (their marks by ID): all still there, those that changed, those that are gone."""
    rows = schedule_rows(Schedule.objects.filter(pk__in=marks).order_by("pk"))
    present = {row.schedule.pk for row in rows}
    changed = [row for row in rows if row.mark != marks[row.schedule.pk]]
    return rows, changed, [pk for pk in marks if pk not in present]


def is_lively(rows: Iterable[ScheduleRow]) -> bool:
    """Whether something runs, so that the page should look again soon."""
    return any(row.line.status.word == StatusWord.RUNNING for row in rows)


def _progress(line: ScheduleLine) -> RunProgress | None:
    run = line.last.run if line.last is not None and line.is_running else None
    return run_progress(run) if run is not None and run.status == FetchRun.Status.RUNNING else None
