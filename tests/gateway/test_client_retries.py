"""When a call is tried again, and what is never tried again."""

import pytest

from tests.gateway.companies import USER, World, world
from usage.gateway.errors import GatewayError
from usage.gateway.objects import USAGE_FIELDS, USAGE_OBJECT
from usage.gateway.retries import RetryBudget, RetryPolicy


class StoppedError(Exception):
    """What a stop flag raises."""


def fetch(here: World, **options: object) -> None:
    here.connect(**options).query(USAGE_OBJECT, USAGE_FIELDS, page_size=2000)


def test_a_refused_sign_in_is_sent_exactly_once() -> None:
    with world() as here, pytest.raises(GatewayError) as refused:
        fetch(here, user_password="wrong")

    assert (refused.value.family, refused.value.credential_class, refused.value.stops_run) == (
        "user_credentials",
        True,
        False,
    )
    assert here.gateway.ledger.count(function="getAPISession") == 1


def test_a_sign_in_is_tried_again_only_when_it_was_not_judged() -> None:
    with world() as here:
        here.fault("html_502", function="getAPISession", times=2)
        fetch(here)

    assert here.pauses == [1, 2]


def test_retry_after_is_honoured() -> None:
    with world() as here:
        here.fault("too_many_requests", function="query", times=1, retry_after="7")
        here.fault("too_many_requests", function="query", times=1, after=1, retry_after="100000")
        fetch(here)

    assert here.pauses == [7, 300]


def test_a_retry_after_does_not_make_a_refused_sign_in_worth_repeating() -> None:
    with world() as here, pytest.raises(GatewayError):
        here.fault("sign_in_refused_by_gateway", retry_after="1")
        fetch(here)

    assert here.pauses == []


def test_a_page_that_takes_the_network_too_long_is_halved() -> None:
    with world() as here:
        here.add_rows(3)
        here.fault("html_524", function="query", times=2)
        page = here.connect().query(USAGE_OBJECT, USAGE_FIELDS, page_size=2000)

    assert here.pauses == [60, 60]
    assert page.count == 3
    assert [entry.page_size for entry in here.gateway.ledger.calls(function="query")] == [2000, 1000, 500]


def test_the_budget_of_a_run_is_shared_by_its_companies() -> None:
    budget = RetryBudget(3)
    with world(pauses=RetryPolicy(jitter=lambda: 1.0, budget=budget)) as here:
        here.fault("http_500", function="query")
        client = here.client()
        for _ in range(2):
            with pytest.raises(GatewayError, match="Intacct server error"):
                fetch(here, client=client)

    assert here.pauses == [1, 2, 4]
    assert budget.left == 0


def test_a_stop_during_a_pause_ends_the_call() -> None:
    def stop(_seconds: float) -> None:
        raise StoppedError

    with world() as here, pytest.raises(StoppedError):
        here.fault("http_500", function="query")
        fetch(here, wait=stop)

    assert here.gateway.ledger.count(function="query") == 1


def test_fields_that_are_not_readable_are_left_out_once_and_from_then_on() -> None:
    with world() as here:
        here.add_rows(1)
        here.fault("fields_not_readable", function="query", times=1, fields=("POLICYID", "STATUS"))
        acme = here.connect()
        pages = [acme.query(USAGE_OBJECT, USAGE_FIELDS) for _ in range(2)]

    assert acme.unreadable_fields == {"POLICYID", "STATUS"}
    assert all(set(page.rows[0]) == set(USAGE_FIELDS) - {"POLICYID", "STATUS"} for page in pages)
    assert here.gateway.ledger.count(function="query") == 3


def test_fields_that_are_refused_one_after_the_other_are_all_left_out() -> None:
    with world() as here:
        here.add_rows(1)
        for place, name in enumerate(("POLICYID", "STATUS", "FUNCTION")):
            here.fault("fields_not_readable", function="query", after=place, times=1, fields=(name,))
        acme = here.connect()
        page = acme.query(USAGE_OBJECT, USAGE_FIELDS)

    assert set(page.rows[0]) == set(USAGE_FIELDS) - {"POLICYID", "STATUS", "FUNCTION"}
    assert here.gateway.ledger.count(function="query") == 4


@pytest.mark.parametrize("field", ["RECORDNO", "N_TRANS", "CREATED_TIME"])
def test_fields_a_query_needs_are_never_left_out(field: str) -> None:
    with world() as here, pytest.raises(GatewayError) as refused:
        here.fault("fields_not_readable", function="query", fields=(field,))
        here.connect().query(USAGE_OBJECT, USAGE_FIELDS, order_by=["CREATED_TIME"])

    assert refused.value.unreadable_fields == (field,)
    assert here.gateway.ledger.count(function="query") == 1


def test_pauses_are_told_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with world() as here:
        here.fault("too_many_requests", function="query", times=1, retry_after="40")
        fetch(here, user_id=USER)

    assert "[acme] Too many requests, waiting 40 s before try 2" in caplog.messages
