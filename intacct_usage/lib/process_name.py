"""The name under which this process holds leases, so that they can be given back when it is known to be dead."""

import os
import socket
import uuid

HOST = socket.gethostname()[:40]
_names: dict[str, str] = {}


def process_name() -> str:
    """`host/part`: for a worker the part is its cluster's, the same in all its processes; else made up once."""
    return _names.setdefault("present", f"{HOST}/{os.getpid()}-{uuid.uuid4().hex[:8]}")


def set_process_name(name: str) -> None:
    """Processes forked from this one inherit the name."""
    _names["present"] = name


def new_worker_name() -> str:
    return f"{HOST}/{uuid.uuid4().hex[:12]}"
