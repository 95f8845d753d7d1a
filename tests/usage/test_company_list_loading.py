"""Loading keeps where the list comes from; a token never follows to another address."""

import pytest

from intacct_usage.simulator.companies_api import CompaniesApiSimulator
from intacct_usage.simulator.companies_faults import CompaniesFault
from intacct_usage.simulator.proxy import AuthenticatedProxy
from tests.factories import make_company
from tests.usage.companies_api import ids, listed, many, policy_for
from usage.companies.entries import CompanyListError
from usage.companies.list_diff import ShrinkUnconfirmedError
from usage.companies.list_loading import apply_list, list_request, preview_list, read_list, save_source
from usage.companies.list_source import ListRequest
from usage.models import Company, CompanySource
from usage.outbound_connections import save_proxy

pytestmark = pytest.mark.django_db

TOKEN = "tok-en-canary"
CHANGING_FAULTS = [
    CompaniesFault.EMPTY_LIST,
    CompaniesFault.NOT_A_LIST,
    CompaniesFault.HTML_200,
    CompaniesFault.DUPLICATE_IDS,
    CompaniesFault.WRONG_TYPES,
    CompaniesFault.MISSING_IDS,
    CompaniesFault.SERVER_ERROR,
    CompaniesFault.TRUNCATED_JSON,
    CompaniesFault.SHRINK,
]


@pytest.fixture
def api(settings):
    with CompaniesApiSimulator(many(12), token=TOKEN) as api:
        settings.OUTBOUND_POLICY = policy_for(api.address)
        yield api


def load(**options: object) -> None:
    request = list_request(**options)
    apply_list(request, read_list(request))


def companies() -> list[dict[str, object]]:
    return list(Company.objects.order_by("pk").values())


def test_a_load_stores_the_companies_the_source_and_the_sealed_token(api) -> None:
    load(url=api.url, token=TOKEN)

    source = CompanySource.current()
    assert Company.objects.filter(origin="api").count() == source.last_loaded_count == 12
    assert (source.url, source.reveal("token")) == (api.url, TOKEN)
    assert TOKEN not in source.token
    assert source.last_loaded_at is not None


def test_the_stored_source_is_used_when_nothing_else_is_given(api) -> None:
    load(url=api.url, token=TOKEN)
    api.companies = many(13)

    load()

    assert Company.objects.count() == 13


def test_the_stored_token_is_not_sent_to_another_address(api) -> None:
    load(url=api.url, token=TOKEN)

    request = list_request(url=api.url + "?all=1")

    assert request.token == ""
    with pytest.raises(CompanyListError, match="refused the token"):
        read_list(request)
    save_source(request)
    assert CompanySource.current().token == ""


@pytest.mark.parametrize("fault", CHANGING_FAULTS)
def test_a_broken_answer_changes_neither_companies_nor_source(api, fault) -> None:
    load(url=api.url, token=TOKEN)
    before, source_before = companies(), list(CompanySource.objects.values())
    api.inject(fault)

    with pytest.raises(CompanyListError):
        load()

    assert companies() == before
    assert list(CompanySource.objects.values()) == source_before


def test_a_shrunk_list_asks_and_is_applied_when_confirmed(api) -> None:
    load(url=api.url, token=TOKEN)
    api.companies = many(5)
    request = list_request()
    entries, changes = preview_list(request)

    assert changes.shrinks
    with pytest.raises(ShrinkUnconfirmedError):
        apply_list(request, entries)
    assert len(apply_list(request, entries, confirm_shrink=True).gone) == 7


def test_a_preview_writes_nothing(api) -> None:
    make_company("C0001", name="kept")
    before = companies()

    entries, changes = preview_list(list_request(url=api.url, token=TOKEN))

    assert (len(entries), changes.summary) == (12, "11 new, 1 changed, 0 gone, 0 unchanged")
    assert companies() == before
    assert CompanySource.current() is None


def test_the_list_is_loaded_through_the_proxy_that_is_in_use(settings) -> None:
    companies_api = CompaniesApiSimulator(listed("A", "B"))
    with companies_api as api, AuthenticatedProxy("ann", "pr0xy-canary") as proxy:
        settings.OUTBOUND_POLICY = policy_for(api.address, proxy.address)
        save_proxy(url=proxy.url, username="ann", password="pr0xy-canary")

        assert ids(read_list(list_request(url=api.url))) == ["A", "B"]
        assert proxy.targets == (api.address,)


def test_without_a_source_the_message_says_where_to_enter_it() -> None:
    with pytest.raises(CompanyListError, match=r"^No companies API configured\. Enter its URL under Configuration"):
        list_request()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"token_header": "Bad Header"}, "“Bad Header” cannot be the header of the token; usual is Authorization."),
        ({"token_header": "Host"}, "“Host” cannot be the header of the token; usual is Authorization."),
        ({"token": "a\nb"}, "The token holds characters that cannot be sent in a header."),
        (
            {"field_mapping": {"colour": "x"}},
            "“colour” is not a field that can be mapped; there are company_id, name, sage_account_number, reseller, "
            "list.",
        ),
    ],
)
def test_a_request_that_cannot_be_sent_is_refused_in_words(options, message) -> None:
    with pytest.raises(CompanyListError) as refusal:
        list_request(url="https://x.example/", **options)

    assert refusal.value.message == message


def test_the_token_shows_in_no_representation() -> None:
    assert TOKEN not in repr(ListRequest(url="https://x.example/", token=TOKEN))


def test_the_token_stands_in_no_log_line_and_no_message_even_at_debug_level(api, caplog) -> None:
    caplog.set_level("DEBUG")
    load(url=api.url, token=TOKEN)
    api.inject(CompaniesFault.UNAUTHORISED)

    with pytest.raises(CompanyListError) as refusal:
        load()

    assert TOKEN not in caplog.text + refusal.value.message
