"""A form that was refused says once, and in the words of its place, that nothing was done."""

import re

import pytest

from tests.factories import make_company
from tests.web.conftest import ClientAs
from tests.web.posting import post, text_of

COMPANIES = "/configuration/companies/"


@pytest.mark.parametrize(
    ("address", "fields", "nothing"),
    [
        (f"{COMPANIES}clear/", {"typed": "clear"}, "Nothing was removed."),
        (f"{COMPANIES}remove/", {"company": "1", "confirmed": "yes", "what": "all"}, "Nothing was removed."),
        (f"{COMPANIES}skip/", {"company": "1", "confirmed": "yes", "reason": "x" * 301}, "Nothing was skipped."),
        (f"{COMPANIES}add/", {"ids": ""}, "Nothing was added."),
        (f"{COMPANIES}import/", {}, "Nothing was imported."),
        (f"{COMPANIES}load/", {"source-url": "no address"}, "The list was not loaded."),
        ("/configuration/proxy/", {"proxy-url": "no address"}, "Nothing was saved."),
    ],
)
def test_what_did_not_happen_is_said_once(
    client_as: ClientAs, address: str, fields: dict[str, str], nothing: str
) -> None:
    make_company(pk=1)

    page = text_of(post(client_as("Manager"), address, **fields))

    (summary,) = re.findall(r"data-error-summary>.*?</div>", page, re.DOTALL)
    assert f"<strong>{nothing}</strong> Please correct this first:" in summary
    assert len(re.findall(r"Nothing was|was not loaded", page)) == 1
