"""How many test mails one person may send in an hour.

Two limits, because they keep two things away. Mail that left is bounded for each configuration, so that tests are no
way to flood a mailbox. All tests together, also those that failed before anything left, are bounded far higher: setting
up takes many tries, and guessing passwords at somebody's mail server would take many more.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from intacct_usage.lib import clock
from intacct_usage.lib.actors import COMMAND_LINE
from notifications.models import EmailConfiguration, OutgoingEmail
from notifications.recipients import Recipients

HOUR = timedelta(hours=1)
ACCEPTED_TESTS_PER_HOUR = 10
"""Of one configuration, told by its name or by its recipients: tests a server took, may have taken, or is taking."""
TESTS_PER_HOUR = 60
NOTHING_LEFT = (OutgoingEmail.State.FAILED, OutgoingEmail.State.SKIPPED)


class TooManyTestsError(Exception):
    """More tests in an hour than one person may send. `message` says when the next one is possible."""

    def __init__(self, what: str, next_at: datetime) -> None:
        self.message = (
            f"{what} The next one can be sent at {timezone.localtime(next_at):%H:%M %Z}; "
            "what the last ones said is in the delivery log."
        )
        super().__init__(self.message)


def refuse_too_many_tests(configuration: EmailConfiguration, *, asked_by: str) -> None:
    """Raises TooManyTestsError; the command line has no limit."""
    if asked_by == COMMAND_LINE:
        return
    tests = OutgoingEmail.objects.filter(kind=OutgoingEmail.Kind.TEST, asked_by=asked_by)
    recent = tests.filter(created_at__gt=clock.now() - HOUR).order_by("-created_at")
    rows = list(recent.only("configuration_name", "recipients", "state", "created_at")[:TESTS_PER_HOUR])
    _refuse(rows, TESTS_PER_HOUR, f"{TESTS_PER_HOUR} tests within an hour are the most, also of those that failed.")
    name, people = configuration.name.casefold(), _people(configuration.recipients)
    alike = [
        row
        for row in rows
        if row.state not in NOTHING_LEFT
        and (row.configuration_name.casefold() == name or _people(row.recipients_parsed()) == people)
    ]
    most = f"{ACCEPTED_TESTS_PER_HOUR} test mails of one configuration, or to the same recipients, within an hour"
    _refuse(alike, ACCEPTED_TESTS_PER_HOUR, f"{most} are the most.")


def _refuse(tests: Sequence[OutgoingEmail], most: int, what: str) -> None:
    """`tests` are the newest first."""
    if len(tests) >= most:
        raise TooManyTestsError(what, tests[most - 1].created_at + HOUR + timedelta(minutes=1))


def _people(recipients: Recipients) -> frozenset[str]:
    return frozenset(address.casefold() for address in recipients.addresses)
