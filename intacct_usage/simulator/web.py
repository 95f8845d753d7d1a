"""A small HTTP/1.1 server for simulated services: kept-alive connections, and answers that break HTTP on purpose."""

import gzip
import http.client
import json
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from enum import Enum
from http import HTTPStatus
from typing import BinaryIO
from urllib.parse import parse_qsl, unquote, urlsplit

from intacct_usage.simulator.listening import Listener, reset

MAX_LINE_BYTES = 65_536
KEPT_BODY_BYTES = 128 * 1024 * 1024

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


class Ending(Enum):
    """What happens to the connection after the answer."""

    KEEP = "keep"
    CLOSE = "close"
    RESET = "reset"
    RESET_UNANSWERED = "reset unanswered"


@dataclass(frozen=True)
class WebRequest:
    """One request; `path` is unquoted and `query` holds the last value of each name."""

    method: str
    target: str
    headers: Message
    body: bytes
    body_bytes: int
    path: str = ""
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class WebAnswer:
    """One answer. A body of several parts goes out chunked, part by part, until it ends or the client leaves."""

    status: int = 200
    body: bytes | Iterable[bytes] = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    ending: Ending = Ending.KEEP
    cut_at: int | None = None  # send only so many bytes of the body that Content-Length promised, then close
    framed: bool = True  # False: no Content-Length; only the end of the connection ends the body


def json_answer(value: Json, status: int = 200, headers: Mapping[str, str] | None = None) -> WebAnswer:
    """`value` as UTF-8 JSON."""
    body = json.dumps(value, ensure_ascii=False).encode()
    return WebAnswer(status, body, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})


def html_answer(title: str, status: int = 200) -> WebAnswer:
    """The kind of page a portal, a firewall or a load balancer puts in the way."""
    page = f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return WebAnswer(status, page.encode(), {"Content-Type": "text/html; charset=utf-8"})


def gzip_bomb_answer(unpacked_bytes: int) -> WebAnswer:
    """A JSON string of spaces that packs about a thousandfold."""
    packed = gzip.compress(b'"' + b" " * unpacked_bytes + b'"', compresslevel=9)
    return WebAnswer(200, packed, {"Content-Type": "application/json", "Content-Encoding": "gzip"})


class WebListener(Listener):
    """Reads requests and writes what `answer` returns. Subclasses write `answer`; it runs in many threads at once."""

    def answer(self, request: WebRequest) -> WebAnswer:
        raise NotImplementedError

    @property
    def url(self) -> str:
        """Base address without a slash at the end."""
        return f"{'https' if self.tls else 'http'}://{self.address}"

    def handle(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as reader:
            while not self.stopping.is_set():
                request = _read_request(reader, connection)
                if request is None:
                    return None
                answer = self.answer(request)
                if answer.ending is Ending.RESET_UNANSWERED:
                    return reset(connection)
                closing = _wants_close(request) or answer.ending is not Ending.KEEP or answer.cut_at is not None
                _write(connection, answer, head_only=request.method == "HEAD", closing=closing)
                if answer.ending is Ending.RESET:
                    return reset(connection)
                if closing:
                    return None
        return None


def _read_request(reader: BinaryIO, connection: socket.socket) -> WebRequest | None:
    """The next request, or None when the client is done or does not speak HTTP."""
    words = reader.readline(MAX_LINE_BYTES).decode("latin-1").split()
    if len(words) != 3:
        return None
    try:
        headers = http.client.parse_headers(reader)
    except http.client.HTTPException:
        return None
    if headers.get("Expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    body, body_bytes = _read_body(reader, headers)
    parts = urlsplit(words[1])
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return WebRequest(words[0], words[1], headers, body, body_bytes, path=unquote(parts.path), query=query)


def _read_body(reader: BinaryIO, headers: Message) -> tuple[bytes, int]:
    """The body and its true length; what lies beyond `KEPT_BODY_BYTES` is read and dropped."""
    kept = bytearray()
    total = 0
    for part in _body_parts(reader, headers):
        total += len(part)
        kept += part[: max(0, KEPT_BODY_BYTES - len(kept))]
    return bytes(kept), total


def _body_parts(reader: BinaryIO, headers: Message) -> Iterable[bytes]:
    if headers.get("Transfer-Encoding", "").lower() == "chunked":
        while size := int(reader.readline(MAX_LINE_BYTES).split(b";")[0] or b"0", 16):
            yield _exactly(reader, size)
            reader.readline(MAX_LINE_BYTES)
        reader.readline(MAX_LINE_BYTES)
        return
    left = int(headers.get("Content-Length") or 0)
    while left > 0:
        part = _exactly(reader, min(left, 1 << 20))
        left -= len(part)
        yield part


def _exactly(reader: BinaryIO, size: int) -> bytes:
    part = reader.read(size)
    if len(part) < size:
        raise ConnectionError("the client left in the middle of its request")
    return part


def _wants_close(request: WebRequest) -> bool:
    return request.headers.get("Connection", "").lower() == "close"


def _write(connection: socket.socket, answer: WebAnswer, *, head_only: bool, closing: bool) -> None:
    headers = {"Server": "simulator", "Content-Type": "text/plain", **answer.headers}
    headers["Connection"] = "close" if closing else "keep-alive"
    if isinstance(answer.body, bytes):
        if answer.framed:
            headers["Content-Length"] = str(len(answer.body))
    else:
        headers["Transfer-Encoding"] = "chunked"
    head = f"HTTP/1.1 {answer.status} {_phrase(answer.status)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
    if head_only:
        connection.sendall(head.encode("latin-1"))
    elif isinstance(answer.body, bytes):
        connection.sendall(head.encode("latin-1") + answer.body[: answer.cut_at])
    else:
        connection.sendall(head.encode("latin-1"))
        for part in answer.body:
            connection.sendall(b"%x\r\n%b\r\n" % (len(part), part))
        connection.sendall(b"0\r\n\r\n")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
