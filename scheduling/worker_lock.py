"""Tells whether a cluster of this machine is dead: each keeps a file locked as long as one of its processes lives.

The lock belongs to the open file, which every process of the cluster inherits, so the kernel frees it when the last
of them is gone, however it went. Process numbers would not do: they are used again, and containers have their own.
"""

import fcntl
import os
from pathlib import Path

from django.conf import settings

SUFFIX = ".lock"


def lock_folder() -> Path:
    folder: Path = settings.DATA_DIR / "workers"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def take_lock(name: str) -> int:
    """The descriptor of a new locked file; hand it to the processes that are to hold it, then close it here."""
    path = _path(name)
    unfinished = path.with_suffix(".new")  # gets its name when it is locked, or another would find it free
    descriptor = os.open(unfinished, os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    os.write(descriptor, name.encode())
    unfinished.rename(path)
    return descriptor


def is_dead(name: str) -> bool:
    """Whether no process of that cluster lives any more; False for clusters whose files are elsewhere."""
    path = _path(name)
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def dead_names() -> list[str]:
    """The clusters that died and have not been cleared away yet."""
    names = [_name_in(path) for path in lock_folder().glob(f"*{SUFFIX}")]
    return [name for name in names if name and is_dead(name)]


def clear(name: str) -> None:
    _path(name).unlink(missing_ok=True)


def _path(name: str) -> Path:
    return lock_folder() / f"{name.replace('/', '_')}{SUFFIX}"


def _name_in(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:  # another worker cleared it away
        return ""
