"""Signing in: once, lazily, renewed in time, at the endpoint Intacct names, for the company asked for."""

import pytest

from intacct_usage.simulator.scenario import CompanyScenario, GatewayOptions
from tests.gateway.companies import USER, world
from usage.gateway.errors import GatewayError
from usage.gateway.objects import USAGE_FIELDS, USAGE_OBJECT


def test_the_first_query_signs_in_and_further_ones_keep_the_session() -> None:
    with world() as here:
        here.add_rows(5)
        acme = here.connect()
        pages = [acme.query(USAGE_OBJECT, USAGE_FIELDS, page_size=3, offset=offset) for offset in (0, 3)]

    counts = [(page.total_count, page.offset, page.count, page.remaining) for page in pages]
    assert counts == [(5, 0, 3, 2), (5, 3, 2, 0)]
    assert here.gateway.ledger.count(function="getAPISession") == 1
    assert acme.requests_sent == 3


def test_sign_in_proves_user_and_company_and_opens_a_new_session_each_time() -> None:
    with world() as here:
        acme = here.connect()
        first, second = acme.sign_in(), acme.sign_in()

    assert first.session_id != second.session_id
    assert (first.company_id, first.authentication.user_id) == ("acme", USER)
    assert first.signed_in_at < first.expires_at
    assert acme.last_authentication == second.authentication
    assert first.session_id not in repr(first)


def test_later_requests_go_to_the_endpoint_the_sign_in_returns() -> None:
    with world(gateway=GatewayOptions(endpoint="pod")) as here:
        acme = here.connect()
        session = acme.sign_in()
        acme.lookup(USAGE_OBJECT)

    assert session.endpoint_url == here.gateway.pod_url


@pytest.mark.parametrize(("passed_minutes", "sign_ins"), [(114, 1), (116, 2)])
def test_a_session_is_renewed_when_less_than_five_minutes_are_left(passed_minutes: int, sign_ins: int) -> None:
    now = [1000.0]
    with world(gateway=GatewayOptions(session_minutes=120)) as here:
        acme = here.connect(clock=lambda: now[0])
        acme.lookup(USAGE_OBJECT)
        now[0] += passed_minutes * 60
        acme.lookup(USAGE_OBJECT)

    assert here.gateway.ledger.count(function="getAPISession") == sign_ins


def test_a_session_of_a_few_minutes_is_not_renewed_at_every_call() -> None:
    with world(gateway=GatewayOptions(session_minutes=3)) as here:
        acme = here.connect()
        acme.lookup(USAGE_OBJECT)
        acme.lookup(USAGE_OBJECT)

    assert here.gateway.ledger.count(function="getAPISession") == 1


def test_a_session_that_ends_while_paging_is_renewed_once_and_the_page_comes() -> None:
    with world() as here:
        here.add_rows(5)
        acme = here.connect()
        acme.query(USAGE_OBJECT, USAGE_FIELDS, page_size=3)
        here.gateway.end_sessions()
        page = acme.query(USAGE_OBJECT, USAGE_FIELDS, page_size=3, offset=3)

    assert (page.count, page.remaining) == (2, 0)
    assert here.gateway.ledger.count(function="getAPISession") == 2
    assert here.pauses == []


def test_a_new_session_that_is_refused_as_well_is_not_renewed_again() -> None:
    with world() as here:
        here.fault("invalid_session", function="query")
        with pytest.raises(GatewayError) as refused:
            here.connect().query(USAGE_OBJECT, USAGE_FIELDS)

    assert (refused.value.family, refused.value.text) == ("session", "Invalid session [redacted]")
    assert here.gateway.ledger.count(function="getAPISession") == 2


def test_a_foreign_endpoint_in_the_answer_is_refused_and_never_contacted() -> None:
    with world() as here:
        here.fault("foreign_endpoint", function="getAPISession")
        with pytest.raises(GatewayError) as refused:
            here.connect().query(USAGE_OBJECT, USAGE_FIELDS)

    assert (refused.value.family, refused.value.company_id) == ("endpoint_refused", "acme")
    assert here.gateway.ledger.count(function="query") == 0


def test_an_answer_of_another_company_is_refused() -> None:
    with world() as here:
        here.fault("wrong_company_echo", function="query")
        with pytest.raises(GatewayError) as refused:
            here.connect().query(USAGE_OBJECT, USAGE_FIELDS)

    assert refused.value.family == "wrong_company"


@pytest.mark.parametrize("company_id", ["console|acme", "CONSOLE|Acme"])
def test_a_console_user_slides_into_a_client(company_id: str) -> None:
    companies = (CompanyScenario("console", clients=("acme",)), CompanyScenario("acme", users={}))
    with world(*companies) as here:
        here.add_rows(2)
        page = here.connect(company_id).query(USAGE_OBJECT, USAGE_FIELDS)

    assert page.count == 2
