"""A step is repeated while the database is away, a few times, and never inside of a transaction."""

import pytest
from django.db import OperationalError, transaction

from usage.fetching import database_patience
from usage.fetching.database_patience import PAUSES_SECONDS, patiently
from usage.models import FetchRun


class Away:
    """A step that fails so many times before it answers."""

    def __init__(self, times: int) -> None:
        self.left = times
        self.calls = 0

    def __call__(self) -> int:
        self.calls += 1
        if self.left:
            self.left -= 1
            raise OperationalError("server closed the connection unexpectedly")
        return FetchRun.objects.count()


@pytest.mark.django_db(transaction=True)
def test_it_is_repeated_on_a_new_connection_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    step, pauses = Away(3), []

    answer = patiently(step, wait=pauses.append)

    assert (answer, step.calls, pauses) == (0, 4, list(PAUSES_SECONDS[:3]))
    assert [record.getMessage() for record in caplog.records if record.name == database_patience.__name__] == [
        "The database does not answer (OperationalError); it is tried again"
    ]


@pytest.mark.django_db(transaction=True)
def test_after_the_last_pause_the_error_is_raised() -> None:
    step = Away(99)

    with pytest.raises(OperationalError):
        patiently(step, wait=lambda seconds: None)

    assert step.calls == len(PAUSES_SECONDS) + 1


def test_inside_of_a_transaction_it_is_not_repeated(db: None) -> None:
    step = Away(1)

    with pytest.raises(OperationalError), transaction.atomic():
        patiently(step, wait=lambda seconds: None)

    assert step.calls == 1
