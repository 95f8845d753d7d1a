"""The company list is read whole from APIs of many shapes, and every way of paging."""

import pytest

from intacct_usage.simulator.companies_api import CompaniesApiSimulator
from tests.usage.companies_api import ids, listed, many, read_from
from usage.companies.entries import CompanyEntry, CompanyListError

MUELLER = {"name": "Müller & Söhne", "sage_account_number": "00042", "reseller": "Lot & Co"}


@pytest.mark.parametrize("shape", ["objects", "wrapped", "nested"])
@pytest.mark.parametrize("naming", ["snake", "camel", "spaced", "upper", "short"])
def test_the_fields_are_found_by_their_names_in_every_shape(shape, naming) -> None:
    with CompaniesApiSimulator(listed("DE_1", "UK_2", **MUELLER), shape=shape, naming=naming) as api:
        entries = read_from(api)

    assert entries == [CompanyEntry("DE_1", **MUELLER), CompanyEntry("UK_2", **MUELLER)]


def test_a_list_of_texts_tells_nothing_but_ids() -> None:
    with CompaniesApiSimulator(listed("DE_1", "UK_2", **MUELLER), shape="strings") as api:
        assert read_from(api) == [CompanyEntry("DE_1"), CompanyEntry("UK_2")]


def test_fields_of_any_name_can_be_mapped() -> None:
    mapping = {"company_id": "mandant", "sage_account_number": "kunde"}
    with CompaniesApiSimulator(listed("DE_1", **MUELLER), naming=("mandant", "a", "kunde", "b")) as api:
        entries = read_from(api, field_mapping=mapping)

    assert entries == [CompanyEntry("DE_1", sage_account_number="00042")]


@pytest.mark.parametrize(
    ("paging", "shape", "query"),
    [
        ("page", "wrapped", ""),
        ("page", "nested", ""),
        ("offset", "wrapped", ""),
        ("next_link", "nested", ""),
        ("cursor", "wrapped", ""),
        ("link_header", "objects", ""),
        ("link_header", "strings", ""),
        ("page", "objects", ""),
        ("offset", "strings", ""),
        ("page", "objects", "?page=1&per_page=7"),
        ("offset", "strings", "?offset=0&limit=7"),
    ],
)
@pytest.mark.parametrize("count", [1, 10, 23, 30])
def test_every_page_is_read_once_however_the_api_tells_of_the_next(paging, shape, query, count) -> None:
    companies = many(count)
    with CompaniesApiSimulator(companies, shape=shape, paging=paging, page_size=10) as api:
        entries = read_from(api, query=query)

    assert ids(entries) == [company.company_id for company in companies]


def test_the_token_travels_in_the_header_that_was_chosen_on_every_page() -> None:
    options = {"token": "t0ken", "token_header": "X-Api-Key", "token_scheme": ""}
    with CompaniesApiSimulator(many(25), page_size=10, paging="link_header", **options) as api:
        read_from(api, **options)

    assert [call.authorised for call in api.ledger] == [True, True, True]


def test_a_whole_list_whose_length_is_no_page_size_costs_one_request() -> None:
    with CompaniesApiSimulator(many(23), shape="strings") as api:
        read_from(api)

    assert len(api.ledger) == 1


def test_reading_tells_how_far_it_is() -> None:
    seen: list[tuple[int, int | None]] = []
    with CompaniesApiSimulator(many(25), page_size=10, shape="wrapped") as api:
        read_from(api, on_progress=lambda read, total: seen.append((read, total)))

    assert seen == [(10, 25), (20, 25), (25, 25)]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://x.example/list", "The API URL must begin with https:// (or http://) and name a host."),
        ("https:///list", "The API URL must begin with https:// (or http://) and name a host."),
        (
            "https://user:pass@x.example/list",
            "Put the token into its own field, not into the API URL: addresses are shown and logged.",
        ),
    ],
)
def test_an_address_that_can_never_work_is_refused_before_anything_is_sent(url, message) -> None:
    with CompaniesApiSimulator([]) as api, pytest.raises(CompanyListError) as refusal:
        read_from(api, address=url)

    assert refusal.value.message == message
    assert len(api.ledger) == 0
