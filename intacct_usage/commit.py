"""Which commit this is, for the About page."""

import re
from functools import cache
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
COMMIT = re.compile(r"[0-9a-f]{7,64}")


@cache
def commit(base_dir: Path = BASE_DIR) -> str:
    """The commit, shortened: from the file COMMIT an image is built with, else from the checkout; empty if neither."""
    found = _read(base_dir / "COMMIT") or _head(base_dir / ".git")
    return found[:12] if COMMIT.fullmatch(found) else ""


def _head(git_dir: Path) -> str:
    """The commit that HEAD names, read without running git (which an image may not have)."""
    head = _read(git_dir / "HEAD")
    if not head.startswith("ref: "):
        return head
    ref = head.removeprefix("ref: ")
    loose = _read(git_dir / ref)
    packed = re.search(rf"^([0-9a-f]+) {re.escape(ref)}$", _read(git_dir / "packed-refs"), re.MULTILINE)
    return loose or (packed.group(1) if packed else "")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""
