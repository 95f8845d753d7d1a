"""A broken answer of the companies API is one sentence, never a list, and costs no more than its limits."""

import time

import pytest

from intacct_usage.simulator.companies_api import CompaniesApiSimulator
from intacct_usage.simulator.companies_faults import CompaniesFault
from tests.usage.companies_api import many, read_from
from usage.companies.entries import CompanyListError
from usage.companies.list_source import LoadLimits

END = " Nothing was changed."
NOT_JSON = "The answer of the companies API is not valid JSON, or was cut off." + END


def refusal_of(fault: CompaniesFault, *, limits: LoadLimits | None = None, **options: object) -> str:
    with CompaniesApiSimulator(many(30), **options) as api:
        api.inject(fault)
        with pytest.raises(CompanyListError) as refusal:
            read_from(api, limits=limits or LoadLimits(total_seconds=30))
    return refusal.value.message.replace(api.address, "SERVER")


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (CompaniesFault.EMPTY_LIST, "The list holds no companies. Nothing was changed."),
        (
            CompaniesFault.NOT_A_LIST,
            "The answer of the companies API holds no list of companies (its fields: “message”).",
        ),
        (
            CompaniesFault.HTML_200,
            "The companies API answered with a web page, not with a list; often that is a sign-in page. Check the API "
            "URL and the token." + END,
        ),
        (
            CompaniesFault.UNAUTHORISED,
            "The companies API refused the token. Check the token, its header and the word before it (status 401)."
            + END,
        ),
        (
            CompaniesFault.FORBIDDEN,
            "The companies API refused the token. Check the token, its header and the word before it (status 403)."
            + END,
        ),
        (
            CompaniesFault.NOT_FOUND,
            "The companies API knows nothing at this address. Check the API URL (status 404)." + END,
        ),
        (
            CompaniesFault.THROTTLED,
            "The companies API had too many requests. Wait some minutes, then load again (status 429)." + END,
        ),
        (
            CompaniesFault.SERVER_ERROR,
            "The companies API has a fault of its own. Try again later, or ask the people who run it (status 500)."
            + END,
        ),
        (CompaniesFault.TRUNCATED_JSON, NOT_JSON),
        (CompaniesFault.EMPTY_BODY, "The companies API answered with nothing." + END),
        (CompaniesFault.NOT_UTF8, "The answer of the companies API is not UTF-8 text." + END),
        (CompaniesFault.DEEP_JSON, "The answer of the companies API is nested deeper than 32 levels." + END),
    ],
)
def test_what_is_no_list_is_refused_with_its_reason(fault, message) -> None:
    assert refusal_of(fault) == message


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (CompaniesFault.CUT_CONNECTION, "SERVER"),
        (CompaniesFault.RESET, "SERVER"),
        (CompaniesFault.REDIRECT, "Redirects are never followed"),
        (CompaniesFault.REDIRECT_LOOP, "Redirects are never followed"),
    ],
)
def test_a_connection_that_fails_is_told_with_the_server_and_keeps_the_list(fault, words) -> None:
    message = refusal_of(fault)

    assert message.startswith("The companies API could not be read. ")
    assert words in message
    assert message.endswith(END)


@pytest.mark.parametrize("fault", [CompaniesFault.ENDLESS_BODY, CompaniesFault.GZIP_BOMB])
def test_an_answer_without_end_is_cut_off_at_the_cap_of_decoded_bytes(fault) -> None:
    message = refusal_of(fault, limits=LoadLimits(max_bytes=1024 * 1024, total_seconds=30))

    assert "is larger than 1 MiB" in message


def test_the_cap_counts_the_bytes_of_all_pages_together() -> None:
    with CompaniesApiSimulator(many(40), page_size=10, shape="wrapped") as api:
        with pytest.raises(CompanyListError, match="is larger than"):
            read_from(api, limits=LoadLimits(max_bytes=2000, total_seconds=30))

        assert 1 < len(api.ledger) < 4


def test_an_api_that_never_answers_is_given_up_after_the_total_time() -> None:
    started = time.monotonic()

    message = refusal_of(CompaniesFault.NEVER, limits=LoadLimits(total_seconds=0.3))

    assert message.startswith("The companies API could not be read. ")
    assert time.monotonic() - started < 10  # the default is far more


def test_more_items_or_pages_than_allowed_are_refused() -> None:
    with CompaniesApiSimulator(many(30), page_size=10, shape="wrapped") as api:
        with pytest.raises(CompanyListError, match=r"^The list holds more than 15 companies\."):
            read_from(api, limits=LoadLimits(max_items=15, total_seconds=30))
        with pytest.raises(CompanyListError, match=r"^The list has more than 2 pages\."):
            read_from(api, limits=LoadLimits(max_pages=2, total_seconds=30))


def test_a_next_page_on_another_server_is_not_asked_for() -> None:
    message = refusal_of(CompaniesFault.FOREIGN_NEXT_LINK, page_size=10, paging="next_link", shape="wrapped")

    assert message == (
        "The companies API names a next page on another server (http://companies.example.net). Its token is for "
        "127.0.0.1 only, so the page was not asked for. Nothing was changed."
    )


def test_a_next_page_that_leads_back_ends_the_reading() -> None:
    message = refusal_of(CompaniesFault.NEXT_LINK_LOOP, page_size=10, paging="next_link", shape="wrapped")

    assert message == "The companies API names the same next page again and again." + END


def test_a_fault_on_a_later_page_refuses_the_whole_list() -> None:
    with CompaniesApiSimulator(many(30), page_size=10, shape="wrapped") as api:
        api.inject(CompaniesFault.SERVER_ERROR, from_page=3)
        with pytest.raises(CompanyListError, match=r"\(status 500\)\. Nothing was changed\.$"):
            read_from(api)
