"""A form that is sent twice has one effect, and what reaches outward has an hourly limit."""

import threading
import uuid

import pytest
from django.db import connection

from intacct_usage.lib.refusals import TooManyRequestsError
from tests.web.conftest import ClientAs
from tests.web.posting import post, said
from usage.form_submissions import limit_submissions, take_submission
from usage.models import Company, FormSubmission
from usage.views.once import ALREADY_SENT


def test_a_form_that_is_sent_twice_adds_once_and_says_so(client_as: ClientAs) -> None:
    client, token = client_as("Manager"), str(uuid.uuid4())

    first = post(client, "/configuration/companies/add/", once=token, ids="UK_Acme")
    second = post(client, "/configuration/companies/add/", once=token, ids="UK_Other")

    assert (first.status_code, second.status_code) == (302, 302)
    assert said(second)[-1] == ALREADY_SENT
    assert list(Company.objects.values_list("intacct_id", flat=True)) == ["UK_Acme"]


def test_of_many_submits_at_the_same_time_one_goes_through(transactional_db) -> None:
    token, wins = str(uuid.uuid4()), []

    def submit() -> None:
        wins.append(take_submission(token, form="clear", by="ada"))
        connection.close()

    threads = [threading.Thread(target=submit) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(wins) == [False] * 5 + [True]


def test_a_text_that_is_no_token_goes_nowhere(db) -> None:
    assert take_submission("x", form="clear", by="ada") is False
    assert not FormSubmission.objects.exists()


def test_the_eleventh_submit_within_an_hour_is_refused_for_this_person_alone(db, time_machine) -> None:
    for by in ["ada"] * 11 + ["bob"]:
        take_submission(str(uuid.uuid4()), form="test_proxy", by=by)

    with pytest.raises(TooManyRequestsError, match="More than 10 tests of a proxy in an hour"):
        limit_submissions("test_proxy", by="ada", what="tests of a proxy")
    limit_submissions("test_proxy", by="bob", what="tests of a proxy")
    limit_submissions("save_proxy", by="ada", what="tests of a proxy")


def test_tokens_are_forgotten_after_a_day(db, time_machine) -> None:
    time_machine.move_to("2026-03-01T10:00:00Z")
    take_submission(str(uuid.uuid4()), form="clear", by="ada")

    time_machine.move_to("2026-03-02T10:00:01Z")
    take_submission(str(uuid.uuid4()), form="clear", by="ada")

    assert FormSubmission.objects.count() == 1
