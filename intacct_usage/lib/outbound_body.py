"""Reads an answer's body: capped in decoded bytes, and only ever returned whole."""

import zlib
from collections.abc import Iterator

from urllib3.response import BaseHTTPResponse

CHUNK = 65536
GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


class BodyTooLargeError(Exception):
    """The body, decoded or as sent, holds more bytes than the cap."""


class BodyIncompleteError(Exception):
    """The body ended in the middle of its compressed data."""


class BodyUndecodableError(Exception):
    """The body is compressed in a way that was not offered, or its compressed data is damaged."""


def read_body(answer: BaseHTTPResponse, *, max_bytes: int) -> bytes:
    """Return the whole decoded body. At no time is more than `max_bytes` plus one chunk of it held.

    Besides the exceptions above those of urllib3 pass through, which also tell a body shorter than its Content-Length
    and a chunked body without its end.
    """
    encoding = answer.headers.get("content-encoding", "").strip().lower()
    pieces = _capped(answer.stream(CHUNK, decode_content=False), max_bytes)
    if encoding in ("gzip", "x-gzip", "deflate"):
        pieces = _decoded(pieces, max_bytes)
    elif encoding not in ("", "identity"):
        raise BodyUndecodableError
    return b"".join(pieces)


def _capped(pieces: Iterator[bytes], max_bytes: int) -> Iterator[bytes]:
    total = 0
    for piece in pieces:
        total += len(piece)
        if total > max_bytes:
            raise BodyTooLargeError
        yield piece


def _decoded(pieces: Iterator[bytes], max_bytes: int) -> Iterator[bytes]:
    """Decode gzip (also of several members) or deflate (with or without its zlib header) piece by piece."""
    decoder = None
    total = 0
    for piece in pieces:
        pending = piece
        while pending:
            if decoder is None or decoder.eof:
                decoder = zlib.decompressobj(GZIP_OR_ZLIB if _has_header(pending) else -zlib.MAX_WBITS)
            try:
                decoded = decoder.decompress(pending, CHUNK)
            except zlib.error:
                raise BodyUndecodableError from None
            total += len(decoded)
            if total > max_bytes:
                raise BodyTooLargeError
            yield decoded
            pending = decoder.unconsumed_tail or decoder.unused_data
    if decoder is not None and not decoder.eof:
        raise BodyIncompleteError


def _has_header(data: bytes) -> bool:
    """True for data that starts like gzip or zlib; raw deflate, which some servers send, has no header."""
    return data[:1] == b"\x1f" or (
        data[0] & 0x0F == zlib.DEFLATED and (len(data) < 2 or (data[0] * 256 + data[1]) % 31 == 0)
    )
