"""What there is to send to: every route of the site with every parameter that its view asks for."""

import json
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from django.http import QueryDict
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.datastructures import MultiValueDict

from tests.security.hostile_values import CANARY
from tests.security.installation import Installation, admin_objects
from tests.security.plain_client import Answer, Fields, PlainClient

OPENAPI = Path(__file__).parent.parent.parent / "docs" / "openapi.json"
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
BELONGS_TO = (
    ("companies/", "company"), ("reports/workbooks/", "workbook"), ("configuration/companies/job/", "company_job"),
    ("runs/reports/", "report_run"), ("runs/", "run"), ("schedules/", "schedule"),
    ("notifications/deliveries/", "email"), ("notifications/", "configuration"), ("reports/send/", "request"),
    ("api/v1/runs", "run"), ("api/v1/schedules", "schedule"), ("admin/auth/user", "user"),
)  # fmt: skip
WORDS = {"report": "summary", "extension": "csv", "provider": "smtp", "token": "none", "company_id": "plain",
         "content_type_id": "1", "url": "nothing", "app_label": "usage"}  # fmt: skip


class Route(NamedTuple):
    """`pattern` as Django writes it; `path` with fitting values in its place-holders."""

    pattern: str
    path: str


class Target(NamedTuple):
    method: str
    path: str
    fields: Fields
    """A full request that the view understands."""
    names: tuple[str, ...] = ()
    """Every parameter that the view looks for."""


def patterns(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    for entry in (resolver or get_resolver()).url_patterns:
        address = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield re.sub(r"\(\?P<(\w+)>[^)]*\)|[\^$]", lambda found: f"<{found[1]}>" if found[1] else "", address)
        else:
            yield from patterns(entry, address)


def routes(made: Installation) -> list[Route]:
    objects = admin_objects()
    found = dict.fromkeys(patterns())
    return [Route(pattern, _filled(pattern, made, objects)) for pattern in found]


def _filled(pattern: str, made: Installation, objects: dict[str, object]) -> str:
    return "/" + PARAMETER.sub(lambda place: _value(pattern, place[1], made, objects), pattern)


def _value(pattern: str, name: str, made: Installation, objects: dict[str, object]) -> str:
    if name in WORDS:
        return WORDS[name]
    if pattern.startswith("admin/"):
        return str(objects.get("_".join(pattern.split("/")[1:3]), 1))
    return str(made.numbers[next(kind for prefix, kind in BELONGS_TO if pattern.startswith(prefix))])


class FormReader(HTMLParser):
    """The forms of a page: method, action and what a browser would send without anything being typed."""

    def __init__(self, address: str, html: str) -> None:
        super().__init__()
        self.address = address
        self.forms: list[Target] = []
        self._form: Target | None = None
        self._select = ""
        self._textarea = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attributes}
        if tag == "form":
            path = urlsplit(urljoin(self.address, values.get("action", ""))).path
            self._form = Target(values.get("method", "get").upper(), path, {})
            self.forms.append(self._form)
        name = values.get("name", "")
        self._select = name if tag == "select" else self._select
        self._textarea = name if tag == "textarea" else ""
        if self._form is None:
            return
        if tag == "option" and self._select and ("selected" in values or self._select not in self._form.fields):
            self._form.fields[self._select] = values.get("value", "")
        elif tag in ("input", "button", "textarea") and name:
            self._form.fields.setdefault(name, values.get("value", "") or DEFAULTS.get(name, ""))

    def handle_data(self, data: str) -> None:
        if self._textarea and self._form is not None:
            self._form.fields[self._textarea] = data.strip()

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if tag in ("select", "textarea"):
            self._select = self._textarea = ""


Forms = dict[tuple[str, str], Fields]
NOT_TRIED = {"csrfmiddlewaretoken", "once"}
DEFAULTS = {"name": "A name", "host": "mail.example.com", "from_address": "a@example.com", "confirmed": "yes",
            "to": "b@example.com", "url": "https://service.example.com/", "all": "yes"}  # fmt: skip


@contextmanager
def asked_for(names: set[str]) -> Iterator[None]:
    """Collects the parameters that views, forms and widgets look for while a request is answered."""
    originals = MultiValueDict.__getitem__, MultiValueDict._getlist, dict.__contains__

    def wrap(original: Callable) -> Callable:
        def look(self: QueryDict, name: object, *rest: object, **more: object) -> object:
            if isinstance(name, str):
                names.add(name)
            return original(self, name, *rest, **more)

        return look

    QueryDict.__getitem__, QueryDict._getlist, QueryDict.__contains__ = map(wrap, originals)
    try:
        yield
    finally:
        del QueryDict.__getitem__, QueryDict._getlist, QueryDict.__contains__


def forms_of(client: PlainClient, pages: Iterable[Route]) -> Forms:
    """What the forms of these pages send, by method and address."""
    found: Forms = {}
    for route in pages:
        answer = client.send("GET", route.path)
        if answer.status == 200 and answer.headers["Content-Type"].startswith("text/html"):
            for form in FormReader(route.path, answer.text).forms:
                found.setdefault((form.method, form.path), {}).update(form.fields)
    return found


def targets(client: PlainClient, known: list[Route], forms: Forms) -> Iterator[Target]:
    for route in known:
        for method in ("GET", "POST"):
            fields = forms.get((method, route.path), {}) | {"once": ""} if method == "POST" else {}
            found = _discover(client, Target(method, route.path, fields))
            if found is not None:
                yield found


def _discover(client: PlainClient, target: Target) -> Target | None:
    """With all parameters: they are added until the view looks for no more. None if it refuses the method."""
    names = set(target.fields)
    while True:
        asked: set[str] = set()
        with asked_for(asked):
            answer = client.send(target.method, target.path, fresh(target.fields))
        if answer.status == 405:
            return None
        if asked <= names:
            return target._replace(names=tuple(sorted(names - NOT_TRIED)))
        if target.method == "POST":
            added = {name: DEFAULTS.get(name, "1") for name in asked - names if not name.startswith("_")}
            target = target._replace(fields=target.fields | added)
        names |= asked


def api_targets(known: list[Route]) -> list[Target]:
    """Of the API the description names every parameter; its views take whatever is there."""
    described = json.loads(OPENAPI.read_text(encoding="utf-8"))["paths"]
    found = []
    for path, methods in described.items():
        pattern = path.lstrip("/").replace("{", "<").replace("}", ">")
        route = next(route for route in known if PARAMETER.sub(r"<\1>", route.pattern) == pattern)
        for method, call in methods.items():
            names = tuple(each["name"] for each in call.get("parameters", ()) if each["in"] == "query")
            found.append(Target(method.upper(), route.path, {}, names))
    return found


def fresh(fields: Fields) -> Fields:
    """With a token that was not used before, so that the form counts as sent for the first time."""
    return {**fields, "once": str(uuid.uuid4())} if "once" in fields else fields


RAW_CANARIES = (f"<{CANARY}", f'"on{CANARY}', f"'on{CANARY}", f'href="javascript:{CANARY}', f"14{CANARY}")
WITH_REFERENCE = (403, 404, 413, 429, 503)
REFUSALS = ("eference", "This link is damaged", '"fields": {')
"""An error page or its JSON, the page of a damaged link, a refusal of the API as its description promises it."""

TRACES = ("Traceback (most recent call last)", "django.db.utils", 'File "/', "site-packages")


def faults(answer: Answer) -> list[str]:
    """What is wrong with an answer to a hostile request."""
    wrong = [f"status {answer.status}"] if answer.status >= 500 else []
    wrong += [f"shows {mark}" for mark in TRACES if mark in answer.text]
    if answer.headers.get("Content-Type", "").startswith("text/html"):
        wrong += [f"raw {mark}" for mark in RAW_CANARIES if mark in answer.text]
    if answer.status in WITH_REFERENCE and not any(mark in answer.text for mark in REFUSALS):
        wrong.append(f"status {answer.status} without a reference")
    if any("\n" in value or "\r" in value for value in answer.headers.values()):
        wrong.append("a header of more than one line")
    if answer.headers.get("Location", "/").startswith(("//", "http:", "https:", "/\\")):
        wrong.append(f"leads to {answer.headers['Location']}")
    return wrong
