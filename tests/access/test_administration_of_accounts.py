"""Accounts and roles are changed by superusers alone; “View on site” leads nowhere."""

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from tests.web.conftest import ClientAs


def staff_with_every_permission() -> Client:
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.all())
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def test_staff_with_every_permission_cannot_make_themselves_superusers(db) -> None:
    client = staff_with_every_permission()
    me = User.objects.get()

    statuses = [
        client.post(f"/admin/auth/user/{me.pk}/change/", {"username": "staff", "is_superuser": "on"}).status_code,
        client.post(f"/admin/auth/user/{me.pk}/password/", {"password1": "x", "password2": "x"}).status_code,
        client.post("/admin/auth/user/add/", {"username": "new"}).status_code,
        client.get("/admin/auth/group/").status_code,
    ]

    assert statuses == [403] * 4
    assert not User.objects.filter(is_superuser=True).exists()


@pytest.mark.parametrize("object_id", ["0", "x", "10" * 40, "%00", "-1"])
@pytest.mark.parametrize("model", ["company", "accessright", "session"])
def test_view_on_site_finds_nothing(client_as: ClientAs, model: str, object_id: str) -> None:
    kind = ContentType.objects.filter(model=model).values_list("pk", flat=True).first() or 10**40

    assert client_as("superuser").get(f"/admin/r/{kind}/{object_id}/").status_code == 404
