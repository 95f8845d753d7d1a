"""The simulated companies API answers as customers' services do, well and badly."""

from types import SimpleNamespace

import pytest
import requests

from intacct_usage.simulator.companies_api import CompaniesApiSimulator


def companies(count: int) -> list[SimpleNamespace]:
    return [
        SimpleNamespace(id=f"C{n}", name=f"Müller {n}", sage_account_number=f"00{n}", reseller="Lot & Co")
        for n in range(1, count + 1)
    ]


def page_ids(rows: list[dict[str, str]]) -> list[str]:
    return [row["company_id"] for row in rows]


def all_ids(count: int) -> list[str]:
    return [f"C{n}" for n in range(1, count + 1)]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"shape": "strings"}, ["C1", "C2"]),
        (
            {"naming": "camel"},
            [
                {
                    "companyId": f"C{n}",
                    "companyName": f"Müller {n}",
                    "sageAccountNumber": f"00{n}",
                    "reseller": "Lot & Co",
                }
                for n in (1, 2)
            ],
        ),
        ({"shape": "wrapped", "naming": ("a", "b", "c", "d"), "list_key": "rows"}, None),
        ({"shape": "nested"}, None),
    ],
)
def test_each_shape_lists_every_company(options, expected) -> None:
    with CompaniesApiSimulator(companies(2), **options) as api:
        answer = requests.get(api.url, timeout=30).json()

    if options.get("shape") == "wrapped":
        assert (answer["total"], [row["a"] for row in answer["rows"]]) == (2, ["C1", "C2"])
    elif options.get("shape") == "nested":
        assert page_ids(answer["data"]["companies"]["items"]) == ["C1", "C2"]
    else:
        assert answer == expected


@pytest.mark.parametrize(
    ("options", "headers", "status"),
    [
        ({}, {"Authorization": "Bearer t0ken"}, 200),
        ({}, {"Authorization": "Bearer other"}, 401),
        ({}, {}, 401),
        ({"token_header": "X-Api-Key", "token_scheme": ""}, {"X-Api-Key": "t0ken"}, 200),
        ({"token_header": "X-Api-Key", "token_scheme": ""}, {"Authorization": "Bearer t0ken"}, 401),
    ],
)
def test_only_the_right_token_in_the_right_header_opens_the_list(options, headers, status) -> None:
    with CompaniesApiSimulator(companies(1), token="t0ken", **options) as api:
        answer = requests.get(api.url, headers=headers, timeout=30)

    assert answer.status_code == status
    assert [(call.authorised, call.status) for call in api.ledger] == [(status == 200, status)]
    assert "t0ken" not in f"{api!r}{api.ledger.entries()!r}"


def test_pages_by_number_are_numbered_and_counted() -> None:
    with CompaniesApiSimulator(companies(5), page_size=2, shape="wrapped") as api:
        pages = [requests.get(api.url, params={"page": n}, timeout=30).json() for n in (1, 2, 3, 4)]

    assert [page_ids(page["companies"]) for page in pages] == [["C1", "C2"], ["C3", "C4"], ["C5"], []]
    assert pages[0]["total_pages"] == 3
    assert [call.rows for call in api.ledger] == [2, 2, 1, 0]


def test_pages_by_offset_honour_a_smaller_limit_but_no_larger_one() -> None:
    with CompaniesApiSimulator(companies(5), page_size=3, paging="offset") as api:
        small = requests.get(api.url, params={"offset": 1, "limit": 2}, timeout=30).json()
        large = requests.get(api.url, params={"offset": 0, "limit": 100}, timeout=30).json()

    assert (page_ids(small), page_ids(large)) == (["C2", "C3"], ["C1", "C2", "C3"])


def test_next_links_in_the_body_lead_through_the_whole_list() -> None:
    with CompaniesApiSimulator(companies(5), page_size=2, shape="wrapped", paging="next_link") as api:
        ids, url = [], api.url
        while url:
            page = requests.get(url, timeout=30).json()
            ids += page_ids(page["companies"])
            url = page["next"]

    assert (ids, len(api.ledger)) == (all_ids(5), 3)


def test_link_headers_lead_through_a_bare_list() -> None:
    with CompaniesApiSimulator(companies(5), page_size=2, paging="link_header") as api:
        ids, url = [], api.url
        while url:
            answer = requests.get(url, timeout=30)
            ids += page_ids(answer.json())
            url = answer.links.get("next", {}).get("url")

    assert (ids, len(api.ledger)) == (all_ids(5), 3)


def test_cursors_lead_through_the_whole_list() -> None:
    with CompaniesApiSimulator(companies(5), page_size=2, shape="nested", paging="cursor") as api:
        ids, cursor = [], ""
        while cursor is not None:
            page = requests.get(api.url, params={"cursor": cursor}, timeout=30).json()
            ids += page_ids(page["data"]["companies"]["items"])
            cursor = page["meta"]["next_cursor"]

    assert (ids, len(api.ledger)) == (all_ids(5), 3)


def test_paging_told_in_the_body_is_refused_for_a_bare_list() -> None:
    with pytest.raises(ValueError, match=r'Paging "cursor" needs the shape "wrapped" or "nested", not "strings"\.'):
        CompaniesApiSimulator([], shape="strings", page_size=2, paging="cursor")


def test_a_list_replaced_at_run_time_is_the_list_from_then_on() -> None:
    with CompaniesApiSimulator(companies(2), shape="strings") as api:
        api.companies = companies(1)

        assert requests.get(api.url, timeout=30).json() == ["C1"]


def test_other_paths_and_methods_are_refused() -> None:
    with CompaniesApiSimulator(companies(1)) as api:
        elsewhere = requests.get(f"http://{api.address}/elsewhere", timeout=30)
        posted = requests.post(api.url, json={"a": 1}, timeout=30)

    assert (elsewhere.status_code, posted.status_code, posted.headers["Allow"]) == (404, 405, "GET")
