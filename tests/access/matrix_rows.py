"""One row of each kind, with the number or key that the addresses of the matrix name."""

import uuid

from django.core.management.color import no_style
from django.db import connection

from notifications.models import EmailConfiguration, OutgoingEmail
from scheduling.models import Occurrence, Schedule
from tests.factories import make_company
from tests.operate.rows import make_mail, make_occurrence, make_run, make_schedule, make_working_installation
from usage.models import Company, FetchRun

KEY = uuid.UUID("00000000-0000-4000-8000-000000000001")


def make_rows() -> None:
    make_working_installation(age_seconds=-3600)
    make_company(pk=1)
    schedule = make_schedule("Nightly", pk=1)
    make_run(pk=1)
    make_occurrence(schedule, pk=1)
    EmailConfiguration.objects.create(
        pk=KEY, name="Finance", host="mail.example.com", from_address="usage@example.com", to="finance@example.com"
    )
    make_mail("failed", pk=1)
    _let_numbers_go_on()


def _let_numbers_go_on() -> None:
    """PostgreSQL does not notice numbers that were given by hand."""
    numbered = [Company, Schedule, Occurrence, FetchRun, OutgoingEmail]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), numbered):
            cursor.execute(statement)
