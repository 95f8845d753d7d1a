"""A person's browser as far as a load needs it: signed in, one kept connection, everything read to its end."""

import http.client
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import User
from django.middleware.csrf import _get_new_csrf_string
from django.test import Client

TIMEOUT_SECONDS = 120.0


class Browser:
    """Signed in as a user without the sign-in page, whose passwords are slow on purpose; None for nobody."""

    def __init__(self, port: int, user: User | None) -> None:
        self._address = ("127.0.0.1", port)
        self._connection = http.client.HTTPConnection(*self._address, timeout=TIMEOUT_SECONDS)
        self._token = _get_new_csrf_string()
        self._cookies = f"{settings.CSRF_COOKIE_NAME}={self._token}"
        if user is not None:
            client = Client()
            client.force_login(user)
            self._cookies += f"; {settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"

    def get(self, address: str) -> int:
        return self._ask("GET", address, None)

    def post(self, address: str) -> int:
        return self._ask("POST", address, urlencode({"csrfmiddlewaretoken": self._token}))

    def _ask(self, method: str, address: str, body: str | None) -> int:
        headers = {"Cookie": self._cookies}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            self._connection.request(method, address, body, headers)
            response = self._connection.getresponse()
        except http.client.RemoteDisconnected:  # a kept connection that the site had closed meanwhile
            self._connection.close()
            self._connection.request(method, address, body, headers)
            response = self._connection.getresponse()
        while response.read(2**20):
            pass
        return response.status
