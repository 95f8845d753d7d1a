"""The six words of a schedule's status and what stands behind them; one rule for lists, pages and the command line."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import OuterRef, QuerySet, Subquery

from notifications.models import OutgoingEmail
from scheduling.models import Occurrence, Schedule
from usage.models import FetchRun

MailState = OutgoingEmail.State
MAIL_TROUBLE = {
    MailState.FAILED: "delivery failed",
    MailState.PARTIAL: "delivery incomplete",
    MailState.UNKNOWN: "delivery in doubt",
}


class StatusWord(StrEnum):
    SUCCESS = "Success"
    RUNNING = "Running"
    ERROR = "Error"
    STOPPED = "Stopped"
    DISABLED = "Disabled"
    PENDING = "Pending"


@dataclass(frozen=True)
class ScheduleStatus:
    """`detail` is the sub-state, without a full stop; often empty."""

    word: StatusWord
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.word}: {self.detail}" if self.detail else self.word.value


@dataclass(frozen=True)
class ScheduleLine:
    """A schedule with its status. `last` is what the status speaks of; None if it never ran."""

    schedule: Schedule
    status: ScheduleStatus
    last: Occurrence | None

    @property
    def is_running(self) -> bool:
        return self.status.word == StatusWord.RUNNING


@dataclass(frozen=True)
class _History:
    """Of one schedule: what its status speaks of, its latest occurrence, and the latest by its own times."""

    last: Occurrence | None
    latest: Occurrence | None
    timed: Occurrence | None


@dataclass(frozen=True)
class _Circumstances:
    """What is looked up once for all schedules."""

    occurrences: dict[int, Occurrence]
    active_run: FetchRun | None
    mails: Mapping[int, Counter[str]]
    """Of each occurrence: how many mails are in which state."""


def with_status(schedules: QuerySet[Schedule]) -> list[ScheduleLine]:
    """Four queries, however many schedules."""
    rows = list(
        schedules.select_related("query_filter").annotate(
            open_id=_latest(Occurrence.objects.open()),
            ran_id=_latest(Occurrence.objects.ran()),
            any_id=_latest(Occurrence.objects.all()),
            timed_id=_latest(Occurrence.objects.filter(origin=Occurrence.Origin.SCHEDULE)),
        )
    )
    wanted = {pk for row in rows for pk in (row.open_id, row.ran_id, row.any_id, row.timed_id) if pk}
    circumstances = _look_up(wanted)
    return [_line(row, (row.open_id or row.ran_id, row.any_id, row.timed_id), circumstances) for row in rows]


def status_of(schedule: Schedule) -> ScheduleStatus:
    [line] = with_status(Schedule.objects.filter(pk=schedule.pk))
    return line.status


def _latest(occurrences: QuerySet[Occurrence]) -> Subquery:
    return Subquery(occurrences.filter(schedule=OuterRef("pk")).order_by("-id").values("pk")[:1])


def _look_up(wanted: Iterable[int]) -> _Circumstances:
    occurrences = Occurrence.objects.select_related("run").in_bulk(list(wanted))
    return _Circumstances(occurrences, FetchRun.objects.running().first(), _mail_states(wanted))


def _mail_states(occurrences: Iterable[int]) -> Mapping[int, Counter[str]]:
    """A mail that somebody sent again with success counts as sent."""
    rows = OutgoingEmail.objects.filter(occurrences__in=occurrences).order_by()
    states: dict[tuple[int, int], str] = {}
    for occurrence, pk, state, state_of_copy in rows.values_list("occurrences", "pk", "state", "resends__state"):
        if state_of_copy == MailState.SENT:
            states[occurrence, pk] = MailState.SENT
        else:
            states.setdefault((occurrence, pk), state)
    counts: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for (occurrence, _), state in states.items():
        counts[occurrence][state] += 1
    return counts


def _line(schedule: Schedule, ids: Iterable[int | None], circumstances: _Circumstances) -> ScheduleLine:
    history = _History(*(circumstances.occurrences.get(pk) if pk else None for pk in ids))
    return ScheduleLine(schedule, _status(schedule, history, circumstances), history.last)


def _status(schedule: Schedule, history: _History, circumstances: _Circumstances) -> ScheduleStatus:
    last = history.last
    if last is not None and last.is_open:
        return ScheduleStatus(StatusWord.RUNNING, _running_detail(last, circumstances.active_run))
    if schedule.error_at is not None:
        return ScheduleStatus(StatusWord.ERROR, schedule.error_message.rstrip("."))
    outcome = _outcome(last, circumstances) if last is not None else None
    if not schedule.enabled:
        return ScheduleStatus(StatusWord.DISABLED, _disabled_detail(schedule, history, outcome))
    if outcome is None:
        return ScheduleStatus(StatusWord.PENDING)
    skipped = "" if history.latest == last else _not_run(history.latest)
    return ScheduleStatus(outcome.word, _joined(outcome.detail, skipped))


def _running_detail(occurrence: Occurrence, active_run: FetchRun | None) -> str:
    if occurrence.state == Occurrence.State.REPORTING:
        return "making reports"
    run = occurrence.run
    if run is None:
        return ""
    if run.stop_requested_at is not None:
        return "stopping"
    if run.status == FetchRun.Status.QUEUED:
        return f"queued behind run {active_run.pk}" if active_run else "queued"
    return ""


def _disabled_detail(schedule: Schedule, history: _History, outcome: ScheduleStatus | None) -> str:
    """Of a one-off it matters what became of its own time, whatever a person ran before or since."""
    timed = history.timed
    is_one_off = schedule.kind == Schedule.Kind.ONE_OFF
    not_run = _not_run(timed if is_one_off else history.latest)
    if outcome is None or (not_run and history.last == timed):
        return not_run
    ran = "ran" if is_one_off and timed is not None and not not_run else "last run"
    return _joined(f"{ran}: {outcome}", not_run)


def _not_run(occurrence: Occurrence | None) -> str:
    """Which time did not run; empty of one that ran."""
    reasons = {
        Occurrence.State.SKIPPED.value: "skipped, the run before it was still going",
        Occurrence.State.MISSED.value: "missed, the service was down",
    }
    if occurrence is None or occurrence.state not in reasons:
        return ""
    return f"{occurrence.due_at:%Y-%m-%d %H:%M} UTC was {reasons[occurrence.state]}"


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _outcome(occurrence: Occurrence, circumstances: _Circumstances) -> ScheduleStatus:
    """What an ended occurrence says."""
    state = Occurrence.State(occurrence.state)
    if state == Occurrence.State.STOPPED:
        return ScheduleStatus(StatusWord.STOPPED)
    if state == Occurrence.State.MISSED:
        return ScheduleStatus(StatusWord.ERROR, f"missed, {_lower_first(occurrence.message)}")
    if state == Occurrence.State.ERROR:
        return ScheduleStatus(StatusWord.ERROR, occurrence.message.rstrip("."))
    mails = circumstances.mails.get(occurrence.pk, Counter())
    parts = [_companies_detail(occurrence.run), *_mail_details(mails)]
    return ScheduleStatus(StatusWord.SUCCESS, _joined(*parts))


def _companies_detail(run: FetchRun | None) -> str:
    return run.failures_in_words if run else ""


def _mail_details(states: Counter[str]) -> Iterator[str]:
    """What is not well, of how many mails: one for each email configuration."""
    for state, words in MAIL_TROUBLE.items():
        if states[state]:
            yield f"{words} for {states[state]} of {states.total()}"
    waiting = sum(states[state] for state in OutgoingEmail.OPEN_STATES)
    if waiting:
        yield f"{waiting} mail{'s' if waiting > 1 else ''} waiting to be sent"


def _lower_first(sentence: str) -> str:
    return (sentence[:1].lower() + sentence[1:]).rstrip(".")
