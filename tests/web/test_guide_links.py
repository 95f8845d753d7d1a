"""Pages lead to the part of the guide that speaks of them, and the guide leads to the pages it speaks of."""

import re

import pytest
from django.test import Client

from tests.access.matrix_rows import make_rows
from tests.web.conftest import ClientAs
from tests.web.full_site import PageReader

PARTS = {
    "/schedules/": "schedules",
    "/schedules/new/": "schedules",
    "/runs/": "managing-schedules",
    "/reports/": "report-types",
    "/reports/send/": "send-reports",
    "/configuration/": "credentials",
    "/configuration/companies/": "companies",
    "/configuration/companies/add/": "companies",
    "/configuration/exceptions/": "skipping",
    "/notifications/": "notifications",
    "/notifications/add/smtp/": "smtp",
    "/notifications/add/graph/": "graph",
    "/logs/": "logs",
}
ENTRIES = {
    "no-credentials": ["/configuration/#credentials"],
    "no-companies": ["/configuration/#companies"],
    "authentication-errors": ["/reports/#errors"],
    "mail-not-sent": ["/notifications/", "/notifications/deliveries/"],
    "not-running": ["/schedules/", "/about/"],
    "incomplete": ["/configuration/exceptions/", "/configuration/companies/?state=failing", "/schedules/"],
    "proxy-errors": ["/configuration/#proxy"],
    "getting-help": ["/logs/", "/about/"],
}


def page_of(client: Client, address: str) -> PageReader:
    return PageReader(address, client.get(address).content.decode())


@pytest.mark.parametrize("address", PARTS)
def test_a_page_leads_to_its_part_of_the_guide(client_as: ClientAs, address: str) -> None:
    client = client_as("Manager")

    links, parts = page_of(client, address).links, page_of(client, "/guide/").ids

    assert f"/guide/#{PARTS[address]}" in links
    assert {link.partition("#")[2] for link in links if link.startswith("/guide/#")} - set(parts) == set()


@pytest.mark.parametrize("entry", ENTRIES)
def test_what_to_do_about_trouble_leads_to_where_it_is_done(client_as: ClientAs, entry: str) -> None:
    guide = client_as("Manager").get("/guide/").content.decode()

    (text,) = re.findall(rf'id="{entry}">.*?(?=<h3|</section>)', guide, re.DOTALL)

    assert [link for link in ENTRIES[entry] if f'href="{link}"' not in text] == []


@pytest.mark.parametrize("role", ["", "Viewer", "Operator", "Manager"])
def test_the_guide_leads_nobody_to_a_page_that_refuses(client_as: ClientAs, role: str) -> None:
    make_rows()
    client = client_as(role)
    text = client.get("/guide/").content.decode().partition("data-guide>")[2].partition("</main>")[0]
    links = set(re.findall(r'href="(/[^"]*)"', text))

    pages = {link: page_of(client, link.partition("#")[0]) for link in links}

    assert "/about/" in links
    assert [link for link in links if client.get(link.partition("#")[0]).status_code != 200] == []
    if role == "Manager":
        assert [link for link, page in pages.items() if "#" in link and link.partition("#")[2] not in page.ids] == []
