"""Exit 0 if the site can listen on HOST:PORT, else 1 with what to do. Needs nothing but Python."""

import errno
import os
import socket
import sys


def refuse(sentence: str) -> None:
    sys.exit(f"The site cannot listen on {host}:{port}: {sentence}")


host, port = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
    refuse("PORT must be a number from 1 to 65535.")
try:
    address = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    with socket.socket(*address[:3]) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address[4])
except socket.gaierror:
    refuse("HOST is not the name or address of this machine.")
except OSError as error:
    advice = {
        errno.EADDRINUSE: "another program listens there. End it, or choose another port, for example PORT=8001.",
        errno.EADDRNOTAVAIL: "HOST is not the name or address of this machine.",
        errno.EACCES: "ports below 1024 are for root. Choose another port; a reverse proxy can listen there.",
    }
    refuse(advice.get(error.errno or 0, f"{error.strerror}."))
