"""Every fault of the gateway, from the wire to the family: tried again as often as its family says, and named (D5)."""

import time
from contextlib import AbstractContextManager

import pytest

from intacct_usage.simulator.fault_kinds import FAULT_KINDS
from tests.gateway.companies import World, world
from usage.gateway.errors import GatewayError
from usage.gateway.objects import USAGE_FIELDS, USAGE_OBJECT

MIB = 1024 * 1024
NONE: list[float] = []
QUICK = [1, 2, 4, 8]
SLOW = [30, 60, 120, 120]
FEW = [2, 8]

REFUSED = {
    "wrong_sender_password": ("sender_credentials", NONE),
    "invalid_policy": ("request_format", NONE),
    "schema_error": ("request_format", NONE),
    "parse_error": ("request_format", NONE),
    "company_expired": ("company_inactive", NONE),
    "invalid_request": ("company_unknown", NONE),
    "invalid_request_old": ("company_unknown", NONE),
    "sign_in_refused_by_gateway": ("user_credentials", NONE),
    "sign_in_refused_by_gateway_old": ("user_credentials", NONE),
    "too_many_requests": ("rate_limit", SLOW),
    "wrong_password": ("user_credentials", NONE),
    "sender_not_authorised": ("sender_not_authorised", NONE),
    "invalid_session": ("session", NONE),
    "session_expired": ("session", NONE),
    "ip_denied": ("address_denied", NONE),
    "company_suspended": ("company_inactive", NONE),
    "company_inactive": ("company_inactive", NONE),
    "user_locked": ("user_credentials", NONE),
    "rolled_back": ("data_layer", FEW),
    "html_error_text": ("function_error", NONE),
    "two_errors": ("data_layer", FEW),
    "error_after_data": ("data_layer", FEW),
    "error_before_data": ("object_missing", NONE),
    "object_not_found": ("object_missing", NONE),
    "object_not_found_legacy": ("object_missing", NONE),
    "object_not_found_by_key": ("object_missing", NONE),
    "invalid_fields_list": ("fields", NONE),
    "no_permission": ("permission", NONE),
    "data_layer_failure": ("data_layer", FEW),
    "temporarily_offline": ("offline", SLOW),
    "try_again_later": ("try_later", QUICK),
    "too_many_operations": ("too_many_operations", SLOW),
    "business_logic": ("function_error", NONE),
    "illegal_format": ("function_error", NONE),
    "already_exists": ("function_error", NONE),
    "control_id_in_process": ("function_error", NONE),
    "html_403": ("cdn_block", [90, 90, 90]),
    "html_502": ("server", QUICK),
    "html_503": ("server", QUICK),
    "html_504": ("server", QUICK),
    "html_524": ("cdn_timeout", [60, 60, 60, 60]),
    "html_200": ("unreadable_answer", FEW),
    "cdn_challenge": ("cdn_block", [90, 90, 90]),
    "http_500": ("server", QUICK),
    "empty_body": ("unreadable_answer", FEW),
    "not_one_document": ("request_format", NONE),
    "rate_limit_text": ("rate_limit", SLOW),
    "redirect": ("unreadable_answer", FEW),
    "wrong_root": ("unexpected_answer", NONE),
    "doctype": ("unexpected_answer", NONE),
    "deep_xml": ("unexpected_answer", NONE),
    "error": ("function_error", NONE),
    "slow": ("timed_out", QUICK),
    "drip": ("timed_out", QUICK),
    "cut": ("incomplete", QUICK),
    "cut_body": ("incomplete", QUICK),
    "cut_without_length": ("incomplete", QUICK),
    "truncated": ("incomplete", QUICK),
    "gzip_broken": ("unreadable_answer", FEW),
    "gzip_bomb": ("too_large", NONE),
    "endless": ("too_large", NONE),
    "wrong_company_echo": ("wrong_company", NONE),
    "short_page": ("unexpected_answer", NONE),
    "no_counts": ("unexpected_answer", NONE),
}
ENDURED = {
    *("fields_not_readable", "wrong_content_type", "gzip_always", "gzip_never", "foreign_endpoint"),
    *("no_session_timeout", "total_drift", "duplicate_rows", "missing_fields", "record_url", "lower_case_rows"),
    *("iso_dates", "bad_number", "bad_date"),
}


UNENDING = {"slow", "drip"}


def world_with(kind: str, unending: float) -> AbstractContextManager[World]:
    """The deadline is short for answers that do not end, else so long that no machine is too slow for it."""
    return world(query_deadline_seconds=unending if kind in UNENDING else 30, max_answer_bytes=2 * MIB)


def query_with(here: World, kind: str, **options: object) -> None:
    here.fault(kind, function="query", fields=("POLICYID",), seconds=5, **options)
    here.connect().query(USAGE_OBJECT, USAGE_FIELDS)


@pytest.mark.parametrize(("kind", "outcome"), REFUSED.items(), ids=REFUSED)
def test_a_fault_has_its_family_and_its_pauses(kind: str, outcome: tuple[str, list[float]]) -> None:
    with world_with(kind, unending=0.15) as here, pytest.raises(GatewayError) as failed:
        here.add_rows(3)
        started = time.monotonic()
        query_with(here, kind)

    assert (failed.value.family, here.pauses) == outcome
    assert failed.value.attempts == len(here.pauses) + 1
    assert failed.value.company_id == "acme"
    assert time.monotonic() - started < 8  # all slow answers together, and all pauses, would take longer


@pytest.mark.parametrize("kind", sorted(ENDURED))
def test_an_unusual_but_usable_answer_is_used(kind: str) -> None:
    with world() as here:
        here.add_rows(3)
        query_with(here, kind)

    assert here.pauses == []


@pytest.mark.parametrize("kind", [kind for kind, (_, pauses) in REFUSED.items() if pauses])
def test_a_fault_that_passes_costs_one_pause_where_its_family_is_tried_again(kind: str) -> None:
    with world_with(kind, unending=1.5) as here:  # in which the second answer, a whole one, must come
        here.add_rows(3)
        query_with(here, kind, times=1)

    assert here.pauses == REFUSED[kind][1][:1]


def test_every_fault_of_the_simulator_is_in_one_of_the_tables() -> None:
    assert set(REFUSED) | ENDURED == set(FAULT_KINDS)
    assert not set(REFUSED) & ENDURED
