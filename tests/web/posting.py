"""Sends forms as the pages do, each with a token of its own."""

import uuid

from django.http import HttpResponse
from django.test import Client


def post(client: Client, address: str, *, once: str = "", **fields: object) -> HttpResponse:
    """`once` sends the token of an earlier submit again."""
    data = {name: value for name, value in fields.items() if value is not None}
    return client.post(address, {"once": once or str(uuid.uuid4()), **data})


def text_of(answer: HttpResponse) -> str:
    return answer.content.decode()


def said(answer: HttpResponse) -> list[str]:
    """The messages that wait for the next page."""
    return [str(message) for message in answer.wsgi_request._messages]
