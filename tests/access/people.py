"""Signing in as people do, from addresses and at doors of one's choice."""

from django.http import HttpResponse
from django.test import Client

from intacct_usage.audit.models import Action, AuditEvent

PASSWORD = "correct horse battery staple"
SITE, ADMIN = "/accounts/login/", "/admin/login/"


def sign_in(
    client: Client, password: str = PASSWORD, *, name: str = "ada", address: str = "203.0.113.1", door: str = SITE
) -> HttpResponse:
    return client.post(door, {"username": name, "password": password}, REMOTE_ADDR=address)


def is_in(client: Client) -> bool:
    return client.get("/about/").status_code == 200


def on_record(action: Action) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=action).order_by("pk"))
