"""Every file that leaves the site says in its name when its data is not real; so does every page."""

import pytest
from django.test import Client

from tests.factories import make_company
from tests.web.conftest import ClientAs
from tests.web.routes import routes

TEST_GATEWAY = "http://gateway.test.example:8002/ia/xml/xmlgw.phtml"
FILES = (
    "/logs/download.txt",
    "/logs/download.jsonl",
    "/audit/export.csv",
    "/configuration/companies/export.csv",
    "/reports/usage-by-month.csv",
    "/companies/1/usage-by-month.csv",
    *(
        f"/reports/download/{report}.{kind}"
        for report in ("detailed", "summary", "exceptions")
        for kind in ("csv", "xlsx")
    ),
)


def name_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.headers["Content-Disposition"])


@pytest.mark.parametrize("address", FILES)
def test_the_name_of_a_file_tells_demo_data_from_real(client_as: ClientAs, settings, address: str) -> None:
    client, extension = client_as("superuser"), address.rpartition(".")[2]
    make_company("UK_Acme", pk=1)
    real = name_of(client, address)
    settings.INTACCT_ENDPOINT_URL = TEST_GATEWAY

    demo = name_of(client, address)

    assert "demo" not in real
    assert demo.endswith(f'_demo.{extension}"')


def test_every_route_of_a_file_is_named_here() -> None:
    files = {f"/{one.address}" for one in routes() if one.address.rpartition(".")[2] in ("csv", "txt", "jsonl")}

    assert {file.replace("<int:pk>", "1") for file in files} - set(FILES) == set()


def test_the_exported_list_itself_carries_no_label_so_that_it_can_be_imported(client_as: ClientAs, settings) -> None:
    make_company("UK_Acme", name="Acme")
    client = client_as("superuser")
    real = client.get("/configuration/companies/export.csv").content
    settings.INTACCT_ENDPOINT_URL = TEST_GATEWAY

    demo = client.get("/configuration/companies/export.csv").content

    assert b"UK_Acme,Acme" in real
    assert demo == real
