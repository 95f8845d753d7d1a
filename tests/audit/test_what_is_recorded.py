"""Every change people make is on record, with what it was before and never with a secret."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from intacct_usage.audit.models import Action, AuditEvent
from intacct_usage.audit.recording import Change, record
from notifications.models import EmailConfiguration
from tests.factories import make_company
from tests.web.conftest import ClientAs, client_as
from usage.companies.actions import remove_from_list, skip, unskip
from usage.companies.removal import remove_with_data, restore_archived
from usage.models import Company, QueryFilter
from usage.outbound_connections import save_proxy, switch_proxy

__all__ = ["client_as"]

SECRET = "kanarienvogel-7781"


def events(action: Action) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=action).order_by("pk"))


def last(action: Action) -> AuditEvent:
    return AuditEvent.objects.filter(action=action).latest("pk")


def test_a_secret_is_recorded_as_set_and_cleared_without_its_value(db) -> None:
    save_proxy(url="http://proxy.example.com:8080", username="ada", password=SECRET)
    save_proxy(url="http://other.example.com:8080", username="ada")

    assert [event.target.endswith(": password") for event in events(Action.SECRET_SET)] == [True]
    assert last(Action.SECRET_CLEARED).after == {"password": "not set"}
    assert SECRET not in str(list(AuditEvent.objects.values()))


def test_a_changed_setting_is_recorded_with_before_and_after(db) -> None:
    save_proxy(url="http://proxy.example.com:8080")

    switch_proxy(enabled=False)

    event = last(Action.CHANGED)
    assert (event.before, event.after, event.actor) == ({"enabled": True}, {"enabled": False}, "command line")


def test_saving_without_a_change_records_nothing(db) -> None:
    row = QueryFilter.objects.create(name="UK", value="UK_")
    count = AuditEvent.objects.count()

    row.save()

    assert AuditEvent.objects.count() == count


def test_deleting_is_recorded_with_what_was_there(db) -> None:
    EmailConfiguration.objects.create(name="Office", host="mail.example.com", from_address="a@example.com", to="b@x.de")

    EmailConfiguration.objects.get().delete()

    event = last(Action.DELETED)
    assert event.target == "Email configuration “Office”"
    assert (event.before["host"], "secret" in event.before) == ("mail.example.com", False)


def test_a_new_role_and_a_new_password_are_recorded(db) -> None:
    user = User.objects.create_user("ada", password="a long passphrase")
    user.groups.add(Group.objects.get(name="Manager"))
    user.set_password("another long passphrase")
    user.save()

    assert last(Action.ROLES_CHANGED).after == {"groups added": ["Manager"]}
    assert [event.target for event in events(Action.PASSWORD_CHANGED)] == ["User “ada”"] * 2
    assert "argon2" not in str(list(AuditEvent.objects.values()))


def test_what_happens_to_companies_names_them_and_the_reason(db) -> None:
    make_company("UK_one")
    companies = Company.objects.all()

    skip(companies, by="ada", reason="sold")
    unskip(companies, by="ada")
    remove_from_list(companies, by="ada")

    found = [(event.target, event.reason, event.actor) for event in events(Action.COMPANIES_CHANGED)]
    assert found == [
        ("1 company skipped", "sold", "ada"),
        ("1 company no longer skipped", "", "ada"),
        ("1 company taken off the list", "", "ada"),
    ]
    assert last(Action.COMPANIES_CHANGED).after == {"companies": ["UK_one"]}


def test_removed_and_restored_data_is_recorded(db) -> None:
    company = make_company("UK_one")

    removal = remove_with_data(Company.objects.all(), by="ada")
    restore_archived(company, removal.started_at)

    assert last(Action.DATA_REMOVED).target == last(Action.DATA_RESTORED).target == "Company UK_one"


def test_a_download_is_recorded_with_its_address_and_its_request(client_as: ClientAs) -> None:
    answer = client_as("Viewer").get("/reports/download/summary.csv?filter=Other")

    event = last(Action.DOWNLOADED)
    assert (event.target, event.actor) == ("/reports/download/summary.csv?filter=Other", "someone-Viewer")
    assert (event.address, event.request_id) == ("127.0.0.1", answer.headers["X-Request-ID"])


def test_sign_ins_are_recorded_but_not_what_strangers_typed(db, client: Client) -> None:
    user = User.objects.create_user("ada", password="a long passphrase")
    for name, password in (("ada", "wrong"), (SECRET, "wrong"), ("ada", "a long passphrase")):
        client.post("/accounts/login/", {"username": name, "password": password})
    client.post("/accounts/logout/")

    assert [event.target for event in events(Action.SIGN_IN_FAILED)] == ["ada", "an unknown account"]
    assert last(Action.SIGNED_IN).actor == last(Action.SIGNED_OUT).actor == user.get_username()
    assert SECRET not in str(list(AuditEvent.objects.values()))


@pytest.mark.parametrize("text", [f"password={SECRET}", "a\nforged line", "\x1b[31m", "x" * 5000])
def test_texts_are_cut_and_freed_of_secrets_and_control_characters(db, text: str) -> None:
    event = record("ada", Action.CHANGED, target=text, change=Change({}, {text: [text]}), reason=text)

    stored = AuditEvent.objects.get(pk=event.pk)
    written = stored.target + str(stored.after) + stored.reason
    assert SECRET not in written
    assert not {"\n", "\x1b"} & set(written)
    assert len(stored.target) <= 300
