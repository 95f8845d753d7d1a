"""Every fault of the simulator, from the wire to the Exceptions report.

For each: the right family and words, the company's old records untouched, the other company none the worse.
"""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings

from intacct_usage.simulator.fault_kinds import FAULT_KINDS
from intacct_usage.simulator.scenario import CompanyScenario, Fault, Scenario
from tests.worlds import World
from usage.gateway.error_advice import ADVICE
from usage.gateway.error_families import STOPS_RUN, ErrorFamily
from usage.models import Company, CompanyFetch, UsageRecord
from usage.periods import ALL_DATA
from usage.reports import ReportKind, ReportScope, stream_csv

MakeWorld = Callable[..., World]
TWO = Scenario(company_count=2, companies=(CompanyScenario("acme"), CompanyScenario("other")), history_days=5)
F = ErrorFamily

LASTING = {
    "wrong_sender_password": F.SENDER_CREDENTIALS,
    "invalid_policy": F.REQUEST_FORMAT,
    "schema_error": F.REQUEST_FORMAT,
    "parse_error": F.REQUEST_FORMAT,
    "company_expired": F.COMPANY_INACTIVE,
    "invalid_request": F.COMPANY_UNKNOWN,
    "invalid_request_old": F.COMPANY_UNKNOWN,
    "sign_in_refused_by_gateway": F.USER_CREDENTIALS,
    "sign_in_refused_by_gateway_old": F.USER_CREDENTIALS,
    "too_many_requests": F.RATE_LIMIT,
    "wrong_password": F.USER_CREDENTIALS,
    "sender_not_authorised": F.SENDER_NOT_AUTHORISED,
    "invalid_session": F.SESSION,
    "ip_denied": F.ADDRESS_DENIED,
    "company_suspended": F.COMPANY_INACTIVE,
    "company_inactive": F.COMPANY_INACTIVE,
    "user_locked": F.USER_CREDENTIALS,
    "fields_not_readable": F.FIELDS,
    "rolled_back": F.DATA_LAYER,
    "html_error_text": F.FUNCTION_ERROR,
    "two_errors": F.DATA_LAYER,
    "error_after_data": F.DATA_LAYER,
    "error_before_data": F.OBJECT_MISSING,
    "object_not_found": F.OBJECT_MISSING,
    "object_not_found_legacy": F.OBJECT_MISSING,
    "object_not_found_by_key": F.OBJECT_MISSING,
    "invalid_fields_list": F.FIELDS,
    "no_permission": F.PERMISSION,
    "data_layer_failure": F.DATA_LAYER,
    "temporarily_offline": F.OFFLINE,
    "try_again_later": F.TRY_LATER,
    "too_many_operations": F.TOO_MANY_OPERATIONS,
    "business_logic": F.FUNCTION_ERROR,
    "illegal_format": F.FUNCTION_ERROR,
    "already_exists": F.FUNCTION_ERROR,
    "control_id_in_process": F.FUNCTION_ERROR,
    "html_403": F.CDN_BLOCK,
    "html_502": F.SERVER,
    "html_503": F.SERVER,
    "html_504": F.SERVER,
    "html_524": F.CDN_TIMEOUT,
    "html_200": F.UNREADABLE_ANSWER,
    "cdn_challenge": F.CDN_BLOCK,
    "http_500": F.SERVER,
    "empty_body": F.UNREADABLE_ANSWER,
    "not_one_document": F.REQUEST_FORMAT,
    "rate_limit_text": F.RATE_LIMIT,
    "redirect": F.UNREADABLE_ANSWER,
    "wrong_root": F.UNEXPECTED_ANSWER,
    "doctype": F.UNEXPECTED_ANSWER,
    "deep_xml": F.UNEXPECTED_ANSWER,
    "error": F.FUNCTION_ERROR,
    "drip": F.TIMED_OUT,
    "cut": F.INCOMPLETE,
    "cut_body": F.INCOMPLETE,
    "cut_without_length": F.INCOMPLETE,
    "truncated": F.INCOMPLETE,
    "gzip_broken": F.UNREADABLE_ANSWER,
    "gzip_bomb": F.TOO_LARGE,
    "endless": F.TOO_LARGE,
    "foreign_endpoint": F.ENDPOINT_REFUSED,
    "wrong_company_echo": F.WRONG_COMPANY,
    "total_drift": F.DATA_CHANGED,
    "short_page": F.UNEXPECTED_ANSWER,
    "missing_fields": F.UNEXPECTED_ANSWER,
    "bad_number": F.UNEXPECTED_ANSWER,
    "bad_date": F.UNEXPECTED_ANSWER,
    "no_counts": F.UNEXPECTED_ANSWER,
}
"""Faults that stay: the company fails with this family."""

HARMLESS = {
    "duplicate_rows",
    "slow",
    "session_expired",
    "wrong_content_type",
    "gzip_always",
    "gzip_never",
    "no_session_timeout",
    "record_url",
    "lower_case_rows",
    "iso_dates",
}
"""Oddities the client must understand."""

PARAMETERS: dict[str, dict[str, Any]] = {
    "slow": {"seconds": 0.05},
    "session_expired": {"times": 1},
    "total_drift": {"rows": 50},
    "drip": {"seconds": 0.3},
    "error": {"number": "ZZ99", "text": "Something nobody has seen before"},
    "fields_not_readable": {"fields": ("RECORDNO", "N_TRANS")},
    "invalid_fields_list": {"fields": ("RECORDNO",)},
    "missing_fields": {"fields": ("RECORDNO",)},
}


def exceptions_row(intacct_id: str) -> dict[str, str]:
    scope = ReportScope(query_filter=None, period=ALL_DATA)
    text = b"".join(stream_csv(ReportKind.EXCEPTIONS, scope)).decode("utf-8-sig")
    return next(row for row in csv.DictReader(io.StringIO(text)) if row["Company ID"] == intacct_id)


def records(intacct_id: str) -> list[dict[str, Any]]:
    return list(UsageRecord.objects.filter(company__intacct_id=intacct_id).order_by("pk").values())


def set_fault(world: World, kind: str, **more: Any) -> None:
    of_a_query = FAULT_KINDS[kind].stage in ("function", "data") and kind != "foreign_endpoint"
    parameters = {"function": "query" if of_a_query else "*", **PARAMETERS.get(kind, {}), **more}
    world.gateway.faults.add(Fault(kind, company="acme", **parameters))


def test_the_table_names_every_fault_of_the_simulator() -> None:
    assert LASTING.keys() | HARMLESS == FAULT_KINDS.keys()


@pytest.mark.parametrize(("kind", "family"), LASTING.items())
def test_a_lasting_fault_is_told_and_costs_nothing_stored(
    make_world: MakeWorld, settings: LazySettings, kind: str, family: ErrorFamily
) -> None:
    world = make_world(TWO)
    world.fetch()
    before, other_before = records("acme"), records("other")
    set_fault(world, kind)
    settings.HTTP_DEADLINE_SECONDS = 1.0 if kind == "drip" else 30

    world.fetch()

    failed = world.outcome("acme")
    assert (failed.status, failed.error_family) == (CompanyFetch.Status.FAILED, family)
    assert records("acme") == before
    row = exceptions_row("acme")
    assert (row["Kind"], row["Suggested Action"]) == (ADVICE[family].label, ADVICE[family].suggested_action)
    assert row["Error Number"] == failed.error_number
    if family in STOPS_RUN:
        assert world.outcome("other").status in (CompanyFetch.Status.DONE, CompanyFetch.Status.STOPPED)
    else:
        assert world.outcome("other").status == CompanyFetch.Status.DONE
    assert {row["record_no"] for row in other_before} <= {row["record_no"] for row in records("other")}


@pytest.mark.parametrize("kind", sorted(HARMLESS))
def test_an_oddity_is_understood(make_world: MakeWorld, kind: str) -> None:
    world = make_world(TWO)
    set_fault(world, kind)

    run = world.fetch()

    assert (run.companies_done, run.companies_failed) == (2, 0)
    assert Company.objects.get(intacct_id="acme").health == Company.Health.HEALTHY


PASSING = sorted(
    kind
    for kind, family in LASTING.items()
    if family in (F.RATE_LIMIT, F.OFFLINE, F.TOO_MANY_OPERATIONS, F.TRY_LATER, F.SERVER, F.INCOMPLETE, F.CDN_TIMEOUT)
)


@pytest.mark.parametrize("kind", PASSING)
def test_a_passing_fault_is_ridden_out(make_world: MakeWorld, kind: str) -> None:
    world = make_world(TWO)
    set_fault(world, kind, times=2)

    run = world.fetch()

    assert (run.companies_done, run.companies_failed) == (2, 0)
