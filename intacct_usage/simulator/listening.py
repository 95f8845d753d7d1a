"""A TCP listener with one daemon thread per connection, stopped without leftovers.

The standard `socketserver` leaves the threads of kept-alive connections behind and takes up to half a second to stop;
tests start dozens of these servers in one process, so this one tracks every connection and shuts it on `stop`.
"""

import contextlib
import selectors
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from typing import Generic, Self, TypeVar

Entry = TypeVar("Entry")

HANDSHAKE_SECONDS = 10.0
JOIN_SECONDS = 5.0


class Ledger(Generic[Entry]):
    """What a simulated service saw, in order; written by many threads, read as a snapshot."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._lock = threading.Lock()

    def add(self, entry: Entry) -> None:
        with self._lock:
            self._entries.append(entry)

    def entries(self) -> tuple[Entry, ...]:
        with self._lock:
            return tuple(self._entries)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries())

    def __len__(self) -> int:
        return len(self.entries())


def reset(connection: socket.socket) -> None:
    """Close so that the other side sees a connection reset, not an orderly end."""
    linger_for_zero_seconds = struct.pack("ii", 1, 0)
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_for_zero_seconds)
    connection.close()


class Listener:
    """Accepts connections between `start` and `stop`; both may be called repeatedly.

    Port 0 lets the system choose; the port then stays the same when the listener is started again.
    Subclasses write `handle`, which runs in a thread of its own and may simply raise `OSError` when the client is gone.
    """

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.host = host
        self.port = port
        self.tls = tls
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._connections: dict[threading.Thread, socket.socket] = {}
        self._acceptor: threading.Thread | None = None
        self._waker: socket.socket | None = None

    def handle(self, connection: socket.socket) -> None:
        """Serve one connection; it is closed afterwards."""
        raise NotImplementedError

    @property
    def address(self) -> str:
        """`host:port`, as `OUTBOUND_ALLOW` wants it; the port is final once started."""
        return f"{self.host}:{self.port}"

    @property
    def running(self) -> bool:
        return self._acceptor is not None

    def start(self) -> Self:
        if self._acceptor is not None:
            return self
        server = socket.create_server((self.host, self.port), backlog=256)
        server.setblocking(False)
        self.port = server.getsockname()[1]
        self.stopping.clear()
        self._waker, woken = socket.socketpair()
        name = f"{type(self).__name__}:{self.port}"
        self._acceptor = threading.Thread(target=self._accept, args=(server, woken), name=name, daemon=True)
        self._acceptor.start()
        return self

    def stop(self) -> None:
        """Close the port and every open connection, and wait for their threads."""
        acceptor, waker = self._acceptor, self._waker
        if acceptor is None or waker is None:
            return
        self.stopping.set()
        waker.close()
        acceptor.join(JOIN_SECONDS)
        with self._lock:
            threads = list(self._connections)
            for connection in self._connections.values():
                _wake(connection)
        for thread in threads:
            thread.join(JOIN_SECONDS)
        self._acceptor = self._waker = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def secure(self, connection: socket.socket, context: ssl.SSLContext) -> ssl.SSLSocket:
        """Do the TLS handshake as the server, from within `handle`; the plain socket must not be used afterwards."""
        connection.settimeout(HANDSHAKE_SECONDS)
        secured = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        with self._lock:
            self._connections[threading.current_thread()] = secured
        secured.do_handshake()
        secured.settimeout(None)
        return secured

    def _accept(self, server: socket.socket, woken: socket.socket) -> None:
        with server, woken, selectors.DefaultSelector() as selector:
            selector.register(server, selectors.EVENT_READ)
            selector.register(woken, selectors.EVENT_READ)
            while not self.stopping.is_set():
                if any(key.fileobj is server for key, _ in selector.select()):
                    self._accept_one(server)

    def _accept_one(self, server: socket.socket) -> None:
        try:
            connection, _ = server.accept()
        except OSError:  # the client hung up between select and accept
            return
        connection.setblocking(True)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        name = f"{type(self).__name__}:{self.port} connection"
        thread = threading.Thread(target=self._serve, args=(connection,), name=name, daemon=True)
        with self._lock:
            self._connections[thread] = connection
        thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            self.handle(connection if self.tls is None else self.secure(connection, self.tls))
        except OSError:
            pass  # the client went away or `stop` closed the connection: both are everyday ends
        finally:
            with self._lock:
                last = self._connections.pop(threading.current_thread(), connection)
            last.close()
            connection.close()


def _wake(connection: socket.socket) -> None:
    """Make a `recv` or `send` that blocks in another thread return."""
    with contextlib.suppress(OSError):
        # not SSLSocket.shutdown: it drops the TLS state the other thread is using
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
