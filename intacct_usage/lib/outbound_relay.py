"""Lets code that wants a plain socket talk through one that is already encrypted (an https proxy).

TLS to a mail or web server then runs inside the TLS to the proxy, which `ssl` cannot stack on one socket.
"""

import selectors
import socket
import ssl
import threading
from typing import TypeVar

CHUNK = 65536
SEND_TIMEOUT_SECONDS = 120
PlainSocket = TypeVar("PlainSocket", bound=socket.socket)


def plain_end(secured: ssl.SSLSocket, socket_class: type[PlainSocket]) -> PlainSocket:
    """Return a plain socket whose bytes travel through `secured`; closing either side closes the other."""
    inner, outer = socket.socketpair()
    threading.Thread(target=_relay, args=(inner, secured), name="proxy-tls-relay", daemon=True).start()
    return socket_class(fileno=outer.detach())


def _relay(plain: socket.socket, secured: ssl.SSLSocket) -> None:
    with plain, secured, selectors.DefaultSelector() as selector:
        for sock in (plain, secured):
            sock.setblocking(False)
            selector.register(sock, selectors.EVENT_READ)
        try:
            while True:
                ready = {key.fileobj for key, _ in selector.select()}
                if secured in ready and not _forward(secured, plain):
                    return
                if plain in ready and not _forward(plain, secured):
                    return
        except OSError:
            return  # either side broke; closing both tells the other


def _forward(source: socket.socket, target: socket.socket) -> bool:
    """Move everything `source` holds now to `target`; False when `source` has ended."""
    while True:
        try:
            data = source.recv(CHUNK)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return True
        if not data:
            return False
        target.settimeout(SEND_TIMEOUT_SECONDS)
        try:
            target.sendall(data)
        finally:
            target.setblocking(False)
