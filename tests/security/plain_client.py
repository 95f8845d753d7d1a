"""A client of the WSGI application that costs little: no signals, no redirects, what was sent is undone."""

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from typing import NamedTuple
from urllib.parse import unquote_to_bytes, urlencode

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import Client

Fields = dict[str, "str | list[str]"]
FORM = "application/x-www-form-urlencoded"


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    text: str


def encoded(fields: Fields) -> str:
    """As a browser would, and where no browser could (lone surrogates) as an attacker would."""
    return urlencode(fields, doseq=True, errors="surrogatepass")


class Request(WSGIRequest):
    _dont_enforce_csrf_checks = True  # what stands behind the token is what is tried here


class Handler(WSGIHandler):
    request_class = Request


class PlainClient:
    """Holds the session of `signed_in`; None is a stranger."""

    def __init__(self, signed_in: Client | None = None, **environ: str) -> None:
        self.handler = Handler()
        self.environ = environ
        self.sent = 0
        cookies = SimpleCookie()
        if signed_in is not None:
            cookies[settings.SESSION_COOKIE_NAME] = signed_in.cookies[settings.SESSION_COOKIE_NAME].value
        self.cookie = cookies.output(header="", sep=";").strip()

    def send(self, method: str, path: str, fields: Fields | None = None, **environ: str) -> Answer:
        """`path` as it would stand in the request line, percent-encoded; extra words go into the WSGI environment."""
        text = encoded(fields or {})
        if method == "POST":
            return self.send_body(path, text.encode("latin-1"), FORM, **environ)
        path, _, query = path.partition("?")
        return self._call(method, path, "&".join(part for part in (query, text) if part), b"", environ)

    def send_body(self, path: str, body: bytes, kind: str, *, method: str = "POST", **environ: str) -> Answer:
        return self._call(method, path, "", body, {"CONTENT_TYPE": kind, **environ})

    def _call(self, method: str, path: str, query: str, body: bytes, more: dict[str, str]) -> Answer:
        environ = {
            "REQUEST_METHOD": method, "PATH_INFO": unquote_to_bytes(path).decode("latin-1"), "SCRIPT_NAME": "",
            "QUERY_STRING": query, "SERVER_NAME": "testserver", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "203.0.113.9", "HTTP_COOKIE": self.cookie, "CONTENT_LENGTH": str(len(body)),
            "HTTP_ACCEPT": "text/html,*/*;q=0.8", "wsgi.input": io.BytesIO(body), "wsgi.url_scheme": "http",
            "wsgi.errors": io.StringIO(), "wsgi.version": (1, 0), "wsgi.multithread": False,
            "wsgi.multiprocess": False, "wsgi.run_once": False, **self.environ, **more,
        }  # fmt: skip
        self.sent += 1
        started: list[tuple[str, list[tuple[str, str]]]] = []
        with connections_kept(), transaction.atomic():
            content = self.handler(environ, lambda status, headers, *rest: started.append((status, headers)))
            text = _read(content)
            transaction.set_rollback(True)
        status, headers = started[0]
        return Answer(int(status[:3]), dict(headers), text)


@contextmanager
def connections_kept() -> Iterator[None]:
    """Between requests Django closes connections it finds inside a transaction, which here is ours."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def _read(content: Iterable[bytes]) -> str:
    try:
        return b"".join(content).decode("utf-8", "replace")
    finally:
        content.close()
