"""What holds runs against the truth, itself held against planted errors: each is found."""

from collections.abc import Callable
from email.message import EmailMessage
from types import SimpleNamespace

import pytest

from bench import kill_sweep_child
from notifications.models import EmailPart, OutgoingEmail
from scheduling.models import Occurrence
from tests.scheduling.schedules import DUE, make_schedule
from tests.workers.installation import world
from tests.workers.ledger_check import differences, false_states
from tests.worlds import World
from usage.models import CompanyFetch, FetchRun, UsageRecord

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def fetched(make_world: Callable[..., World]) -> tuple[World, FetchRun]:
    made = make_world(world(4))
    return made, made.fetch()


def test_a_true_state_passes(fetched: tuple[World, FetchRun]) -> None:
    made, run = fetched

    assert differences(made) == false_states(run) == []


RECORD_DAMAGE: dict[str, Callable[[], object]] = {
    "a record lost": lambda: UsageRecord.objects.filter(pk=UsageRecord.objects.first().pk).delete(),
    "a company half stored": lambda: UsageRecord.objects.filter(
        company=CompanyFetch.objects.first().company, pk__gt=UsageRecord.objects.first().pk
    ).delete(),
    "a record too many": lambda: add_copy(),
    "a record with another count": lambda: UsageRecord.objects.filter(pk=UsageRecord.objects.first().pk).update(
        transactions=999
    ),
}


def add_copy() -> None:
    record = UsageRecord.objects.first()
    record.pk, record.record_no = None, "77777777"
    record.save()


@pytest.mark.parametrize("damage", RECORD_DAMAGE)
def test_records_that_are_not_intaccts_are_found(fetched: tuple[World, FetchRun], damage: str) -> None:
    made, _ = fetched

    RECORD_DAMAGE[damage]()

    assert len(differences(made)) == 1


STATE_DAMAGE: dict[str, Callable[[FetchRun], object]] = {
    "a run that never ends": lambda run: FetchRun.objects.update(status="running"),
    "a company left behind": lambda run: CompanyFetch.objects.filter(pk=run.company_fetches.first().pk).update(
        status="running"
    ),
    "a wrong count": lambda run: FetchRun.objects.update(companies_done=3),
    "less stored than expected": lambda run: CompanyFetch.objects.filter(pk=run.company_fetches.first().pk).update(
        inserted=0
    ),
}


@pytest.mark.parametrize("damage", STATE_DAMAGE)
def test_states_that_cannot_be_true_are_found(fetched: tuple[World, FetchRun], damage: str) -> None:
    _, run = fetched

    STATE_DAMAGE[damage](run)

    assert false_states(run)


def received(*message_ids: str) -> SimpleNamespace:
    """An installation whose mail server accepted these messages."""
    messages = []
    for message_id in message_ids:
        message = EmailMessage()
        message["Message-ID"] = message_id
        messages.append(SimpleNamespace(parsed=lambda message=message: message))
    return SimpleNamespace(mail=SimpleNamespace(messages=lambda: messages))


@pytest.mark.parametrize(
    ("accepted", "mails", "found"),
    [
        (("<1@x>",), 1, []),
        (("<1@x>", "<1@x>"), 1, ["<1@x> was accepted 2 times"]),
        ((), 1, ["Report says sent, but <1@x> was never accepted"]),
        (("<1@x>",), 2, ["Nightly, 2026-03-02 02:30 UTC has 1 mails"]),
    ],
)
def test_mails_sent_twice_or_never_are_found(accepted: tuple[str, ...], mails: int, found: list[str]) -> None:
    email = OutgoingEmail.objects.create(dedupe_key="1", kind="report", state="sent", subject="Report")
    EmailPart.objects.create(email=email, number=1, count=1, message_id="<1@x>", state="sent")
    occurrence = Occurrence.objects.create(
        schedule=make_schedule(),
        schedule_name="Nightly",
        due_at=DUE,
        asked_by="t",
        state="success",
        parameters={"email_ids": ["a", "b"][:mails]},
    )
    occurrence.emails.add(email)

    assert kill_sweep_child.false_mails(received(*accepted)) == found
