"""A form that is sent twice has one effect, and what reaches outward has an hourly limit."""

import threading
import uuid
from unittest.mock import Mock

import pytest
from django.db import OperationalError, connection

from intacct_usage.lib.refusals import TooManyRequestsError
from tests.web.conftest import ClientAs
from tests.web.posting import post, said
from usage.form_submissions import HOUR, limit_submissions, take_submission
from usage.models import Company, FormSubmission
from usage.views import company_files
from usage.views.once import ALREADY_SENT


def test_a_form_that_is_sent_twice_adds_once_and_says_so(client_as: ClientAs) -> None:
    client, token = client_as("Manager"), str(uuid.uuid4())

    first = post(client, "/configuration/companies/add/", once=token, ids="UK_Acme")
    second = post(client, "/configuration/companies/add/", once=token, ids="UK_Other")

    assert (first.status_code, second.status_code) == (302, 302)
    assert said(second)[-1] == ALREADY_SENT
    assert list(Company.objects.values_list("intacct_id", flat=True)) == ["UK_Acme"]


def test_a_form_whose_view_failed_can_be_sent_again_and_each_try_counts(
    client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, token = client_as("Manager"), str(uuid.uuid4())
    with monkeypatch.context() as broken:
        broken.setattr(company_files, "add_companies", Mock(side_effect=OperationalError("database is locked")))
        failed = post(client, "/configuration/companies/add/", once=token, ids="UK_Acme")

    again = post(client, "/configuration/companies/add/", once=token, ids="UK_Acme")
    third = post(client, "/configuration/companies/add/", once=token, ids="UK_Other")

    assert (failed.status_code, again.status_code) == (503, 302)
    assert list(Company.objects.values_list("intacct_id", flat=True)) == ["UK_Acme"]
    assert said(third)[-1] == ALREADY_SENT
    assert FormSubmission.objects.recent("usage:add_companies", "someone-Manager", period=HOUR).count() == 2


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
