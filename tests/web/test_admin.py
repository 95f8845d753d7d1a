"""The administration: history is read only, secrets are never shown, lists stay cheap, actions respect the rights."""

from datetime import date

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from intacct_usage.lib import history_admin
from intacct_usage.simulator.mail import MailSink
from notifications.models import OutgoingEmail
from tests.factories import make_company, make_records
from tests.notifications.mailing import PASSWORD, allow, graph_configuration, queued_alert, smtp_configuration
from tests.web.conftest import ClientAs
from tests.web.posting import text_of
from tests.worlds import save_credentials
from usage.models import Company, FetchRun

COMPANIES, RECORDS = "/admin/usage/company/", "/admin/usage/usagerecord/"
LISTS = [
    COMPANIES,
    RECORDS,
    *(
        f"/admin/usage/{name}/"
        for name in ("queryfilter", "fetchrun", "companyfetch", "apicredential", "outboundproxy")
    ),
    *(f"/admin/notifications/{name}/" for name in ("emailconfiguration", "outgoingemail", "deliveryattempt")),
    *(f"/admin/scheduling/{name}/" for name in ("schedule", "occurrence")),
    "/admin/auth/user/",
    "/admin/auth/group/",
]


def staff(*permissions: str) -> Client:
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("address", LISTS)
def test_every_list_opens_for_a_superuser_and_for_no_role(client_as: ClientAs, address: str) -> None:
    make_records(make_company("A"), date(2026, 1, 15), 1)

    assert client_as("superuser").get(address).status_code == 200
    assert client_as("Manager").get(address).status_code == 302


def test_lists_lead_to_the_tab_where_their_rows_are_worked_with(client_as: ClientAs) -> None:
    page = text_of(client_as("superuser").get(COMPANIES))

    assert '<a href="/configuration/companies/">Manage companies</a>' in page


@pytest.mark.parametrize(
    "address",
    [RECORDS, "/admin/usage/fetchrun/", "/admin/notifications/deliveryattempt/", "/admin/scheduling/occurrence/"],
)
def test_history_cannot_be_added_changed_or_deleted(client_as: ClientAs, address: str) -> None:
    client = client_as("superuser")
    FetchRun.objects.create(pk=1, asked_by="ada")
    make_records(make_company("A"), date(2026, 1, 15), 1)

    assert client.get(f"{address}add/").status_code == 403
    assert client.post(f"{address}1/delete/", {"post": "yes"}).status_code in (302, 403)
    assert client.post(f"{address}1/change/", {}).status_code in (302, 403)
    assert FetchRun.objects.count() == 1


def test_no_page_of_the_administration_shows_a_secret(client_as: ClientAs) -> None:
    class TwoSecrets:
        senders, users = {"s": "sender-canary"}, {"u": "user-canary"}

    credential, configuration = save_credentials(TwoSecrets), graph_configuration(secret="graph-canary")
    client = client_as("superuser")

    pages = [
        text_of(client.get(f"/admin/usage/apicredential/{credential.pk}/change/")),
        text_of(client.get(f"/admin/notifications/emailconfiguration/{configuration.pk}/change/")),
    ]

    assert all("canary" not in page and "v1:" not in page for page in pages)
    assert configuration.name in pages[1]


def test_companies_are_skipped_and_unskipped_in_bulk(client_as: ClientAs) -> None:
    client, chosen = client_as("superuser"), [make_company("A").pk, make_company("B").pk]

    client.post(COMPANIES, {"action": "skip_companies", "_selected_action": chosen})
    skipped = list(Company.objects.values_list("skipped_by", flat=True))
    client.post(COMPANIES, {"action": "unskip_companies", "_selected_action": chosen[:1]})

    assert skipped == ["someone-superuser"] * 2
    assert list(Company.objects.skipped().values_list("intacct_id", flat=True)) == ["B"]


def test_staff_that_may_only_look_cannot_skip(db) -> None:
    client, company = staff("view_company"), make_company("A")

    client.post(COMPANIES, {"action": "skip_companies", "_selected_action": [company.pk]})

    assert client.get(COMPANIES).status_code == 200
    assert not Company.objects.skipped().exists()


def test_a_correction_of_a_company_writes_nothing_else(client_as: ClientAs) -> None:
    company, client = make_company("A", name="Old"), client_as("superuser")
    with CaptureQueriesContext(connection) as queries:
        client.post(f"{COMPANIES}{company.pk}/change/", {"name": "New", "sage_account_number": "", "reseller": ""})

    updates = [query["sql"] for query in queries if query["sql"].startswith('UPDATE "usage_company"')]
    assert Company.objects.get().name == "New"
    assert len(updates) == 1
    assert "health" not in updates[0]


def test_a_test_mail_is_sent_from_the_list(client_as: ClientAs, settings, tmp_path) -> None:
    with MailSink(tmp_path / "mail", users={"u@demo.example": PASSWORD}) as sink:
        allow(settings, sink.address)
        saved = smtp_configuration(sink, secret=PASSWORD, username="u@demo.example")
        client_as("superuser").post(
            "/admin/notifications/emailconfiguration/", {"action": "send_test", "_selected_action": [str(saved.pk)]}
        )

    assert OutgoingEmail.objects.get().state == "sent"


def test_the_list_of_records_never_counts_the_whole_table(client_as: ClientAs, monkeypatch) -> None:
    monkeypatch.setattr(history_admin, "MOST_COUNTED", 5)
    make_records(make_company("A"), date(2026, 1, 15), 12)
    client = client_as("superuser")

    with CaptureQueriesContext(connection) as queries:
        page = client.get(RECORDS)

    counts = [query["sql"] for query in queries if "COUNT(" in query["sql"] and "usage_usagerecord" in query["sql"]]
    assert page.context["cl"].result_count == 5
    assert counts
    assert all("LIMIT 5" in count for count in counts)


@pytest.mark.parametrize(
    ("search", "found"), [("a", 3), ("A 2026-01-16", 1), ("A 77", 1), ("A 78", 0), ("B", 1), ("2026-01-16", 0)]
)
def test_records_are_found_by_company_then_day_or_number(client_as: ClientAs, search: str, found: int) -> None:
    company = make_company("A")
    make_records(company, date(2026, 1, 15), 1)
    make_records(company, date(2026, 1, 16), 1)
    make_records(company, date(2026, 1, 17), 1, record_no="77")
    make_records(make_company("B"), date(2026, 1, 16), 1)

    page = client_as("superuser").get(RECORDS, {"q": search})

    assert page.context["cl"].result_count == found


def test_the_history_of_a_mail_stands_below_it(client_as: ClientAs) -> None:
    email = queued_alert(graph_configuration())

    page = text_of(client_as("superuser").get(f"/admin/notifications/outgoingemail/{email.pk}/change/"))

    assert "Delivery attempts" in page
    assert 'name="_save"' not in page
