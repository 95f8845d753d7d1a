"""Load shows what would change; Apply applies exactly that; adding and importing name what they refuse."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from intacct_usage.simulator.companies_api import CompaniesApiSimulator
from tests.factories import make_company
from tests.usage.companies_api import listed, policy_for
from tests.web.conftest import ClientAs
from tests.web.posting import post, said, text_of
from usage.models import Company, CompanySource

TOKEN = "tok-en-canary"
LOAD, APPLY = "/configuration/companies/load/", "/configuration/companies/apply/"
ADD, IMPORT = "/configuration/companies/add/", "/configuration/companies/import/"


@pytest.fixture
def api(db, settings):
    with CompaniesApiSimulator(listed("UK_Acme", "US_Big"), token=TOKEN) as api:
        settings.OUTBOUND_POLICY = policy_for(api.address)
        yield api


def load(client, api, **changes: str):
    fields = {"url": api.url, "token": TOKEN, "token_header": "Authorization", "token_scheme": "Bearer"} | changes
    return post(client, LOAD, **{f"source-{name}": value for name, value in fields.items()})


def ids() -> list[str]:
    return list(Company.objects.listed().values_list("intacct_id", flat=True))


def test_load_shows_what_would_change_and_applies_nothing(api, client_as: ClientAs) -> None:
    make_company("DE_Old", origin="api")

    page = load(client_as("Manager"), api)

    assert (page.context["changes"].summary, ids()) == ("2 new, 0 changed, 1 gone, 0 unchanged", ["DE_Old"])
    assert TOKEN not in text_of(page)


def test_apply_needs_the_confirmation_when_more_than_half_would_be_gone(api, client_as: ClientAs) -> None:
    make_company("DE_Old", origin="api")
    client = client_as("Manager")
    digest = load(client, api).context["digest"]

    asked = text_of(post(client, APPLY, digest=digest))
    before = ids()
    post(client, APPLY, digest=digest, confirm_shrink="yes")

    assert "More than half would be missing" in asked
    assert (before, ids()) == (["DE_Old"], ["DE_Old", "UK_Acme", "US_Big"])


def test_a_list_that_changed_since_it_was_shown_is_shown_again(api, client_as: ClientAs) -> None:
    client = client_as("Manager")
    digest = load(client, api).context["digest"]
    api.companies = listed("UK_Acme", "US_Other")

    page = text_of(post(client, APPLY, digest=digest))

    assert "The list changed since it was shown." in page
    assert ids() == []


def test_apply_brings_the_list_up_to_date_and_says_so(api, client_as: ClientAs) -> None:
    client = client_as("Manager")

    answer = post(client, APPLY, digest=load(client, api).context["digest"])

    assert said(answer)[-1] == "The company list is up to date: 2 new, 0 changed, 0 gone, 0 unchanged."
    assert (ids(), CompanySource.current().last_loaded_count) == (["UK_Acme", "US_Big"], 2)


def test_a_refused_token_is_told_and_the_address_is_kept(api, client_as: ClientAs) -> None:
    page = text_of(load(client_as("Manager"), api, token="wrong-canary"))

    assert "The companies API refused the token." in page
    assert api.url in page
    assert "wrong-canary" not in page
    assert CompanySource.current() is None


def test_the_stored_token_is_not_sent_to_another_address(api, client_as: ClientAs, settings) -> None:
    client = client_as("Manager")
    load(client, api)
    with CompaniesApiSimulator(listed("X"), token=TOKEN) as other:
        settings.OUTBOUND_POLICY = policy_for(api.address, other.address)
        page = text_of(load(client, other, token=""))

    assert "The stored token belongs to another address and was not sent" in page
    assert [call.authorised for call in other.ledger] == [False]


def test_ids_that_cannot_be_added_are_named_by_their_line_and_stay_in_the_box(client_as: ClientAs) -> None:
    make_company("UK_Acme")

    page = text_of(post(client_as("Manager"), ADD, ids="New_One\nuk_acme"))

    assert "Line 2: “uk_acme” is in the list already (as “UK_Acme”)." in page
    assert "New_One\nuk_acme" in page
    assert ids() == ["UK_Acme"]


def test_a_csv_file_is_imported_or_refused_with_its_line(client_as: ClientAs) -> None:
    client = client_as("Manager")

    good = post(client, IMPORT, file=SimpleUploadedFile("a.csv", b"company_id,name\nUK_Acme,Acme\n"))
    bad = text_of(post(client, IMPORT, file=SimpleUploadedFile("a.csv", b"company_id,skipped\nX,maybe\n")))

    assert said(good)[-1] == "Imported: 1 new, 0 changed, 0 gone, 0 unchanged."
    assert "Line 2: skipped must be yes or no." in bad
    assert ids() == ["UK_Acme"]
