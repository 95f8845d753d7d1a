"""Passwords and session IDs are nowhere but on the wire, and a connection never has two requests under way."""

import logging
import threading
import traceback

import pytest

from intacct_usage.lib.outbound import OutboundPolicy
from tests.gateway.companies import SENDER_PASSWORD, USER_PASSWORD, world
from usage.gateway.errors import GatewayError
from usage.gateway.objects import USAGE_FIELDS, USAGE_OBJECT

FAULTS = ["wrong_password", "wrong_sender_password", "invalid_session", "html_502", "cut_body", "doctype", "redirect"]


@pytest.mark.parametrize("kind", FAULTS)
def test_no_secret_is_in_errors_tracebacks_and_debug_logs(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with world() as here:
        acme = here.connect()
        session_id = acme.sign_in().session_id
        here.fault(kind)
        with pytest.raises(GatewayError) as failed:
            acme.query(USAGE_OBJECT, USAGE_FIELDS)

    shown = "".join(traceback.format_exception(failed.value)) + f"{failed.value!r}{vars(failed.value)}{caplog.text}"
    assert caplog.records
    for secret in (SENDER_PASSWORD, USER_PASSWORD, session_id):
        assert secret not in shown


def test_no_secret_is_in_a_repr() -> None:
    with world() as here:
        acme = here.connect()
        session = acme.sign_in()
        shown = repr((acme, acme.client, acme.client.sender, session, acme.last_authentication))

    for secret in (SENDER_PASSWORD, USER_PASSWORD, session.session_id):
        assert secret not in shown


def test_the_control_ids_of_all_requests_are_known_afterwards() -> None:
    with world() as here:
        acme = here.connect()
        acme.query(USAGE_OBJECT, USAGE_FIELDS)
        calls = here.gateway.ledger.calls()

    assert {call.control_id for call in calls} | {call.document_control_id for call in calls} == acme.control_ids
    assert len(acme.control_ids) == 2 * acme.requests_sent == 4
    assert all(call.document_control_id.startswith("run-7-") for call in calls)


def test_a_connection_has_one_request_in_flight() -> None:
    with world() as here:
        here.fault("slow", function="lookup", seconds=0.05)
        acme = here.connect()
        threads = [threading.Thread(target=acme.lookup, args=(USAGE_OBJECT,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert here.pauses == []
    assert acme.requests_sent == 4


def test_a_password_is_never_sent_to_a_host_that_is_not_allowed() -> None:
    with world() as here, pytest.raises(GatewayError) as refused:
        here.client(policy=OutboundPolicy())

    assert refused.value.family == "endpoint_refused"
    assert here.gateway.ledger.calls() == ()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"company_id": "a</companyid><companyid>b"},
            "The company ID holds a character that Intacct company IDs cannot",
        ),
        ({"company_id": ""}, "The company ID is empty."),
        ({"user_id": "reader\n"}, "The user ID holds a control character."),
        ({"user_password": "open\x00sesame"}, "The user password holds a control character."),
        ({"user_password": "x" * 401}, "The user password is longer than 400 characters."),
    ],
)
def test_values_that_cannot_be_sent_are_named_and_not_shown(options: dict[str, str], sentence: str) -> None:
    with world() as here, pytest.raises(GatewayError) as refused:
        here.connect(**options).sign_in()

    assert refused.value.family == "invalid_value"
    assert sentence in refused.value.message
    assert "sesame" not in refused.value.message
    assert here.gateway.ledger.calls() == ()
