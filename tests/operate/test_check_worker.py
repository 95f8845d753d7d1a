"""`manage.py check_worker`: the health check of the worker's container."""

import pytest
from django.core.management import CommandError, call_command

from intacct_usage.lib.process_name import HOST
from tests.operate.rows import make_beat


def test_a_worker_on_this_host_is_enough(db: None) -> None:
    make_beat(host=HOST)

    call_command("check_worker")


def test_a_worker_elsewhere_counts_only_if_asked_for(db: None) -> None:
    make_beat(host="elsewhere")

    call_command("check_worker", "--any-host")
    with pytest.raises(CommandError, match=f"No worker on {HOST} has given a sign of life in the last 30 seconds"):
        call_command("check_worker")


def test_a_worker_that_fell_silent_does_not_count(db: None) -> None:
    make_beat(host=HOST, age_seconds=45)

    with pytest.raises(CommandError):
        call_command("check_worker")
