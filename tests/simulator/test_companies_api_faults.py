"""Each fault of the simulated companies API breaks the answer in its own way, as often as asked for."""

import itertools
import json
import socket

import pytest
import requests

from intacct_usage.simulator.companies_api import CompaniesApiSimulator
from intacct_usage.simulator.companies_faults import CompaniesFault
from tests.simulator.test_companies_api import companies


def answer_with(fault: CompaniesFault, **options) -> requests.Response:
    with CompaniesApiSimulator(companies(20), **options) as api:
        api.inject(fault)
        return requests.get(api.url, timeout=30, allow_redirects=False)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (CompaniesFault.UNAUTHORISED, 401),
        (CompaniesFault.FORBIDDEN, 403),
        (CompaniesFault.NOT_FOUND, 404),
        (CompaniesFault.THROTTLED, 429),
        (CompaniesFault.SERVER_ERROR, 500),
        (CompaniesFault.UNAVAILABLE, 503),
        (CompaniesFault.REDIRECT, 302),
        (CompaniesFault.REDIRECT_LOOP, 302),
    ],
)
def test_a_status_fault_answers_with_its_status(fault, status) -> None:
    assert answer_with(fault).status_code == status


@pytest.mark.parametrize(
    "fault",
    [
        CompaniesFault.HTML_200,
        CompaniesFault.TRUNCATED_JSON,
        CompaniesFault.EMPTY_BODY,
        CompaniesFault.NOT_UTF8,
        CompaniesFault.DEEP_JSON,
    ],
)
def test_a_body_fault_is_status_200_without_readable_json(fault) -> None:
    answer = answer_with(fault)

    assert answer.status_code == 200
    with pytest.raises((ValueError, RecursionError)):
        json.loads(answer.content.decode("utf-8"))


@pytest.mark.parametrize("fault", [CompaniesFault.RESET, CompaniesFault.CUT_CONNECTION])
def test_a_connection_fault_ends_the_answer_early(fault) -> None:
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        answer_with(fault)


@pytest.mark.parametrize(
    ("fault", "ids"),
    [
        (CompaniesFault.EMPTY_LIST, []),
        (CompaniesFault.SHRINK, ["C1", "C2"]),
        (CompaniesFault.DUPLICATE_IDS, [f"C{n}" for n in range(1, 21)] + [f" c{n}" for n in range(1, 21)]),
    ],
)
def test_a_row_fault_changes_the_rows(fault, ids) -> None:
    assert answer_with(fault, shape="strings").json() == ids


def test_wrong_types_and_missing_ids_leave_no_usable_row() -> None:
    wrong = answer_with(CompaniesFault.WRONG_TYPES).json()
    missing = answer_with(CompaniesFault.MISSING_IDS).json()

    assert not [row for row in wrong if isinstance(row, dict) and isinstance(row.get("company_id"), str)]
    assert {"company_id" in row for row in missing} == {False}


def test_a_fault_comes_as_often_as_asked_for_and_only_from_its_page_on() -> None:
    with CompaniesApiSimulator(companies(4), page_size=2) as api:
        api.inject(CompaniesFault.SERVER_ERROR, times=2, from_page=2)
        statuses = [requests.get(api.url, params={"page": n}, timeout=30).status_code for n in (1, 2, 1, 2, 2)]

    assert statuses == [200, 500, 200, 500, 200]
    assert [call.fault for call in api.ledger].count(CompaniesFault.SERVER_ERROR) == 2


def test_next_links_can_lead_abroad_or_nowhere() -> None:
    with CompaniesApiSimulator(companies(4), page_size=2, shape="wrapped", paging="next_link") as api:
        api.inject(CompaniesFault.FOREIGN_NEXT_LINK)
        api.inject(CompaniesFault.NEXT_LINK_LOOP)
        abroad, loop = [requests.get(api.url, timeout=30).json()["next"] for _ in range(2)]

    assert (abroad, loop) == ("http://companies.example.net/companies?page=2", api.url)


def test_an_endless_body_goes_on_until_the_client_leaves() -> None:
    with CompaniesApiSimulator(companies(1)) as api:
        api.inject(CompaniesFault.ENDLESS_BODY)
        with requests.get(api.url, timeout=30, stream=True) as answer:
            read = sum(len(part) for part in itertools.islice(answer.iter_content(65_536), 50))

    assert read > 1_000_000


def test_a_gzip_bomb_is_small_on_the_wire_and_large_inside() -> None:
    with CompaniesApiSimulator(companies(1), gzip_bomb_bytes=5_000_000) as api:
        api.inject(CompaniesFault.GZIP_BOMB)
        with requests.get(api.url, timeout=30, stream=True) as answer:
            packed = len(answer.raw.read(decode_content=False))

    assert packed < 10_000
    assert answer.headers["Content-Encoding"] == "gzip"


def test_stop_releases_a_request_that_is_never_answered_and_frees_the_port() -> None:
    api = CompaniesApiSimulator(companies(1)).start()
    api.inject(CompaniesFault.NEVER)

    with socket.create_connection((api.host, api.port)) as client:
        client.sendall(b"GET /companies HTTP/1.1\r\nHost: x\r\n\r\n")
        api.stop()
        api.stop()

        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((api.host, api.port))
