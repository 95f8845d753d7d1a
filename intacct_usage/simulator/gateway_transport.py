"""Puts an answer on the wire: compression, and the faults of the way there."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from typing import Final

from .gateway_results import GatewayReply
from .scenario import Fault
from .web import Ending, WebAnswer

_SMALLEST_PACKED: Final = 1024
_BOMB_BYTES: Final = 200 * 1024 * 1024
_BLOCK: Final = b" " * 65_536
_OPENING: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n<response>'


def to_wire(reply: GatewayReply, *, packed: bool, wait: Callable[[float], object]) -> WebAnswer:
    """The HTTP answer for a reply. `packed`: the client accepts gzip and the gateway offers it."""
    faults = reply.faults
    if faults.find("cut"):
        return WebAnswer(ending=Ending.RESET_UNANSWERED)
    headers = dict(reply.headers)
    labelled = faults.find("wrong_content_type")
    if labelled:
        headers["Content-Type"] = labelled.text or "text/html; charset=UTF-8"
    body = reply.text.encode()
    truncated = faults.find("truncated")
    if truncated:
        body = body[: _cut_point(truncated, body)]
    endless = faults.find("endless", "gzip_bomb")
    if endless:
        return _too_much(endless, headers)
    body = _pack(reply, body, headers=headers, packed=packed)
    return _send(reply, body, headers=headers, wait=wait)


def _pack(reply: GatewayReply, body: bytes, *, headers: dict[str, str], packed: bool) -> bytes:
    faults = reply.faults
    if faults.find("gzip_never"):
        return body
    broken = faults.find("gzip_broken")
    if broken or faults.find("gzip_always") or (packed and len(body) >= _SMALLEST_PACKED):
        headers["Content-Encoding"] = "gzip"
        body = gzip.compress(body, compresslevel=1, mtime=0)
    return body[:10] + b"\xff" * 20 + body[30:] if broken else body


def _send(reply: GatewayReply, body: bytes, *, headers: dict[str, str], wait: Callable[[float], object]) -> WebAnswer:
    faults = reply.faults
    dripping = faults.find("drip")
    if dripping:
        return WebAnswer(reply.status, _drip(body, dripping.seconds, wait=wait), headers, Ending.CLOSE)
    cut = faults.find("cut_body")
    if cut:
        return WebAnswer(reply.status, body, headers, cut_at=_cut_point(cut, body))
    cut = faults.find("cut_without_length")
    if cut:
        return WebAnswer(reply.status, body[: _cut_point(cut, body)], headers, Ending.CLOSE, framed=False)
    return WebAnswer(reply.status, body, headers)


def _cut_point(fault: Fault, body: bytes) -> int:
    return len(body) // 2 if fault.size is None else fault.size


def _drip(body: bytes, seconds: float, *, wait: Callable[[float], object]) -> Iterator[bytes]:
    """One byte, a pause of `seconds`, the next byte."""
    for index in range(len(body)):
        yield body[index : index + 1]
        wait(seconds)


def _too_much(fault: Fault, headers: dict[str, str]) -> WebAnswer:
    if fault.kind == "gzip_bomb":
        return WebAnswer(200, _bomb(fault.size or _BOMB_BYTES), {**headers, "Content-Encoding": "gzip"}, Ending.CLOSE)
    return WebAnswer(200, _endless(fault.size), headers, Ending.CLOSE)


def _bomb(unpacked_bytes: int) -> Iterator[bytes]:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    yield packer.compress(_OPENING)
    for _ in range(unpacked_bytes // len(_BLOCK)):
        part = packer.compress(_BLOCK)
        if part:
            yield part
    yield packer.flush()


def _endless(size: int | None) -> Iterator[bytes]:
    """Blanks for ever, or about `size` bytes of them."""
    yield _OPENING
    sent = 0
    while size is None or sent < size:
        yield _BLOCK
        sent += len(_BLOCK)
