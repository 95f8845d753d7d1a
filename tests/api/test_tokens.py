"""A token opens the API for its owner, within its scope, until it expires or is revoked; only its hash is stored."""

import io
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from intacct_usage.api.models import ApiToken
from intacct_usage.api.tokens import create_token, find_token, revoke_token
from tests.api.conftest import Caller, make_owner, make_token
from tests.web.conftest import client_as

__all__ = ["client_as"]


def test_the_token_itself_is_not_stored(db: None) -> None:
    row, text = make_token()

    stored = [str(value) for value in ApiToken.objects.filter(pk=row.pk).values_list()[0]]

    assert text.startswith(f"iau_{row.prefix}_")
    assert len(text.rpartition(row.prefix)[2]) == 44
    assert not any(text in value or text[13:] in value for value in stored)


@pytest.mark.parametrize("broken", ["", "iau_", "{0}x", "x{0}", "{1}", "iau_00000000_{2}", "{0}\x00", "é" * 56])
def test_anything_else_than_the_token_opens_nothing(db: None, broken: str) -> None:
    row, text = make_token()

    assert find_token(broken.format(text, text[:-1] + ("A" if text[-1] != "A" else "B"), text[13:])) is None
    assert find_token(text) == row


def test_an_expired_a_revoked_and_an_inactive_owners_token_open_nothing(db: None) -> None:
    (expired, _), (revoked, _), (inactive, _) = tokens = [make_token() for _ in range(3)]
    ApiToken.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    revoke_token(revoked, by="admin")
    inactive.owner.is_active = False
    inactive.owner.save()

    assert [Caller(text).get("companies").status_code for _, text in tokens] == [401, 401, 401]
    states = [ApiToken.objects.get(pk=row.pk).state for row, _ in tokens]
    assert states == ["expired", "revoked", "owner inactive"]


@pytest.mark.parametrize("days", [0, -1, 367])
def test_no_token_is_valid_for_ever(db: None, days: int) -> None:
    with pytest.raises(ValidationError, match="A token is valid for 1 to 366 days"):
        create_token(make_owner(), name="n", scope="read", days=days, by="admin")


def test_its_use_is_noted_but_not_at_each_call(db: None, django_assert_num_queries) -> None:
    row, text = make_token()
    find_token(text)

    with django_assert_num_queries(1):
        find_token(text)

    row.refresh_from_db()
    assert timezone.now() - row.last_used_at < timedelta(minutes=1)


def test_a_token_is_made_and_revoked_by_commands(db: None) -> None:
    owner, out, errors = make_owner("Viewer"), io.StringIO(), io.StringIO()

    call_command("create_api_token", "Warehouse", "--user", owner.username, stdout=out, stderr=errors)
    text = out.getvalue().strip()
    found = find_token(text)
    call_command("revoke_api_token", text[:12], stdout=out)

    assert (found.owner, found.scope, found.created_by) == (owner, "read", "command line")
    assert text not in errors.getvalue()
    assert find_token(text) is None


def test_the_commands_say_what_is_wrong(db: None) -> None:
    with pytest.raises(CommandError, match="There is no active account “nobody”"):
        call_command("create_api_token", "x", "--user", "nobody")
    with pytest.raises(CommandError, match="No token begins so"):
        call_command("revoke_api_token", "iau_12345678")


def test_an_administrator_sees_a_new_token_once(client_as) -> None:
    admin, owner = client_as("superuser"), make_owner()
    wish = {"name": "Warehouse", "owner": owner.pk, "scope": "run", "days": 7}

    page = admin.post("/admin/api/apitoken/add/", wish).content.decode()
    row = ApiToken.objects.get()
    text = page.partition('value="iau_')[2].partition('"')[0]
    lists = [admin.get(f"/admin/api/apitoken/{path}").content.decode() for path in ("", f"{row.pk}/change/")]

    assert find_token(f"iau_{text}") == row
    assert not any(text[9:] in later for later in lists)
    assert f"iau_{row.prefix}…" in lists[0]


def test_an_administrator_revokes_and_cannot_change_a_token(client_as) -> None:
    admin, (row, text) = client_as("superuser"), make_token()

    changed = admin.post(f"/admin/api/apitoken/{row.pk}/change/", {"name": "x", "owner": row.owner_id, "scope": "run"})
    admin.post("/admin/api/apitoken/", {"action": "revoke", "_selected_action": [row.pk]})

    assert changed.status_code == 403
    assert find_token(text) is None
    assert ApiToken.objects.get().revoked_by == "someone-superuser"


def test_staff_without_all_rights_have_no_tokens_page(client_as, django_user_model) -> None:
    client: Client = client_as("Manager")
    django_user_model.objects.update(is_staff=True)

    assert client.get("/admin/api/apitoken/").status_code == 403
    assert client.post("/admin/api/apitoken/add/", {}).status_code == 403
