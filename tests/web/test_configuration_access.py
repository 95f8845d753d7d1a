"""Configuration and Notifications: who may open and who may change what, by which method, and for which row."""

import uuid

import pytest

from intacct_usage.lib.access import Right
from intacct_usage.roles import ROLES
from notifications.models import OutgoingEmail
from tests.factories import make_company
from tests.notifications.mailing import queued_alert, smtp_configuration
from tests.web.conftest import ClientAs
from tests.web.posting import post

KEY = uuid.UUID("00000000-0000-4000-8000-000000000001")
PAGES = {
    "/configuration/": Right.SKIP_COMPANIES,
    "/configuration/companies/": Right.SKIP_COMPANIES,
    "/configuration/companies/export.csv": Right.SKIP_COMPANIES,
    "/configuration/exceptions/": Right.SKIP_COMPANIES,
    "/configuration/companies/add/": Right.MANAGE_COMPANIES,
    "/configuration/companies/clear/": Right.MANAGE_COMPANIES,
    "/configuration/companies/removed/": Right.MANAGE_COMPANIES,
    "/notifications/": Right.SEND_REPORTS,
    "/notifications/deliveries/": Right.SEND_REPORTS,
    "/notifications/deliveries/1/": Right.SEND_REPORTS,
    "/notifications/add/smtp/": Right.MANAGE_NOTIFICATIONS,
    "/notifications/add/graph/": Right.MANAGE_NOTIFICATIONS,
    f"/notifications/{KEY}/": Right.MANAGE_NOTIFICATIONS,
}
ACTIONS = {
    "/configuration/credentials/": Right.MANAGE_CONFIGURATION,
    "/configuration/proxy/": Right.MANAGE_CONFIGURATION,
    "/configuration/proxy/test/": Right.MANAGE_CONFIGURATION,
    "/configuration/proxy/switch/": Right.MANAGE_CONFIGURATION,
    "/configuration/filters/": Right.MANAGE_CONFIGURATION,
    "/configuration/filters/preview/": Right.MANAGE_CONFIGURATION,
    "/configuration/companies/load/": Right.MANAGE_COMPANIES,
    "/configuration/companies/apply/": Right.MANAGE_COMPANIES,
    "/configuration/companies/import/": Right.MANAGE_COMPANIES,
    "/configuration/companies/skip/": Right.SKIP_COMPANIES,
    "/configuration/companies/unskip/": Right.SKIP_COMPANIES,
    "/configuration/companies/remove/": Right.MANAGE_COMPANIES,
    "/configuration/companies/restore/": Right.MANAGE_COMPANIES,
    f"/notifications/{KEY}/test/": Right.MANAGE_NOTIFICATIONS,
    f"/notifications/{KEY}/delete/": Right.MANAGE_NOTIFICATIONS,
    "/notifications/deliveries/1/again/": Right.SEND_REPORTS,
}
FORMS = {
    "/configuration/credentials/": "/configuration/#credentials",
    "/configuration/proxy/": "/configuration/#proxy",
    "/configuration/proxy/test/": "/configuration/#proxy",
    "/configuration/filters/": "/configuration/#filters",
    "/configuration/companies/load/": "/configuration/#companies",
    "/configuration/companies/apply/": "/configuration/#companies",
    "/configuration/companies/import/": "/configuration/companies/add/#import",
    "/configuration/companies/skip/": "/configuration/companies/",
    "/configuration/companies/unskip/": "/configuration/companies/",
    "/configuration/companies/remove/": "/configuration/companies/",
}
"""Addresses that answer a form with a page, and where the form stands."""


class Nowhere:
    """A mail server that is not there: nothing listens on this port, and it is not allowed either."""

    port = 9


@pytest.fixture
def rows(db, settings) -> None:
    make_company("UK_Acme")
    configuration = smtp_configuration(Nowhere, pk=KEY)
    OutgoingEmail.objects.filter(pk=queued_alert(configuration).pk).update(id=1, state="failed")


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("role", [*ROLES, ""])
def test_a_page_opens_for_those_who_have_its_right(rows, client_as: ClientAs, role: str, address: str) -> None:
    answer = client_as(role).get(address)

    assert answer.status_code == (200 if PAGES[address] in ROLES.get(role, ()) else 403)


@pytest.mark.parametrize("address", ACTIONS)
@pytest.mark.parametrize("role", [*ROLES, ""])
def test_an_action_is_open_to_those_who_have_its_right(rows, client_as: ClientAs, role: str, address: str) -> None:
    answer = post(client_as(role), address)

    assert (answer.status_code != 403) is (ACTIONS[address] in ROLES.get(role, ()))
    assert answer.status_code in (200, 302, 403)


@pytest.mark.parametrize("address", FORMS)
def test_the_address_of_a_form_leads_to_the_form(rows, client_as: ClientAs, address: str) -> None:
    client = client_as("superuser")
    page, _, part = FORMS[address].partition("#")

    answers = [getattr(client, method)(address) for method in ("get", "head", "put", "delete")]

    assert [answer.status_code for answer in answers] == [302, 302, 405, 405]
    assert answers[0].url == answers[1].url == FORMS[address]
    assert f'id="{part or "main"}"' in client.get(page).content.decode()


@pytest.mark.parametrize("address", FORMS)
def test_the_address_of_a_form_leads_nowhere_without_its_right(rows, client_as: ClientAs, address: str) -> None:
    assert client_as("Viewer").get(address).status_code == 403


@pytest.mark.parametrize("address", [one for one in ACTIONS if one not in FORMS])
def test_an_action_needs_a_post(rows, client_as: ClientAs, address: str) -> None:
    client = client_as("superuser")

    assert [getattr(client, method)(address).status_code for method in ("get", "put", "delete")] == [405] * 3


@pytest.mark.parametrize("address", [address for address in ACTIONS if "preview" not in address])
def test_an_action_needs_a_token(rows, client_as: ClientAs, address: str) -> None:
    assert client_as("superuser").post(address).status_code == 400


@pytest.mark.parametrize(
    "address",
    [
        "/notifications/add/pigeon/",
        f"/notifications/{uuid.UUID(int=7)}/",
        "/notifications/deliveries/4711/",
    ],
)
def test_what_does_not_exist_is_not_found(db, client_as: ClientAs, address: str) -> None:
    assert client_as("Manager").get(address).status_code == 404


@pytest.mark.parametrize(
    "address", [f"/notifications/{uuid.UUID(int=7)}/test/", "/notifications/deliveries/4711/again/"]
)
def test_an_action_on_what_does_not_exist_is_not_found(db, client_as: ClientAs, address: str) -> None:
    assert post(client_as("Manager"), address).status_code == 404


def test_an_operator_sees_the_companies_of_the_configuration_page_alone(rows, client_as: ClientAs) -> None:
    page = client_as("Operator").get("/configuration/").content.decode()

    assert "Companies / Instances" in page
    assert all(word not in page for word in ("API Credentials", "Proxy Configuration", "Query Filters", "Clear All"))


def test_an_operator_reads_notifications_without_their_forms(rows, client_as: ClientAs) -> None:
    page = client_as("Operator").get("/notifications/").content.decode()

    assert "Mail " in page
    assert f"/notifications/{KEY}/" not in page
