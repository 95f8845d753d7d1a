"""One submit of a form has one effect, and actions that reach outward have an hourly limit."""

import logging
import uuid
from datetime import timedelta
from typing import Final

from django.db import DatabaseError, IntegrityError, InterfaceError, transaction

from intacct_usage.lib.refusals import TooManyRequestsError
from usage.models import FormSubmission

logger = logging.getLogger(__name__)

HOUR: Final = timedelta(hours=1)
TRIES_PER_HOUR: Final = 10
"""For each person: tests of a proxy, sign-ins with new credentials, loads of the company list."""


def take_submission(token: str, *, form: str, by: str) -> bool:
    """Whether this is the first submit of the form that carries the token. A token that is none counts as taken."""
    try:
        key = uuid.UUID(token)
    except ValueError:
        return False
    FormSubmission.objects.outdated().delete()
    try:
        with transaction.atomic():
            FormSubmission.objects.create(token=key, form=form, by=by)
    except IntegrityError:
        return False
    return True


def give_back_submission(token: str) -> None:
    """Let the form of a token that was taken be sent once more; the try still counts for the hourly limit.

    Never raises: where the database is away the token stays taken.
    """
    try:
        with transaction.atomic():
            FormSubmission.objects.filter(token=token).update(token=uuid.uuid4())
    except (DatabaseError, InterfaceError):
        logger.warning("The token of a form that failed could not be given back", exc_info=True)


def limit_submissions(form: str, *, by: str, what: str, most: int = TRIES_PER_HOUR) -> None:
    """Raise TooManyRequestsError when this person sent the form more than `most` times within an hour.

    The present submission counts, so call this after `take_submission`.
    """
    if FormSubmission.objects.recent(form, by, period=HOUR).count() > most:
        raise TooManyRequestsError(f"More than {most} {what} in an hour. Nothing was tried this time.", 600)
