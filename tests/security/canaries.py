"""Twelve secrets of an installation, the forms in which they travel, and where somebody could find them."""

import base64
import html
import io
import json
import logging
from collections.abc import Iterator
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

from django.conf import settings
from django.db import connection
from django.http.response import HttpResponseBase
from django.test import Client
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from intacct_usage.api.models import ApiToken
from intacct_usage.lib.redaction import RedactingFilter
from intacct_usage.logs.context import ContextFilter
from tests.security.installation import admin_objects
from tests.security.sweep import PARAMETER, patterns

PERSON, SENDER, USER = "c4nary horse & <battery>", 'c4nary & "sénder" <1>', "c4nary'user+/=%2"
PROXY, TOKEN, MAIL, GRAPH, ENTRA = (
    "c4nary proxy:3@x",
    "c4nary-token-3",
    "c4nary\\mail\t4",
    "c4nary~graph.5",
    "c4nary_E6~",
)
METRICS = "c4nary-metrics-token-7"
TYPED = {"person": PERSON, "sender": SENDER, "user": USER, "proxy": PROXY, "companies API": TOKEN, "SMTP": MAIL,
         "Graph": GRAPH, "Entra": ENTRA, "metrics": METRICS}  # fmt: skip

NOT_VISITED = ("logout", "admin/logout/", "healthz", "admin/jsi18n/")


def encodings(secret: str) -> set[str]:
    """Clear, percent (three kinds), XML (two), HTML, JSON, Python, hexadecimal, base64 alone and after a user name."""
    raw = secret.encode()
    return {
        secret,
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        escape(secret),
        html.escape(secret),
        escape(secret, {'"': "&quot;", "'": "&#x27;"}),
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
        raw.hex(),
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
        base64.b64encode(b"user:" + raw).decode(),
    }


def hits(text: str, secrets: dict[str, str]) -> list[str]:
    return [name for name, secret in secrets.items() if any(form in text for form in encodings(secret))]


def console(formatter: logging.Formatter) -> logging.StreamHandler:
    """As the product writes to standard output, into memory."""
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(formatter)
    for condition in (ContextFilter(), RedactingFilter()):
        handler.addFilter(condition)
    return handler


def all_tables() -> str:
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - a name from the database itself
            found += [str(value) for row in cursor.fetchall() for value in row]
    return "\n".join(found)


def tasks() -> str:
    """What waits in the queue, opened."""
    return "\n".join(str(SignedPackage.loads(each.payload)) for each in OrmQ.objects.all())


def pages(client: Client) -> Iterator[tuple[str, str]]:
    """Every page, export and answer that can be had, with its address."""
    for address in addresses():
        answer = client.get(address)
        assert answer.status_code < 500 or address == "/readyz", address
        yield address, content(answer)


def addresses() -> list[str]:
    plain = [pattern for pattern in dict.fromkeys(patterns()) if not PARAMETER.search(pattern)]
    fixed = ["/" + each for each in plain if not any(word in each for word in NOT_VISITED)]
    forms = [f"/admin/{name.replace('_', '/', 1)}/{pk}/change/" for name, pk in admin_objects().items()]
    files = [
        f"/reports/download/{kind}.{end}" for kind in ("detailed", "summary", "exceptions") for end in ("csv", "xlsx")
    ]
    return [*fixed, *forms, *files]


def content(answer: HttpResponseBase) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return f"{answer.headers}\n{body.decode('utf-8', 'replace')}"


def of_the_settings() -> dict[str, str]:
    return {"secret key": settings.SECRET_KEY, "encryption key": settings.ENCRYPTION_KEYS[0]}


def api_digests() -> list[str]:
    return list(ApiToken.objects.values_list("digest", flat=True))
